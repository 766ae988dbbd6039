import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readProgram } from "../../../tools/build/program";

let folder = "";

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "linkxs-manifest-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Files by path; an object is written as JSON. */
function files(content: Record<string, unknown>): void {
	for (const [path, value] of Object.entries(content)) {
		const full = join(folder, path);
		mkdirSync(dirname(full), { recursive: true });
		writeFileSync(full, typeof value === "string" ? value : JSON.stringify(value));
	}
}

const read = (platform = "sim", board?: string) =>
	readProgram({ manifest: join(folder, "manifest.json"), platform, ...(board ? { board: join(folder, board) } : {}) });

/** Module name to path below the folder. */
const modules = (platform?: string, board?: string) =>
	Object.fromEntries(read(platform, board).modules.map(({ name, path }) => [name, path.slice(folder.length + 1)]));

const refusal = (platform?: string) => {
	try {
		read(platform);
	} catch (error) {
		const { code, message } = error as { code: string; message: string };
		return `${code}: ${message.replaceAll(`${folder}/`, "")}`;
	}
	return "read";
};

describe("modules", () => {
	test("a star stands for the file's own name, without its extension", () => {
		files({ "manifest.json": { modules: { "*": "./main" } }, "main.ts": "" });
		expect(modules()).toEqual({ main: "main.ts" });
	});

	test("a star in the source takes the whole folder, TypeScript and JavaScript", () => {
		files({
			"manifest.json": { modules: { "mqtt/*": "./mqtt/*" } },
			"mqtt/codec.ts": "",
			"mqtt/client.js": "",
			"mqtt/old.mjs": "",
			"mqtt/types.d.ts": "",
			"mqtt/README.md": "",
			"mqtt/manifest.json": "{}",
			"mqtt/.hidden.ts": "",
		});
		expect(modules()).toEqual({
			"mqtt/codec": "mqtt/codec.ts",
			"mqtt/client": "mqtt/client.js",
			"mqtt/old": "mqtt/old.mjs",
		});
	});

	test("a star after the start of a name takes what begins so", () => {
		files({ "manifest.json": { modules: { "*": "./io-*" } }, "io-tcp.ts": "", "io-udp.ts": "", "other.ts": "" });
		expect(modules()).toEqual({ tcp: "io-tcp.ts", udp: "io-udp.ts" });
	});

	test("a target without a star is a new name", () => {
		files({ "manifest.json": { modules: { "embedded:io/tcp": "./tcp" } }, "tcp.ts": "" });
		expect(modules()).toEqual({ "embedded:io/tcp": "tcp.ts" });
	});

	test("sources may be an array, and objects with a source", () => {
		files({ "manifest.json": { modules: { "*": ["./a", { source: "./b" }] } }, "a.ts": "", "b.ts": "" });
		expect(modules()).toEqual({ a: "a.ts", b: "b.ts" });
	});

	test("~ takes files out, wherever it stands", () => {
		files({
			"manifest.json": { modules: { "*": "./x/*", "~": ["./x/b", "./x/c*"] } },
			"x/a.ts": "",
			"x/b.ts": "",
			"x/c1.ts": "",
		});
		expect(modules()).toEqual({ a: "x/a.ts" });
	});

	test("C beside a module is no module, and enough to fit a pattern", () => {
		files({ "manifest.json": { modules: { "*": ["./tcp", "./glue"] } }, "tcp.ts": "", "tcp.c": "", "glue.c": "" });
		expect(modules()).toEqual({ tcp: "tcp.ts" });
	});

	test("a JSON file is a module when it is named, not by a pattern", () => {
		files({
			"manifest.json": { modules: { table: "./x/table", "x/*": "./x/*" } },
			"x/table.json": "[]",
			"x/more.json": "[]",
		});
		expect(modules()).toEqual({ table: "x/table.json" });
	});

	test("a pattern that fits nothing is refused with manifest and key", () => {
		files({ "manifest.json": { modules: { "*": "./gone" } } });
		expect(refusal()).toBe("manifest: manifest.json: modules.*: no file fits gone");
	});

	test("one name for two files is refused with both", () => {
		files({ "manifest.json": { modules: { "*": ["./a/x", "./b/x"] } }, "a/x.ts": "", "b/x.ts": "" });
		expect(refusal()).toBe(
			"manifest: manifest.json: modules.*: x is b/x.ts here and a/x.ts in manifest.json: modules.*",
		);
	});

	test("a file that is listed twice is taken once, under its first name", () => {
		files({ "manifest.json": { modules: { first: "./x", "*": "./x" } }, "x.ts": "" });
		expect(modules()).toEqual({ first: "x.ts" });
	});
});

