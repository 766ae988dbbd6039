// A chip's image over a firmware and an image run that the test makes up: no emulator, no compiler for the chip.
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type BuildOptions, buildImage } from "../../../tools/build/build";
import type { Firmware } from "../../../tools/build/chip/firmware";
import { parseMap } from "../../../tools/build/chip/map";
import { textOf } from "../../../tools/build/chip/report";
import type { Emulate } from "../../../tools/build/chip/rom";
import { BuildError } from "../../../tools/build/error";
import { readSections } from "../../../tools/build/image";
import { buildCompiler } from "../../../tools/build/native";

const window = 0x2001_0000;
const code = Buffer.alloc(4000, 0xc0);
const rom = Buffer.alloc(2004, 0x20);

const map = `
Discarded input sections

 .text.unused   0x00000000       0x10 build/xs/xsAll.o

Linker script and memory map

.text           0x20010400      0xf80
 *(.text .text.*)
 .text.fxCreateMachineWithAVeryLongName
                0x20010400      0x800 build/chip/xs/xsAPI.o
                0x20010400                fxCreateMachine
 *fill*         0x20010c00        0x8 
 .text.printf   0x20010c08      0x100 /usr/lib/libc.a(printf.o)
 .rodata.str1.4
                0x20010d08       0x2b build/mbedtls/lib/libmbedtls.a(ssl.o)
                                  0x5 (size before relaxing)
 .text.tcp_in   0x20010d0c      0x474 build/chip/lwip/core/tcp.o
 .text.main     0x20011180      0x200 build/chip/main.o

.stack          0x80000000     0x4000
                0x00004000                        . = 0x4000

.data           0x80004000       0x20 load address 0x20011380
 .data.x        0x80004000       0x20 build/chip/main.o

.bss            0x80004020      0x100
 .bss.pools     0x80004020      0x100 build/chip/lwip/core/memp.o
OUTPUT(firmware.elf elf32-littleriscv)
`;

let salt = 0;
let folder = "";
let program = "";
let board = "";
let firmware: Firmware;
let runs: string[][] = [];

/** Runs as the firmware would: reads where the ROM goes, writes it, says what it has. */
const emulate: Emulate = async (_program, args) => {
	runs.push([...args]);
	const out = /arg=rom=(.*)$/.exec(args.at(-1) ?? "")?.[1] ?? "";
	writeFileSync(out, rom);
	return { code: 0, output: `# rom: {"bytes":${rom.length},"slots":800,"chunks":400}\r\n` };
};

const build = (options: Partial<BuildOptions> = {}) =>
	buildImage({ manifest: program, board, out: join(program, "image"), check: false, firmware, emulate, ...options });

async function refusal(options: Partial<BuildOptions>): Promise<BuildError> {
	const error = await build(options).catch((error: unknown) => error);
	return error instanceof BuildError ? error : expect.unreachable(String(error));
}

/** The board with another size of a partition or of its memory. */
function change(file: string, from: string, to: string): void {
	const path = join(board, file);
	const text = readFileSync(path, "utf8");
	expect(text).toContain(from);
	writeFileSync(path, text.replace(from, to));
}

beforeAll(async () => {
	await buildCompiler();
	folder = mkdtempSync(join(tmpdir(), "linkxs-chip-"));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
	const number = String(salt++);
	program = join(folder, number);
	board = join(folder, `boards-${number}`, "chip-c3");
	mkdirSync(program);
	cpSync("boards/chip-c3", board, { recursive: true });
	writeFileSync(join(program, "main.js"), `import "mqtt/client"; trace("${number}");`);
	writeFileSync(join(program, "client.js"), "export default class {}");
	writeFileSync(join(program, "root.der"), "a certificate");
	const modules = { main: "./main", "mqtt/client": "./client" };
	const manifest = { include: "$(SUBPLATFORMMANIFEST)", modules, data: { "*": "./root" } };
	writeFileSync(join(program, "manifest.json"), JSON.stringify(manifest));
	// Another firmware each time: what a run made is kept by its content.
	code.writeUInt32LE(process.pid, 0);
	code.writeUInt32LE(salt, 4);
	code.writeUInt32LE(Date.now() % 2 ** 32, 8);
	firmware = {
		machine: "sifive-u",
		elf: "/the/firmware.elf",
		pieces: parseMap(map),
		natives: [],
		code,
		codeAt: 0x400,
		romAt: 0x1400,
		romMost: 0x10_0000,
		codeStart: window + 0x400,
		heapStart: 0x8000_4120,
		ramStart: 0x8000_0000,
		modulesAt: 0x8040_0000,
	};
	runs = [];
});

