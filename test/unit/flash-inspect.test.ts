import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeImage } from "../../tools/build/image";
import { Key } from "../../tools/lib/crypto";
import { createFlash, readFlashTable, readPartition, writePartition } from "../../tools/lib/flash-image";
import { formatVault, openVault } from "../../tools/lib/vault";
import { root } from "../lib/files";
import { noteSecret } from "../lib/transcript";
import { Nor, NvsWriter } from "./nvs/support";

const folder = mkdtempSync(join(tmpdir(), "linkxs-inspect-"));
afterAll(() => rmSync(folder, { recursive: true }));
const flash = join(folder, "flash.bin");
const secret = randomBytes(16).toString("hex");
const certificate = `-----BEGIN CERTIFICATE-----\n${"MIIB".repeat(300)}\n-----END CERTIFICATE-----\n`;

const creation = {
	...{ initialChunk: 1, incrementalChunk: 1, initialHeap: 1, incrementalHeap: 1, stack: 1, initialKeys: 1 },
	...{ incrementalKeys: 1, nameModulo: 1, symbolModulo: 1, parserBuffer: 1, parserTable: 1, static: 0 },
};
const image = writeImage({
	...{
		kind: "firmware",
		board: "a board",
		version: "1.2.3",
		engine: "xs",
		engineHash: new Uint8Array(32),
		debug: false,
	},
	...{ creation, main: "main", config: {}, modules: [], data: [] },
});

beforeAll(() => {
	noteSecret("inspected deviceSecret", secret);
	createFlash({ board: "sim", path: flash });
	const vault = openVault(flash);
	vault.write({
		"identity/productKey": "a1B2c3",
		"identity/deviceName": "lamp-1",
		"identity/deviceSecret": Key.from(Buffer.from(secret)),
		"identity/certificate": Buffer.from(certificate),
		"identity/carrierKey": Key.random(32),
		"network/1/ssid": "\x1b[2Jhostile",
		"session/tls": Key.random(100),
	});
	vault.close();
	const nvs = new Nor(16);
	const writer = new NvsWriter(nvs);
	writer.namespace(1, "linkxs");
	writer.string(1, "deviceSecret", secret);
	writePartition(flash, "factory", nvs.bytes);
	writePartition(flash, "ota_1", image);
});

function inspect(...args: string[]) {
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		["--import", "tsx", "tools/cli.ts", "flash", "inspect", ...args],
		{ cwd: root, encoding: "utf8" },
	);
	return { status, stdout, reason: stderr.trim().split("\n").at(-1) ?? "", all: stdout + stderr };
}

/** A copy of the flash and its key. */
function copy(name: string): string {
	const path = join(folder, name);
	copyFileSync(flash, path);
	copyFileSync(`${flash}.key`, `${path}.key`);
	return path;
}

