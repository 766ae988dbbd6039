// Images for the chip by the real firmware, compiler and emulator: whose their bytes are, and that they are always the same.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import Aedes from "aedes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildImage } from "../../tools/build/build";
import { readFirmware } from "../../tools/build/chip/firmware";
import type { MeasuredRam } from "../../tools/build/chip/ram-measured";
import { buildChip, buildCompiler } from "../../tools/build/native";
import { chipFolder, ROOT } from "../../tools/build/places";
import { createFlash } from "../../tools/lib/flash-image";
import { Authority } from "../lib/certificates";
import { describeChip } from "../lib/chip";
import { noteSecret } from "../lib/transcript";
import { boot } from "./firmware";

describeChip("an image for the chip", () => {
	const folder = mkdtempSync(join(tmpdir(), "linkxs-build-"));
	afterAll(() => rmSync(folder, { recursive: true, force: true }));
	beforeAll(async () => {
		await buildCompiler();
		await buildChip("sifive-u");
	}, 600_000);

	const reference = (name: string, manifest = join(ROOT, "manifest.json"), fresh = false) =>
		buildImage({ manifest, board: "chip-c3", check: false, fresh, out: join(folder, name) });

	/** The reference firmware without some of what it includes. Only its size counts. */
	async function without(...capabilities: string[]) {
		const program = join(folder, capabilities.join("-"));
		mkdirSync(program);
		const all = JSON.parse(readFileSync(join(ROOT, "manifest.json"), "utf8")) as { include: string[] };
		const left = all.include.filter((it) => !capabilities.some((name) => it.includes(`/${name}/`)));
		const include = left.map((it) => join(ROOT, it));
		writeFileSync(join(program, "main.js"), "");
		writeFileSync(join(program, "manifest.json"), JSON.stringify({ include, modules: { main: "./main" } }));
		return reference("without", program);
	}

	test("has whose every byte is, by what the linker and the compiler say", async () => {
		const { report, size } = await reference("main");
		const { flash, ram } = report ?? expect.unreachable("no report");
		expect(flash.rows.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(size);
		const rows = new Map(flash.rows.map(({ owner, bytes }) => [owner, bytes]));
		for (const owner of ["engine (XS)", "TLS (mbedTLS)", "TCP/IP (lwIP)", "C libraries", "our C"])
			expect(rows.get(owner), owner).toBeGreaterThan(30_000);
		for (const owner of ["vault", "mqtt", "link", "http", "id2", "hal", "main"])
			expect(rows.get(`byte code: ${owner}`), owner).toBeGreaterThan(1_000);
		// What nobody owns is no place to hide in.
		expect(rows.get("header, settings, padding")).toBeLessThan(8_192);
		const firmware = readFirmware("sifive-u", chipFolder("sifive-u", "release"));
		const linked = ram.rows.filter(({ owner }) => !/JavaScript|slots/.test(owner));
		expect(linked.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(firmware.heapStart - firmware.ramStart);
		const code = join(folder, "code.bin");
		const copied = spawnSync("riscv64-unknown-elf-objcopy", ["-O", "binary", firmware.elf, code]);
		expect(copied.status, String(copied.stderr)).toBe(0);
		expect(firmware.code).toEqual(readFileSync(code));
	}, 120_000);

	test("costs nothing for a capability that the manifest leaves out", async () => {
		const whole = await reference("whole");
		const { report, size } = await without("enrolment", "provisioning", "nvs");
		const owners = report?.flash.rows.map(({ owner }) => owner) ?? [];
		expect(owners).toContain("byte code: mqtt");
		expect(owners.filter((it) => /enrolment|id2|registration|http|provisioning|nvs/.test(it))).toEqual([]);
		expect(size).toBeLessThan(whole.size - 100_000);
	}, 120_000);

	test("is the same to the bit when nothing is kept from the build before", async () => {
		const first = readFileSync((await reference("first")).image);
		expect(readFileSync((await reference("second", undefined, true)).image).equals(first)).toBe(true);
	}, 240_000);

	function build(...args: string[]) {
		const { status, stdout, stderr } = spawnSync(
			process.execPath,
			["--import", "tsx", "tools/cli.ts", "build", ...args, "--no-check", "--out", join(folder, "command")],
			{ cwd: ROOT, encoding: "utf8" },
		);
		return { status, stdout, stderr, reason: stderr.trim().split("\n").at(-1) ?? "" };
	}

	test("is made by the command, for which the board's name is enough", () => {
		const { status, stdout } = build("--board", "chip-c3");
		expect(status).toBe(0);
		expect(stdout).toMatch(/^flash +bytes +share\n {2}engine \(XS\) +\d{3},\d{3} +\d\d\.\d%\n/);
		const json = build("--board", "chip-c3", "--json");
		const { bytes, board, flash, ram } = JSON.parse(json.stdout);
		expect(board).toBe("chip-c3");
		expect(flash).toMatchObject({ name: "ota_0", size: 0x19_0000, used: bytes, left: 0x19_0000 - bytes });
		expect(ram).toMatchObject({ name: "RAM", size: 320 * 1024 });
		expect(readFileSync(join(folder, "command"))).toHaveLength(bytes);
	}, 120_000);

	test("that its board has no room for is refused, with the largest and what can be left out", () => {
		const { status, stdout, stderr, reason } = build("--board", "chip-nrf52");
		expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
		expect(reason).toMatch(/the image has [\d,]+ bytes, ota_0 of chip-nrf52 has 905,216: [\d,]+ too many/);
		expect(reason).toMatch(/The largest are engine \(XS\) [\d,]+, .*A manifest can leave out: vault [\d,]+/);
		expect(stderr).toContain("ROM image: objects (slots)");
	}, 120_000);

	test("run once on the emulator says what of the RAM it takes, by owner, and what is left", () => {
		const { status, stdout } = build("--board", "chip-c3", "--measure", "--json");
		expect(status).toBe(0);
		const { ram, measured } = JSON.parse(stdout) as { ram: { left: number }; measured: MeasuredRam };
		const outer = measured.rows.filter(({ inside }) => !inside);
		expect(outer.reduce((sum, { bytes }) => sum + bytes, measured.left)).toBe(320 * 1024);
		const bytes = (owner: string) =>
			measured.rows.find((row) => row.owner === owner)?.bytes ?? expect.unreachable(owner);
		// Each is what it can be: nothing that was read from the wrong place is.
		const bounds: readonly (readonly [string, number, number])[] = [
			["C stack, as deep as it went", 2_000, 13_000],
			["JavaScript stack, as deep as it went", 1_500, 11_000],
			["XS slots", 16_000, 60_000],
			["XS chunks", 8_000, 40_000],
			["TCP/IP (lwIP): packets and connections", 1_500, 20_480],
			["C heap", 30_000, 80_000],
			["XS's own tables", 4_000, 20_000],
			["TLS, set up", 8_000, 30_000],
			["TLS, in its handshake", 20_000, 40_000],
			["TLS, connected", 6_000, 25_000],
			["sockets and other native objects", 300, 8_000],
		];
		for (const [owner, least, most] of bounds) {
			expect(bytes(owner), owner).toBeGreaterThan(least);
			expect(bytes(owner), owner).toBeLessThan(most);
		}
		expect(bytes("TLS, in its handshake")).toBeGreaterThan(bytes("TLS, set up"));
		expect(bytes("C heap")).toBeGreaterThan(bytes("TLS, in its handshake"));
		expect(measured.left).toBe(ram.left - bytes("C heap"));
		expect(build("--board", "chip-c3").stdout).toContain("isn't measured: --measure");
	}, 180_000);

	test.runIf(process.env["LINKXS_ALL"])(
		"that takes more of the RAM in a run than its board has is refused, with the largest",
		async () => {
			const board = join(folder, "chip-c3");
			cpSync(join(ROOT, "boards", "chip-c3"), board, { recursive: true });
			const manifest = readFileSync(join(board, "manifest.json"), "utf8");
			const ofRam = (bytes: number) =>
				writeFileSync(join(board, "manifest.json"), manifest.replace("0x50000", `0x${bytes.toString(16)}`));
			// By the estimate there would be enough; but not for what the run takes and has to keep.
			ofRam(186_464 + 50_000 - (186_464 % 1024));
			const tight = build("--board", board, "--measure");
			expect({ status: tight.status, stdout: tight.stdout }).toEqual({ status: 1, stdout: "" });
			expect(tight.reason).toMatch(
				/were left for the C heap in a run, which should keep 8,192\. The largest are .*C heap \d\d,\d{3}/,
			);
			expect(tight.stderr).toContain("TLS, in its handshake");
			// And here it doesn't get to its report.
			ofRam(0x34000);
			const small = build("--board", board, "--measure");
			expect({ status: small.status, stdout: small.stdout }).toEqual({ status: 1, stdout: "" });
			expect(small.reason).toMatch(
				/there is no run to measure: device-1: no report reached the cloud; it said last: .*The largest are /,
			);
		},
		300_000,
	);

	test("says which module can't be preloaded", async () => {
		const program = join(folder, "early");
		cpSync(join(ROOT, "test", "device", "chip-small"), program, { recursive: true });
		const manifest = JSON.parse(readFileSync(join(program, "manifest.json"), "utf8"));
		manifest.build.LINKXS = ROOT;
		manifest.modules["early/x"] = "./early";
		manifest.preload.push("early/x");
		writeFileSync(join(program, "early.ts"), 'import { ticks } from "hal/system"; export const now = ticks();');
		writeFileSync(join(program, "manifest.json"), JSON.stringify(manifest));
		await expect(reference("early.image", program)).rejects.toMatchObject({
			code: "rom",
			message: expect.stringMatching(/early\/x.*native function is called at module level/),
		});
	}, 120_000);

	test("of a small program fits an nRF52840's memory, and publishes over TLS from there", async () => {
		const authority = Authority.root(folder, { name: "authority" });
		const server = authority.issue({ name: "localhost" });
		const broker = new Aedes();
		const published = new Promise<string>((got) => broker.on("publish", ({ topic }, client) => client && got(topic)));
		const listener = createServer({ key: server.key, cert: server.pem }, broker.handle);
		await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
		const { port } = listener.address() as AddressInfo;
		const deviceSecret = "c5a1b0f3de8749260b5e31c87fa2d694";
		noteSecret("chip-small deviceSecret", deviceSecret);
		const place = { host: "localhost", address: "10.0.2.2", port: String(port), root: authority.certificate.pem };
		const { image } = await buildImage({
			manifest: join(ROOT, "test", "device", "chip-small"),
			board: "chip-nrf52",
			check: false,
			out: join(folder, "small"),
			config: { ...place, productKey: "a1B2c3D4e5F", deviceName: "small-1", deviceSecret },
		});
		const path = join(folder, "flash.bin");
		createFlash({ board: "chip-nrf52", image, path });
		const chip = boot(path);
		try {
			await chip.line(/^published/, 60_000);
			expect(await published).toBe("/a1B2c3D4e5F/small-1/user/update");
			expect(chip.lines.join("\n")).toMatch(/# boot chip-nrf52 .*: run 1, power-on/);
		} finally {
			await chip.stop();
			listener.close();
			broker.close();
		}
	}, 120_000);
});
