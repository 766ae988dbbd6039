import { spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Key } from "hal/crypto";
import { type ImportRecords, importNvs } from "nvs/import";
import { factoryMap } from "nvs/map";
import { Nvs } from "nvs/nvs";
import { afterAll, describe, expect, test } from "vitest";
import { venv } from "../lib/venv";
import { keyAt, Nor, textAt } from "../unit/nvs/support";

/** Espressif's own generator of NVS partitions (PyPI esp-idf-nvs-partition-gen), what factories use. */
const peer = venv("nvs-partition-gen", ["esp-idf-nvs-partition-gen==0.3.0"]);
if (peer.lacking) process.stderr.write(`skipped: NVS partitions of Espressif's generator, because ${peer.lacking}\n`);

const folder = mkdtempSync(join(tmpdir(), "linkxs-nvs-"));
afterAll(() => rmSync(folder, { recursive: true }));

type Row = readonly [key: string, type: string, encoding: string, value: string];

/** Has the generator make a partition of the rows of a CSV, or of a file for a value. */
function generate(rows: readonly Row[], options: { size?: number; version?: 1 | 2; encrypted?: boolean } = {}): Nor {
	if (peer.lacking !== undefined) throw new Error(peer.lacking);
	const { size = 0x10000, version = 2, encrypted = false } = options;
	const [input, output] = [join(folder, "in.csv"), join(folder, "out.bin")];
	writeFileSync(input, ["key,type,encoding,value", ...rows.map((row) => row.join(","))].join("\n"));
	const command = encrypted ? ["encrypt", "--keygen"] : ["generate"];
	const args = [...command, "--version", String(version), "--outdir", folder, input, "out.bin", String(size)];
	const run = spawnSync(peer.python, ["-m", "esp_idf_nvs_partition_gen", ...args], { cwd: folder, encoding: "utf8" });
	expect(run.status, run.stdout + run.stderr).toBe(0);
	const flash = new Nor(size / 4096);
	flash.bytes.set(readFileSync(output));
	return flash;
}

function file(name: string, content: string | Uint8Array): string {
	writeFileSync(join(folder, name), content);
	return join(folder, name);
}

class Records implements ImportRecords {
	readonly values = new Map<string, string | Buffer>();
	secrets = new Set<string>();

	text(name: string): string | undefined {
		const value = this.values.get(name);
		return typeof value === "string" ? value : undefined;
	}

	write(changes: Readonly<Record<string, string | Uint8Array | Key | undefined>>): void {
		for (const [name, value] of Object.entries(changes)) {
			if (value === undefined) this.values.delete(name);
			else if (typeof value === "string") this.values.set(name, value);
			else {
				const bytes = Buffer.alloc(value.byteLength);
				if (value instanceof Key) {
					value.copyTo(bytes);
					this.secrets.add(name);
				} else bytes.set(value);
				this.values.set(name, bytes);
			}
		}
	}
}