describe("linkxs flash inspect", () => {
	test("shows names, sizes and what is public, and no secret", () => {
		const before = readFileSync(flash);
		const { status, stdout, all } = inspect(flash);
		expect(status).toBe(0);
		const lines = stdout.split("\n").map((line) => line.trim().replace(/ {2,}/g, " "));
		expect(lines).toEqual(
			expect.arrayContaining([
				"nvs 0x009000 0x005000 erased",
				"factory 0x3e0000 0x010000 NVS: linkxs (deviceSecret)",
				"vault: encrypted",
				"identity/productKey 6 a1B2c3",
				"identity/deviceName 6 lamp-1",
				"identity/deviceSecret 32 secret",
				`identity/certificate ${certificate.length} -----BEGIN CERTIFICATE-----…`,
				"network/1/ssid 11 0x1b5b324a686f7374696c65",
				"session/tls 100 secret",
			]),
		);
		expect(stdout).toMatch(/wear: \d+ erases, \d+ to \d+ a block( \(\d+ of 32 blocks tell\))?\n/);
		expect(stdout).toMatch(/room: 7 records take \d+ of \d+ bytes/);
		expect(all).not.toContain(secret);
		expect(readFileSync(flash).equals(before)).toBe(true);
	});

	test("shows an image, also a torn one", () => {
		const { size } = JSON.parse(inspect(flash, "--json").stdout).partitions[3].image;
		expect(size).toBe(image.length);
		const about = `firmware 1.2.3 for a board, ${image.length} bytes`;
		expect(inspect(flash).stdout).toContain(`${about}: CREA 56, MAIN 5, CONF 3, MODS 4, DATA 4`);
		const path = copy("torn.bin");
		writePartition(path, "ota_1", Buffer.concat([image.subarray(0, 256), Buffer.alloc(64, 0xee)]));
		expect(inspect(path)).toMatchObject({ status: 0, stdout: expect.stringContaining(about) });
		writePartition(path, "ota_1", Buffer.from("LKX1 and nothing else"));
		expect(inspect(path)).toMatchObject({ status: 0, stdout: expect.stringContaining("used up to 1 %") });
	});

	test("--json is one object", () => {
		const { status, stdout } = inspect(flash, "--json");
		expect(status).toBe(0);
		const report = JSON.parse(stdout);
		expect(report.partitions.map(({ name }: { name: string }) => name)).toContain("ota_0");
		expect(report.vault).toMatchObject({ mode: "encrypted", damaged: false, status: { records: 7 } });
		expect(report.vault.wear).toHaveLength(32);
		expect(report.vault.records[2]).toEqual({ name: "identity/deviceName", size: 6, secret: false, text: "lamp-1" });
		expect(report.vault.records[3]).toEqual({ name: "identity/deviceSecret", size: 32, secret: true });
	});

	test("--reveal refuses without a terminal, unless it's told --yes", () => {
		const refused = inspect(flash, "--reveal");
		expect(refused).toMatchObject({ status: 2, stdout: "" });
		expect(refused.all).toContain("--reveal asks, and there is no terminal");
		const { status, stdout } = inspect(flash, "--reveal", "--yes", "--json");
		expect(status).toBe(0);
		expect(JSON.parse(stdout).vault.records[3]).toMatchObject({ name: "identity/deviceSecret", text: secret });
		expect(JSON.parse(stdout).vault.records[0].hex).toMatch(/^[0-9a-f]{64}$/);
	});

	test.each([
		["y", true],
		["n", false],
		["", false],
	])("--reveal asks at a terminal: %j", async (answer, isShown) => {
		// script(1) is the terminal.
		const command = `${process.execPath} --import tsx tools/cli.ts flash inspect ${flash} --reveal`;
		const child = spawn("script", ["-qec", command, "/dev/null"], { cwd: root });
		let output = "";
		let isAnswered = false;
		child.stdout.on("data", (data) => {
			output += String(data);
			if (isAnswered || !output.includes("(y/N)")) return;
			isAnswered = true;
			child.stdin.write(`${answer}\r`);
		});
		await new Promise((resolve) => child.on("close", resolve));
		expect(output).toContain("Show 3 secrets on this terminal? (y/N)");
		expect(output).toContain("identity/deviceSecret");
		expect(output.includes(secret)).toBe(isShown);
	});

	test("without the key, or with another's, shows what needs none", () => {
		const path = copy("other.bin");
		const wrong = join(folder, "wrong.key");
		writeFileSync(wrong, randomBytes(32));
		const other = inspect(path, "--key", wrong);
		expect(other.status).toBe(1);
		expect(other.reason).toContain("another secret than this key file's");
		expect(other.stdout).toMatch(/wear: \d+ erases, /);
		expect(other.stdout).not.toContain("lamp-1");
		rmSync(`${path}.key`);
		expect(inspect(path)).toMatchObject({ status: 1, reason: expect.stringContaining("--key FILE") });
		expect(inspect(path, "--key", `${flash}.key`).status).toBe(0);
		writeFileSync(wrong, "short");
		expect(inspect(path, "--key", wrong)).toMatchObject({
			status: 1,
			reason: expect.stringContaining("is no key file: it has 5 bytes"),
		});
	});

	test("a vault partition that was dumped alone", () => {
		const path = join(folder, "vault.bin");
		writeFileSync(path, readPartition(flash, "vault"));
		const { status, stdout } = inspect(path, "--key", `${flash}.key`);
		expect(status).toBe(0);
		expect(stdout).toContain("lamp-1");
	});

	test("damage is told, with exit code 1", () => {
		const path = copy("damaged.bin");
		const bytes = readFileSync(path);
		const vault = readFlashTable(path).find(({ name }) => name === "vault");
		// Somewhere in the first block's records.
		bytes[(vault?.offset ?? 0) + 700] = (bytes[(vault?.offset ?? 0) + 700] ?? 0) ^ 4;
		writeFileSync(path, bytes);
		const { status, stdout, reason } = inspect(path);
		expect({ status, reason }).toEqual({ status: 1, reason: "the vault is damaged" });
		expect(stdout).toContain("damaged");
		expect(stdout).not.toContain(secret);
	});

	test("a laboratory's plain vault needs no key", () => {
		const path = join(folder, "plain.bin");
		createFlash({ board: "sim", path });
		const vault = formatVault(path, { isPlain: true });
		vault.write({ "identity/deviceName": "lab" });
		vault.close();
		rmSync(`${path}.key`, { force: true });
		expect(inspect(path)).toMatchObject({ status: 0, stdout: expect.stringMatching(/vault: plain[\s\S]*lab/) });
	});

	test.each([
		["a new flash", () => createFlash({ board: "sim", path: join(folder, "new.bin") }), "new.bin", 0, ""],
		["no flash", () => writeFileSync(join(folder, "text"), "hello"), "text", 1, "is no dump of a flash"],
		["no file", () => {}, "missing", 1, "ENOENT"],
		["something else", () => writeFileSync(join(folder, "zero"), Buffer.alloc(8192, 7)), "zero", 1, "something else"],
	])("of %s", (_name, make, name, status, reason) => {
		make();
		writeFileSync(join(folder, `${name}.key`), randomBytes(32));
		expect(inspect(join(folder, name))).toMatchObject({ status, reason: expect.stringContaining(reason) });
	});

	test("a wrong call has exit code 2", () => {
		expect(inspect().status).toBe(2);
		expect(inspect(flash, "--what").status).toBe(2);
	});
});