describe("an image", () => {
	test("has code and ROM where the linker has put them, and the board's memory", async () => {
		const image = readFileSync((await build()).image);
		const sections = readSections(image);
		expect([...sections.keys()]).toEqual(["CODE", "ROM ", "CREA", "MAIN", "CONF", "DATA", "CHIP"]);
		expect(sections.get("CODE")).toEqual({ at: 0x400, size: code.length });
		expect(sections.get("ROM ")).toEqual({ at: 0x1400, size: rom.length });
		expect(image.subarray(0x400, 0x400 + code.length)).toEqual(code);
		expect(image.subarray(0x1400, 0x1400 + rom.length)).toEqual(rom);
		const chip = sections.get("CHIP")?.at ?? expect.unreachable("no CHIP");
		expect([0, 4, 8, 12].map((at) => image.readUInt32LE(chip + at))).toEqual([320 * 1024, 4 << 20, 0, 0]);
		expect(image.toString("latin1", 0, 4)).toBe("LKX1");
		expect(image.readUInt32LE(12)).toBe(image.length);
		expect(image.toString("latin1", 16, 24)).toBe("chip-c3\0");
		expect(image.readUInt32LE(164)).toBe(0);
		const digest = createHash("sha256").update(image.subarray(256)).digest();
		expect(image.subarray(128, 160)).toEqual(digest);
	});

	test("is made by the firmware on the emulator, with the modules in memory that no board has", async () => {
		await build();
		const devices = (runs[0] ?? []).filter((it) => it.startsWith("loader,"));
		// The other processor finds something to sleep in.
		expect(devices[0]).toMatch(/^loader,addr=0x20000000,data=0xffdff06f10500073,/);
		expect(devices[1]).toBe("loader,file=/the/firmware.elf,cpu-num=0");
		expect(devices[2]).toMatch(/^loader,file=.*,addr=0x80400000,force-raw=on$/);
	});

	test("of an unchanged program costs no run, of a changed one it does", async () => {
		const first = readFileSync((await build()).image);
		const second = readFileSync((await build()).image);
		expect(second).toEqual(first);
		expect(runs).toHaveLength(1);
		writeFileSync(join(program, "client.js"), "export default class { more() {} }");
		await build();
		expect(runs).toHaveLength(2);
	});

	test("with the debugger's byte code says so", async () => {
		expect(readFileSync((await build({ debug: true })).image).readUInt32LE(164)).toBe(1);
	});
});

