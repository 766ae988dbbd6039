import { describe, expect, test } from "vitest";
import { compareVersions, examine, type Finding } from "../../tools/doctor/checks";
import { report } from "../../tools/doctor/command";
import type { World } from "../../tools/doctor/world";
import { findBoard } from "../../tools/lib/boards";

interface Made {
	readonly env?: Record<string, string>;
	/** Path → text; a path that ends in / is a folder of others. */
	readonly files?: Record<string, string>;
	readonly programs?: Record<string, string>;
	readonly installed?: readonly string[];
	readonly lacking?: readonly string[];
	readonly lackingChip?: readonly string[];
	readonly closed?: readonly string[];
	readonly groups?: readonly string[];
	readonly node?: string;
}

/** A machine that has nothing but what it is given. */
function machine({ env = {}, files = {}, programs = {}, installed = [], ...more }: Made): World {
	const paths = Object.keys(files);
	return {
		env: { HOME: "/home/u", ...env },
		nodeVersion: more.node ?? "20.11.0",
		exists: (path) => paths.some((file) => file === path || file.startsWith(`${path}/`)),
		list: (path) => [
			...new Set(
				paths
					.filter((file) => file.startsWith(`${path}/`))
					.map((file) => file.slice(path.length + 1).split("/")[0] ?? ""),
			),
		],
		read: (path) => files[path],
		writable: (path) => !(more.closed ?? []).includes(path),
		run: (command) => programs[command],
		missingPackages: (group) => [...(group === "chip" ? (more.lackingChip ?? []) : (more.lacking ?? []))],
		isInstalled: (name) => installed.includes(name),
		groups: () => [...(more.groups ?? [])],
	};
}

const sdkFiles = {
	"/sdk/tools/VERSION": "8.2.3\n",
	"/sdk/build/devices/esp32/manifest.json": '{ "build": { "EXPECTED_ESP_IDF": "v6.0" } }',
	...Object.fromEntries(
		["mcconfig", "xsc", "xsl", "xsid", "mcrez"].map((tool) => [`/sdk/build/bin/lin/release/${tool}`, ""]),
	),
};
const idfFiles = {
	"/idf/tools/cmake/version.cmake": "set(IDF_VERSION_MAJOR 6)\nset(IDF_VERSION_MINOR 0)\nset(IDF_VERSION_PATCH 2)\n",
	"/idf/components/mbedtls/mbedtls/include/x.h": "",
};
const ready: Made = {
	env: { MODDABLE: "/sdk", IDF_PATH: "/idf" },
	files: { ...sdkFiles, ...idfFiles, "/home/u/.espressif/tools/riscv32-esp-elf/14.2/x": "", "/dev/ttyUSB0": "" },
	programs: { "node_modules/.bin/tsc": "Version 6.0.3" },
	installed: ["git", "cmake", "ninja-build", "python3-venv"],
};

function lacking(made: Made, board = "esp32c3", port?: string): Finding[] {
	return examine(machine(made), findBoard(board), port).filter(({ state }) => state !== "ok");
}

const without = (path: string): Made => {
	const { [path]: _gone, ...files } = ready.files ?? {};
	return { ...ready, files };
};

describe("a machine that has everything", () => {
	test("lacks nothing for an ESP32-C3", () => {
		expect(lacking(ready)).toEqual([]);
		expect(lacking(ready, "esp32c3-devkit", "/dev/ttyUSB0")).toEqual([]);
	});

	test("lacks the Xtensa compiler for an ESP32", () => {
		expect(lacking(ready, "esp32")).toMatchObject([{ what: "compiler", fix: "/idf/install.sh esp32" }]);
	});

	test("needs no SDK for the simulator", () => {
		expect(lacking({}, "sim")).toEqual([]);
		expect(lacking({ lacking: ["make", "gcc"] }, "sim")[0]?.fix).toBe(
			"apt-get install --no-install-recommends make gcc",
		);
	});

	test("needs an emulator and a compiler for the emulated chip, and tells theirs", () => {
		const names = ["qemu-system-riscv32", "riscv64-unknown-elf-gcc"] as const;
		const programs = { [names[0]]: "QEMU emulator version 7.2.22\nmore", [names[1]]: "gcc 12.2.0" };
		expect(examine(machine({ programs }), findBoard("chip-c3"))).toMatchObject([
			{ what: "Node", state: "ok" },
			{ what: "Debian packages", state: "ok" },
			{ what: "emulator", state: "ok", detail: "QEMU emulator version 7.2.22" },
			{ what: "compiler", state: "ok", detail: "gcc 12.2.0" },
			{ what: "C library", state: "ok" },
		]);
		const lackingChip = ["gcc-riscv64-unknown-elf", "picolibc-riscv64-unknown-elf", "qemu-system-misc"];
		const fix = `apt-get install --no-install-recommends ${lackingChip.join(" ")}`;
		expect(lacking({ lackingChip }, "chip-c3")).toMatchObject([
			{ what: "emulator", detail: "no qemu-system-riscv32", fix },
			{ what: "compiler", detail: "no riscv64-unknown-elf-gcc", fix },
			{ what: "C library", fix: "apt-get install --no-install-recommends picolibc-riscv64-unknown-elf" },
		]);
		expect(lacking({}, "chip-c3")[0]?.fix).toMatch(/PATH/);
	});

	test("needs others for the one with a Cortex-M", () => {
		expect(lacking({}, "chip-mps2")).toMatchObject([
			{ what: "emulator", detail: "no qemu-system-arm" },
			{ what: "compiler", detail: "no arm-none-eabi-gcc" },
		]);
	});

	test("needs two libraries for the Moddable simulator", () => {
		expect(lacking(ready, "lin")).toMatchObject([
			{ what: "libraries", fix: "apt-get install libgtk-3-dev libmbedtls-dev pkg-config" },
		]);
	});
});