describe("include", () => {
	test("paths belong to the manifest that has them", () => {
		files({
			"manifest.json": { include: "./lib/manifest.json", modules: { "*": "./main" } },
			"lib/manifest.json": { modules: { "lib/*": "./*" } },
			"lib/a.ts": "",
			"main.ts": "",
		});
		expect(modules()).toEqual({ "lib/a": "lib/a.ts", main: "main.ts" });
	});

	test("a folder stands for the manifest in it; each is read once; circles end", () => {
		files({
			"manifest.json": { include: ["./a", "./b"] },
			"a/manifest.json": { include: ["../b/manifest.json"], config: { order: ["a"] } },
			"b/manifest.json": { include: ["../a/manifest.json"], config: { b: 1 } },
		});
		expect(read().files.map((path) => path.slice(folder.length + 1))).toEqual([
			"manifest.json",
			"a/manifest.json",
			"b/manifest.json",
		]);
	});

	test("an included manifest comes before the one that includes it", () => {
		files({
			"manifest.json": { include: ["./a.json"], config: { x: "own", deep: { own: 1 } } },
			"a.json": { config: { x: "included", y: 2, deep: { included: 1 } } },
		});
		expect(read().config).toEqual({ x: "own", y: 2, deep: { own: 1, included: 1 } });
	});

	test("a missing manifest is refused with the place that wants it", () => {
		files({ "manifest.json": { include: "./gone.json" } });
		expect(refusal()).toBe("manifest: manifest.json: include: there is no manifest gone.json");
	});

	test("the manifest itself may be missing, or no JSON, or no object", () => {
		expect(refusal()).toBe("manifest: there is no manifest manifest.json");
		files({ "manifest.json": "{" });
		expect(refusal()).toMatch(/^manifest: manifest\.json: .*JSON/);
		files({ "manifest.json": "[]" });
		expect(refusal()).toBe("manifest: manifest.json: a manifest is an object");
	});
});

describe("variables", () => {
	test("come from build, from a manifest read before, and from the environment", () => {
		process.env.LINKXS_TEST_FOLDER = "c";
		files({
			"manifest.json": {
				build: { A: "a", B: "$(A)/b", HERE: "./d" },
				include: ["$(A)/manifest.json"],
				modules: { "*": ["./$(B)/x", "./$(LINKXS_TEST_FOLDER)/y", "$(HERE)/z"] },
			},
			"a/manifest.json": {},
			"a/b/x.ts": "",
			"c/y.ts": "",
			"d/z.ts": "",
		});
		expect(modules()).toEqual({ x: "a/b/x.ts", y: "c/y.ts", z: "d/z.ts" });
	});

	test("a build variable with ?= gives way to the environment and to what is set", () => {
		process.env.LINKXS_TEST_SET = "e";
		files({
			"manifest.json": {
				build: { "LINKXS_TEST_SET ?=": "f", "LINKXS_TEST_UNSET ?=": "g" },
				modules: { "*": ["./$(LINKXS_TEST_SET)/x", "./$(LINKXS_TEST_UNSET)/y"] },
			},
			"e/x.ts": "",
			"g/y.ts": "",
		});
		expect(modules()).toEqual({ x: "e/x.ts", y: "g/y.ts" });
	});

	test("an unknown one is refused with its place", () => {
		files({ "manifest.json": { modules: { "*": "$(NO_SUCH_VARIABLE)/x" } } });
		expect(refusal()).toBe("manifest: manifest.json: modules.*: $(NO_SUCH_VARIABLE) is not set");
	});

	test("a board is the subplatform", () => {
		files({
			"manifest.json": { platforms: { sim: { include: "$(SUBPLATFORMMANIFEST)" } } },
			"boards/x/manifest.json": {
				config: { board: "x" },
				build: { PINS: "./pins" },
				modules: { pins: "$(SUBPLATFORMDIRECTORY)/pins" },
			},
			"boards/x/pins.ts": "",
		});
		expect(read("sim", "boards/x").config).toEqual({ board: "x" });
		expect(modules("sim", "boards/x")).toEqual({ pins: "boards/x/pins.ts" });
	});
});