describe.skipIf(peer.lacking !== undefined)("esp-idf-nvs-partition-gen", () => {
	test.each([1, 2] as const)("format %i: every type is read as it was given", (version) => {
		const flash = generate(
			[
				["storage", "namespace", "", ""],
				["u8", "data", "u8", "255"],
				["i8", "data", "i8", "-128"],
				["u16", "data", "u16", "65535"],
				["i16", "data", "i16", "-2"],
				["u32", "data", "u32", "4294967295"],
				["i32", "data", "i32", "-2147483648"],
				["u64", "data", "u64", "18446744073709551615"],
				["i64", "data", "i64", "-9223372036854775808"],
				["word", "data", "string", "Grüße"],
				["hexed", "data", "hex2bin", "00ff10"],
				["base", "data", "base64", "AAEC"],
				["second", "namespace", "", ""],
				["word", "data", "string", "other"],
			],
			{ version },
		);
		const nvs = new Nvs({ flash });
		expect(nvs.namespaces).toEqual(["second", "storage"]);
		const found = nvs.open("storage");
		expect(found?.keys.map((key) => (key === "hexed" || key === "base" ? key : textAt(found, key)))).toEqual(
			found?.keys.map(
				(key) =>
					({
						u8: "255",
						i8: "-128",
						u16: "65535",
						i16: "-2",
						u32: "4294967295",
						i32: "-2147483648",
						u64: "18446744073709551615",
						i64: "-9223372036854775808",
						word: "Grüße",
						hexed: "hexed",
						base: "base",
					})[key],
			),
		);
		expect(found?.keys).toHaveLength(11);
		expect(found?.bytes("hexed")).toEqual(Uint8Array.of(0, 255, 16));
		// The generator keeps what base64 stands for.
		expect(found?.bytes("base")).toEqual(Uint8Array.of(0, 1, 2));
		expect(textAt(nvs.open("second"), "word")).toBe("other");
	});

	test("values of every length, strings and blobs, over many pages", () => {
		const lengths = [0, 1, 31, 32, 33, 63, 64, 100, 1984, 2000, 3000, 3968, 3999, 4000, 4032, 4096];
		const blobs = lengths.map((length) => randomBytes(length));
		const strings = lengths.filter((length) => length > 0 && length <= 3000).map((length) => "s".repeat(length));
		const flash = generate(
			[
				["storage", "namespace", "", ""],
				...blobs.map((blob, i): Row => [`blob${i}`, "file", "binary", file(`blob${i}`, blob)]),
				...strings.map((text, i): Row => [`string${i}`, "data", "string", text]),
			],
			{ size: 0x20000 },
		);
		const found = new Nvs({ flash }).open("storage");
		for (const [i, blob] of blobs.entries()) expect(Buffer.from(found?.bytes(`blob${i}`) ?? "none")).toEqual(blob);
		for (const [i, text] of strings.entries()) expect(textAt(found, `string${i}`)).toBe(text);
		for (const [i, blob] of blobs.entries()) expect(keyAt(found, `blob${i}`)?.byteLength).toBe(blob.length);
	});

	test("an identity burned in a factory is moved into the records, and wiped", () => {
		const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
		const pem = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
		const [deviceSecret, wifiKey, carrier] = [
			randomBytes(16).toString("hex"),
			"the Wi-Fi's key which is long",
			randomBytes(32),
		];
		const chain = randomBytes(3500);
		const rows: Row[] = [
			["linkxs", "namespace", "", ""],
			["productKey", "data", "string", "a1B2c3"],
			["deviceName", "data", "string", "lamp-1"],
			["deviceSecret", "data", "string", deviceSecret],
			["privateKey", "file", "string", file("key.pem", pem)],
			["certificate", "file", "binary", file("chain", chain)],
			["carrierKey", "file", "binary", file("carrier", carrier)],
			["port", "data", "u16", "8883"],
			["ssid", "data", "string", "at home"],
			["wifiKey", "data", "string", wifiKey],
		];
		const expected = {
			"identity/productKey": "a1B2c3",
			"identity/deviceName": "lamp-1",
			"identity/deviceSecret": Buffer.from(deviceSecret),
			"identity/privateKey": Buffer.from(pem),
			"identity/certificate": chain,
			"identity/carrierKey": carrier,
			"link/port": "8883",
			"network/1/ssid": "at home",
			"network/1/key": Buffer.from(wifiKey),
		};
		const phy = randomBytes(1904);
		const others: Row[] = [
			["phy", "namespace", "", ""],
			["cal_data", "file", "binary", file("phy", phy)],
		];
		for (const shared of [false, true]) {
			const flash = generate(
				shared ? [...others, ...rows, ["wifi", "namespace", "", ""], ["more", "data", "u8", "7"]] : rows,
			);
			const records = new Records();
			expect(importNvs({ flash, records })).toEqual(Object.keys(expected).sort());
			expect(Object.fromEntries(records.values)).toEqual(expected);
			const marked = Object.values(factoryMap).filter(({ as }) => as === "secret");
			expect([...records.secrets].sort()).toEqual(
				Object.keys(expected)
					.filter((name) => marked.some(({ record }) => record === name))
					.sort(),
			);
			const left = Buffer.from(flash.bytes);
			const pieces = [deviceSecret.slice(0, 16), wifiKey.slice(0, 16), carrier.subarray(0, 16), pem.slice(100, 130)];
			for (const piece of pieces) expect(left.includes(piece)).toBe(false);
			if (shared) {
				const found = new Nvs({ flash });
				expect(found.namespaces).toEqual(["phy", "wifi"]);
				expect(Buffer.from(found.open("phy")?.bytes("cal_data") ?? "none")).toEqual(phy);
				expect(textAt(found.open("wifi"), "more")).toBe("7");
			} else expect(left.every((byte) => byte === 0xff)).toBe(true);
		}
	});

	test("an encrypted partition is refused, and left as it is", () => {
		const flash = generate(
			[
				["linkxs", "namespace", "", ""],
				["deviceName", "data", "string", "lamp"],
			],
			{ encrypted: true },
		);
		const before = flash.bytes.slice();
		expect(() => importNvs({ flash, records: new Records() })).toThrow(/damaged/);
		expect(flash.bytes).toEqual(before);
	});
});