describe("the report", () => {
	test("has every byte of the image once", async () => {
		const { report, size } = await build();
		const rows = report?.flash.rows ?? [];
		expect(rows.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(size);
		expect(report?.flash).toMatchObject({ name: "ota_0", size: 0x19_0000, used: size, left: 0x19_0000 - size });
		const bytes = Object.fromEntries(rows.map((row) => [row.owner, row.bytes]));
		// A string that was merged away counts by the way to its neighbour, not by the number beside it.
		expect(bytes).toMatchObject({
			"engine (XS)": 0x800,
			"C libraries": 0x100,
			"TLS (mbedTLS)": 4,
			"TCP/IP (lwIP)": 0x474,
			"our C": 0x200 + 0x20,
			"ROM image: objects (slots)": 800,
			"ROM image: strings, tables (chunks)": 400,
		});
		expect(bytes["byte code: mqtt"]).toBeGreaterThan(0);
		expect(bytes["data (certificates)"]).toBeGreaterThan(13);
		expect(Math.min(...rows.map((row) => row.bytes))).toBeGreaterThan(0);
	});

	test("has no row for a capability that the manifest leaves out", async () => {
		const whole = await build();
		writeFileSync(join(program, "main.js"), 'trace("alone");');
		writeFileSync(
			join(program, "manifest.json"),
			JSON.stringify({ include: "$(SUBPLATFORMMANIFEST)", modules: { main: "./main" } }),
		);
		const { report, size } = await build();
		const owners = report?.flash.rows.map(({ owner }) => owner) ?? [];
		expect(owners).toContain("byte code: main");
		expect(owners.filter((owner) => /mqtt|data/.test(owner))).toEqual([]);
		expect(size).toBeLessThan(whole.size);
	});

	test("has the RAM that is taken before anything runs", async () => {
		const ram = (await build()).report?.ram;
		expect(ram?.rows).toEqual([
			{ owner: "C stack", bytes: 0x4000 },
			{ owner: "variables: TCP/IP (lwIP)", bytes: 0x100 },
			{ owner: "variables: our C", bytes: 0x20 },
			{ owner: "JavaScript stack", bytes: 768 * 16 },
			{ owner: "XS slots and chunks", bytes: 131_072 - 768 * 16 },
		]);
		expect(ram?.left).toBe(320 * 1024 - (ram?.used ?? 0));
	});

	test("is aligned, with thousands and shares", async () => {
		const { report } = await build();
		const lines = textOf(report ?? expect.unreachable("no report")).split("\n");
		expect(lines.pop()).toMatch(/isn't measured: --measure/);
		const [flash, ram] = [lines.slice(0, lines.indexOf("")), lines.slice(lines.indexOf("") + 1)];
		for (const table of [flash, ram]) expect(new Set(table.map((line) => line.length)).size).toBe(1);
		expect(flash.join("\n")).toMatch(/engine \(XS\) +2,048 +0\.1%/);
		expect(ram.join("\n")).toMatch(/C stack +16,384 +5\.0%/);
	});
});

describe("refused in words is", () => {
	test("an image that its slot has no room for, with the largest owners and what can be left out", async () => {
		change("partitions.csv", "0x10000,  0x190000", "0x10000,  0x1000");
		const { code, message, detail } = await refusal({});
		expect(code).toBe("board");
		expect(message).toMatch(/^the image has [\d,]+ bytes, ota_0 of chip-c3 has 4,096: [\d,]+ too many\./);
		expect(message).toMatch(/The largest are engine \(XS\) 2,048, /);
		expect(message).toMatch(/can leave out: (mqtt \d+|data)/);
		expect(detail).toContain("byte code: mqtt");
	});

	test("memory that leaves no room for the C heap", async () => {
		change("manifest.json", "0x50000", "0x28000");
		const { code, message, detail } = await refusal({});
		expect(code).toBe("board");
		expect(message).toMatch(
			/163,840 bytes of RAM.*which needs about 49,152 to connect: --measure.*XS slots and chunks 118,784/,
		);
		expect(detail).toContain("JavaScript stack");
	});

	test("a ROM that can't be made, in the firmware's own words", async () => {
		const why = '# rom: module "mqtt/client" can\'t be preloaded: x is not defined';
		const refuse: Emulate = async () => ({ code: 1, output: `something before\r\n${why}\r\n` });
		const { code, message } = await refusal({ emulate: refuse });
		expect({ code, message }).toEqual({
			code: "rom",
			message: "the ROM can't be made: module \"mqtt/client\" can't be preloaded: x is not defined",
		});
	});

	test("an image run that makes nothing", async () => {
		const { code, message } = await refusal({ emulate: async () => ({ code: 0, output: "" }) });
		expect(code).toBe("rom");
		expect(message).toContain("said nothing");
	});

	test("a ROM beyond what the processor sees", async () => {
		firmware = { ...firmware, romMost: 2000 };
		expect(await refusal({})).toMatchObject({ code: "rom", message: expect.stringContaining("2004 bytes") });
	});

	test.each([
		["RAM_SIZE", '"RAM_SIZE": "0x50000"', '"RAM_SIZE": "much"', "RAM_SIZE"],
		["MACHINE", "sifive-u", "toaster", "MACHINE"],
	])("a board without %s", async (_, from, to, words) => {
		change("manifest.json", from, to);
		expect(await refusal({})).toMatchObject({ code: "board", message: expect.stringContaining(words) });
	});
});
