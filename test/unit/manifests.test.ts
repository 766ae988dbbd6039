import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readPartitionsCsv } from "../../tools/lib/partitions";
import { filesBelow, root } from "../lib/files";
import { missingImports, missingNatives, readFirmware } from "../lib/firmware";

// mcconfig is run by nobody here; this keeps what it would read honest.
const platforms = [
	{ platform: "sim", board: "boards/sim" },
	{ platform: "chip/chip-c3", board: "boards/chip-c3" },
	{ platform: "chip/chip-mps2", board: "boards/chip-mps2" },
	{ platform: "chip/chip-nrf52", board: "boards/chip-nrf52" },
	{ platform: "lin" },
	{ platform: "esp32" },
	{ platform: "esp32/esp32c3" },
	{ platform: "esp32/esp32s3" },
	{ platform: "esp32/esp32-devkit", board: "boards/esp32-devkit" },
	{ platform: "esp32/esp32c3-devkit", board: "boards/esp32c3-devkit" },
	{ platform: "esp32/esp32s3-devkit", board: "boards/esp32s3-devkit" },
];

/** The contract: what a program may import on every platform. */
const everywhere = [
	"main",
	"hal/console",
	"hal/crypto",
	"hal/interface",
	"hal/system",
	"hal/text",
	"hal/timer",
	"hal/tls",
	"embedded:io/socket/tcp",
	"embedded:io/socket/tcp/tls",
	"embedded:io/socket/listener",
	"embedded:io/socket/udp",
	"embedded:storage/flash",
	"embedded:storage/key-value",
];

const json = (path: string) => JSON.parse(readFileSync(`${root}/${path}`, "utf8"));

describe.each(platforms)("$platform", ({ platform, board }) => {
	const firmware = readFirmware(platform, board && `${root}/${board}`);

	test("every file that a manifest names is there", () => {
		expect(firmware.errors).toEqual([]);
	});

	test("the modules of the contract are there", () => {
		expect(everywhere.filter((name) => !firmware.modules.has(name))).toEqual([]);
	});

	test("every import of the firmware is in a manifest", () => {
		expect(missingImports(firmware)).toEqual([]);
	});

	test("every C function that a module calls is in a C file", () => {
		// Our hosts' Makefiles take all C of three folders by themselves.
		const host = { sim: "hal/simulator", chip: "hal/chip" }[platform.replace(/\/.*/, "")];
		const makefile = host ? ["hal/xs", host, "hal/mbedtls"] : [];
		const c = makefile.flatMap((folder) => filesBelow(folder, ".c").map((path) => `${root}/${path}`));
		expect(missingNatives(firmware, c)).toEqual([]);
	});

	test("no two C files have one name: the SDK's objects lie in one folder", () => {
		const names = firmware.c.map((path) => basename(path));
		expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
	});

	test("what is preloaded is there, by its full name: a * of mcconfig 8.2.3 passes TypeScript over", () => {
		expect(firmware.preload.filter((name) => !firmware.modules.has(name))).toEqual([]);
	});

	test("every module of a capability is preloaded", () => {
		const ours = [...firmware.modules].filter(([, file]) => file.startsWith(`${root}/modules/`)).map(([name]) => name);
		expect(ours.filter((name) => !firmware.preload.includes(name))).toEqual([]);
	});
});

test("another platform is refused in words", () => {
	expect(readFirmware("pico").errors.join()).toContain("linkxs has no HAL for this platform");
});

describe("names are the same to tsc, vitest and mcconfig", () => {
	const capabilities = readdirSync(`${root}/modules`);

	test.each(capabilities)("%s has its manifest, and goes by its folder's name", (name) => {
		expect(json(`modules/${name}/manifest.json`).modules).toMatchObject({ [`${name}/*`]: "./*" });
	});

	const ofSdk = json("hal/moddable/manifest_typescript.json").typescript.tsconfig.compilerOptions.paths;
	const places: [string, Record<string, string[]>, string][] = [
		["tsconfig.json", json("tsconfig.json").compilerOptions.paths, "./"],
		["tools/tsconfig.json", json("tools/tsconfig.json").compilerOptions.paths, "../"],
		["test/tsconfig.json", json("test/tsconfig.json").compilerOptions.paths, "../"],
		["hal/moddable/manifest_typescript.json", ofSdk, "$(LINKXS)/"],
	];
	test.each(places)("%s maps hal/* and every capability", (_file, paths, prefix) => {
		const wanted = Object.fromEntries(capabilities.map((name) => [`${name}/*`, [`${prefix}modules/${name}/*`]]));
		const ofHal = { "hal/*": [`${prefix}hal/types/*`], "certificates/*": [`${prefix}hal/certificates/*`] };
		expect(paths).toMatchObject({ ...ofHal, ...wanted });
	});

	test("vitest.config.ts does, too", () => {
		const names = /\(([\w|]+)\)\\\/\(\.\*\)\$/.exec(readFileSync(`${root}/vitest.config.ts`, "utf8"))?.[1];
		expect(names?.split("|").sort()).toEqual(capabilities.sort());
	});
});

describe("boards", () => {
	const boards = readdirSync(`${root}/boards`).filter((name) => !name.includes("."));

	test.each(boards)("%s has the partitions that every board has", (board) => {
		const partitions = readPartitionsCsv(readFileSync(`${root}/boards/${board}/partitions.csv`, "utf8"));
		const names = partitions.map(({ name }) => name);
		const wanted = ["otadata", "ota_0", "app_0", "app_1", "vault", "factory"];
		// 1 MB has no room for a second slot, and nobody keeps anything in NVS there.
		if (board !== "chip-nrf52") wanted.push("nvs", "ota_1");
		expect(names).toEqual(expect.arrayContaining(wanted));
		const end = Math.max(...partitions.map(({ offset, size }) => offset + size));
		expect(end).toBeLessThanOrEqual(Number(json(`boards/${board}/manifest.json`).build.FLASH_SIZE));
	});

	test("the Moddable simulator's flash is laid out like our simulator's", () => {
		const source = readFileSync(`${root}/hal/moddable/flash.c`, "utf8");
		const rows = [...source.matchAll(/^\t\{"(\w+)", (\w+), (\w+), (\w+), (\w+)\},$/gm)].map(
			([, name, type, subtype, offset, size]) => ({
				name,
				type: type === "typeApp" ? 0 : 1,
				subtype: Number(subtype),
				offset: Number(offset),
				size: Number(size),
			}),
		);
		const csv = readPartitionsCsv(readFileSync(`${root}/boards/sim/partitions.csv`, "utf8"));
		expect(rows).toEqual(csv.map(({ name, type, subtype, offset, size }) => ({ name, type, subtype, offset, size })));
	});
});

describe("finds", () => {
	const folder = mkdtempSync(join(tmpdir(), "linkxs-manifests-"));
	const file = join(folder, "a.ts");
	writeFileSync(
		file,
		`import { b } from "./b"; import type { T } from "t"; import { c } from "c/c"; native("xs_a")(b, c);`,
	);
	const firmware = { modules: new Map([["x/a", file]]), c: [], preload: [], errors: [] };
	afterAll(() => rmSync(folder, { recursive: true }));

	test("an import that no manifest lists, and no type", () => {
		const missing = ["x/a: ./b is in no manifest, XS looks for x/b", "x/a: c/c"];
		expect(missingImports(firmware)).toEqual(missing);
	});

	test("a function that no C has", () => {
		expect(missingNatives(firmware)).toEqual(["x/a: xs_a"]);
	});
});