describe("names what is missing, with the command that gets it", () => {
	const cases: [string, Made, string, RegExp][] = [
		["an old Node", { ...ready, node: "18.20.0" }, "Node", /nodejs/],
		["no SDK", { ...ready, env: { IDF_PATH: "/idf" } }, "Moddable SDK", /^git clone .*moddable/],
		["an SDK without a version", without("/sdk/tools/VERSION"), "Moddable SDK", /^git clone/],
		[
			"an old SDK",
			{ ...ready, files: { ...ready.files, "/sdk/tools/VERSION": "7.1.0" } },
			"Moddable SDK",
			/^git -C \/sdk pull/,
		],
		[
			"tools not built",
			without("/sdk/build/bin/lin/release/xsl"),
			"SDK tools",
			/make -C \/sdk\/build\/makefiles\/lin$/,
		],
		["no TypeScript", { ...ready, programs: {} }, "TypeScript", /^npm ci/],
		["TypeScript 5.9", { ...ready, programs: { tsc: "Version 5.9.3" } }, "TypeScript", /^npm ci/],
		[
			"no ESP-IDF",
			{ ...ready, env: { MODDABLE: "/sdk" } },
			"ESP-IDF",
			/^git clone --recursive -b v6\.0 .*install\.sh esp32c3/,
		],
		["a path that is no ESP-IDF", without("/idf/tools/cmake/version.cmake"), "ESP-IDF", /^git clone --recursive/],
		[
			"no submodules",
			without("/idf/components/mbedtls/mbedtls/include/x.h"),
			"ESP-IDF's submodules",
			/submodule update/,
		],
		[
			"no compiler",
			without("/home/u/.espressif/tools/riscv32-esp-elf/14.2/x"),
			"compiler",
			/^\/idf\/install\.sh esp32c3$/,
		],
		[
			"no cmake",
			{ ...ready, installed: ["git", "ninja-build", "python3-venv"] },
			"ESP-IDF's packages",
			/^apt-get install cmake$/,
		],
		["a port of another", { ...ready, closed: ["/dev/ttyUSB0"] }, "serial port", /^usermod -aG dialout/],
	];
	test.each(cases)("%s", (_name, made, what, fix) => {
		const found = lacking(made);
		expect(found.map((finding) => finding.what)).toEqual([what]);
		expect(found[0]?.fix).toMatch(fix);
	});

	test("another ESP-IDF than the SDK asks for", () => {
		const cmake = "set(IDF_VERSION_MAJOR 5)\nset(IDF_VERSION_MINOR 5)\nset(IDF_VERSION_PATCH 0)\n";
		const [found] = lacking({ ...ready, files: { ...ready.files, "/idf/tools/cmake/version.cmake": cmake } });
		expect(found).toMatchObject({ what: "ESP-IDF", state: "missing", detail: "5.5.0 at /idf, this SDK needs 6.0" });
	});

	test("a port that isn't there", () => {
		expect(lacking(ready, "esp32c3", "/dev/ttyACM7")).toMatchObject([{ what: "serial port", state: "missing" }]);
	});

	test("no board is only a warning, unless the user may not use one", () => {
		expect(lacking({ ...without("/dev/ttyUSB0"), groups: ["dialout"] })).toMatchObject([{ state: "warning" }]);
		const [found] = lacking(without("/dev/ttyUSB0"));
		expect(found?.fix).toMatch(/^usermod -aG dialout/);
	});

	test("a newer SDK than was checked is a warning", () => {
		const files = { ...ready.files, "/sdk/tools/VERSION": "9.0.0" };
		expect(lacking({ ...ready, files })).toMatchObject([{ what: "Moddable SDK", state: "warning" }]);
	});
});

test("versions are compared by their numbers", () => {
	expect(compareVersions("Version 6.0.3", "6.0.0")).toBe(1);
	expect(compareVersions("10.2", "9.9.9")).toBe(1);
	expect(compareVersions("6", "6.0.0")).toBe(0);
	expect(compareVersions("5.9.3", "6.0.0")).toBe(-1);
});

test("the report has a line a finding and the command below", () => {
	const text = report([
		{ what: "Node", state: "ok", detail: "Node 20" },
		{ what: "ESP-IDF", state: "missing", detail: "IDF_PATH is not set", fix: "git clone" },
	]);
	expect(text).toBe("ok      Node     Node 20\nMISSING ESP-IDF  IDF_PATH is not set\n                 → git clone");
});