describe("platforms", () => {
	const platforms = {
		sim: { modules: { io: "./sim" } },
		esp32: { modules: { io: "./esp32" } },
		"esp32/esp32c3": { modules: { io: "./c3" } },
		"zephyr/*": { modules: { io: "./zephyr" } },
		"...": { error: "no io here" },
	};
	beforeEach(() =>
		files({ "manifest.json": { platforms }, "sim.ts": "", "esp32.ts": "", "c3.ts": "", "zephyr.ts": "" }),
	);

	test.each([
		["sim", "sim.ts"],
		["esp32", "esp32.ts"],
		["esp32/esp32c3", "c3.ts"],
		["esp32/esp32s3", "esp32.ts"],
		["zephyr/nrf52840dk", "zephyr.ts"],
	])("%s takes %s and nothing else", (platform, path) => {
		expect(modules(platform)).toEqual({ io: path });
	});

	test("what fits nothing falls to ..., whose error ends the build", () => {
		expect(refusal("lin")).toBe("platform: manifest.json: no io here");
	});

	test("a platform's section adds to the common one and overrides it", () => {
		files({
			"manifest.json": {
				config: { a: 1, b: 1 },
				preload: "x",
				platforms: { sim: { config: { b: 2 }, preload: ["y/*"], include: "./more.json", warning: "careful" } },
			},
			"more.json": { config: { a: 0, c: 3 } },
		});
		const program = read();
		expect(program.config).toEqual({ a: 1, b: 2, c: 3 });
		expect(["x", "y/z", "z", "xx"].filter(program.preloads)).toEqual(["x", "y/z"]);
		expect(program.warnings).toEqual(["careful", "preload: no module fits x", "preload: no module fits y/*"]);
	});
});

describe("creation", () => {
	test("is merged number by number over defaults", () => {
		files({
			"manifest.json": { include: "./a.json", creation: { chunk: { initial: 1000 }, main: "start" } },
			"a.json": {
				creation: {
					static: 32768,
					chunk: { initial: 1, incremental: 2 },
					heap: { initial: 3, incremental: 4 },
					stack: 5,
					keys: { initial: 6, incremental: 7, name: 8, symbol: 9 },
					parser: { buffer: 10, table: 11 },
				},
			},
		});
		const { creation, main } = read();
		expect(main).toBe("start");
		expect(creation).toEqual({
			static: 32768,
			initialChunk: 1000,
			incrementalChunk: 2,
			initialHeap: 3,
			incrementalHeap: 4,
			stack: 5,
			initialKeys: 6,
			incrementalKeys: 7,
			nameModulo: 8,
			symbolModulo: 9,
			parserBuffer: 10,
			parserTable: 11,
		});
	});

	test.each([[-1], [1.5], ["1"], [2 ** 32]])("refuses %j slots of stack", (stack) => {
		files({ "manifest.json": { creation: { stack } } });
		expect(refusal()).toBe("manifest: manifest.json: creation.stack: must be a whole number from 0");
	});
});

describe("data and resources", () => {
	test("keep their extension and are not code", () => {
		files({
			"manifest.json": { data: { "certificates/*": "./roots/*" }, resources: { "*": "./logo" } },
			"roots/a.der": "",
			"roots/b.pem": "",
			"logo.png": "",
		});
		expect(read().data.map(({ name }) => name)).toEqual(["certificates/a.der", "certificates/b.pem", "logo.png"]);
	});
});

describe("what is no manifest", () => {
	test.each([
		[{ module: {} }, "module: no such key"],
		[{ modules: [] }, "modules: must be an object"],
		[{ modules: { "*": 1 } }, "modules.*: must be a path or an array of paths"],
		[{ include: 1 }, "include: must be a string or an array of strings"],
		[{ preload: [1] }, "preload: must be a string or an array of strings"],
		[{ platforms: [] }, "platforms: must be an object"],
		[{ platforms: { sim: { x: 1 } } }, "platforms.sim.x: no such key"],
		[{ build: { A: 1 } }, "build.A: must be a string"],
		[{ config: [] }, "config: must be an object"],
	])("%j is refused", (manifest, message) => {
		files({ "manifest.json": manifest });
		expect(refusal()).toBe(`manifest: manifest.json: ${message}`);
	});

	test("strip and the SDK's other sections are passed over", () => {
		files({
			"manifest.json": { strip: "*", run: {}, typescript: {}, "//": "a comment", defines: { tls: { record: 4096 } } },
		});
		expect(read().defines).toEqual({ tls: { record: 4096 } });
	});
});
