import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type BuildOptions, buildImage } from "../../../tools/build/build";
import { Compiler } from "../../../tools/build/compiler";
import { BuildError } from "../../../tools/build/error";
import { buildCompiler, buildSimulator, nativeNames } from "../../../tools/build/native";
import { createFlash } from "../../../tools/lib/flash-image";
import { Simulator } from "../../../tools/simulator/simulator";

let folder = "";
let compiler: Compiler;

beforeAll(async () => {
	compiler = new Compiler(await buildCompiler());
	await buildSimulator("debug");
	folder = mkdtempSync(join(tmpdir(), "linkxs-errors-"));
}, 300_000);

afterAll(() => {
	compiler.close();
	rmSync(folder, { recursive: true });
});

let number = 0;
let program = "";
beforeEach(() => {
	program = join(folder, String(number++));
	mkdirSync(program);
	write("manifest.json", JSON.stringify({ include: ["$(LINKXS)/hal/manifest.json"], modules: { "*": "./*" } }));
});

const write = (name: string, ...lines: string[]) => writeFileSync(join(program, name), `${lines.join("\n")}\n`);
const build = (options: Partial<BuildOptions> = {}) =>
	buildImage({ manifest: program, out: join(program, "image"), check: false, compiler, ...options });

async function refusal(options: Partial<BuildOptions> = {}): Promise<{ code: string; detail: string }> {
	try {
		await build(options);
	} catch (error) {
		if (error instanceof BuildError)
			return { code: error.code, detail: (error.detail ?? "").replaceAll(`${program}/`, "") };
		throw error;
	}
	return expect.unreachable("it was built");
}

/** The console of the program's first run, to its exception. */
async function run(options: Partial<BuildOptions> = {}): Promise<string> {
	const { image } = await build(options);
	const flash = join(program, "flash");
	createFlash({ board: "sim", image, path: flash });
	const simulator = new Simulator({ flash, resets: 0 });
	const { code } = await simulator.ended;
	expect(code).toBe(3);
	return [...simulator.lines, ...simulator.messages].join("\n").replaceAll(`${program}/`, "");
}

describe("an error on the device names file and line of the TypeScript", () => {
	const types = ["interface Shape {", "\tx: number;", "}", "type Many =", "\t| Shape", "\t| undefined;"];

	test("thrown when the module is run", async () => {
		write("main.ts", ...types, "", 'throw new Error("at eight");');
		expect(await run()).toContain("main.ts:8");
	});

	test("thrown in a function of another module, called from a class with private fields", async () => {
		write("deep.ts", ...types, "export function deep(a: Many): never {", "\tthrow new Error(`${a?.x} at eight`);", "}");
		write(
			"main.ts",
			'import { deep } from "deep";',
			"class A {",
			"\t#b?: number = 1;",
			"\tc(): void {",
			"\t\tdeep({ x: this.#b ?? 0 });",
			"\t}",
			"}",
			"new A().c();",
		);
		const text = await run();
		expect(text).toContain("1 at eight");
		expect(text).toMatch(/deep.*deep\.ts:8[\s\S]*main\.ts:5[\s\S]*main\.ts:8/);
	});

	test("thrown behind a native that was linked at the start of line one", async () => {
		const [name] = nativeNames("debug");
		write("main.ts", `const f = native("${name}"); // linked in front of this`, "", "throw new Error(typeof f);");
		const text = await run();
		expect(text).toContain("function");
		expect(text).toContain("main.ts:3");
	});
});

describe("a release image", () => {
	test("is smaller and has no file names", async () => {
		write("main.ts", "export function f(a: number) {", "\treturn a + 1;", "}", "f(1);");
		const debug = await build();
		const release = await build({ debug: false, out: join(program, "release") });
		expect(release.size).toBeLessThan(debug.size);
		expect(readFileSync(debug.image).includes("main.ts")).toBe(true);
		expect(readFileSync(release.image).includes("main.ts")).toBe(false);
	});
});

describe("what cannot be built names file and line", () => {
	test("a syntax error that TypeScript finds, all files at once", async () => {
		write("main.ts", 'import "other";', "const = 1;");
		write("other.ts", "", "", "let 5;");
		const { code, detail } = await refusal();
		expect(code).toBe("syntax");
		expect(detail).toMatch(/^main\.ts:2: /m);
		expect(detail).toMatch(/^other\.ts:3: /m);
	});

	test("an early error that only XS's parser finds, at its TypeScript line", async () => {
		write("main.ts", "interface A {", "\ta: number;", "}", "const a: A = { a: 1 };", "export { a, a as b, c };");
		const { code, detail } = await refusal();
		expect(code).toBe("syntax");
		expect(detail).toMatch(/^main\.ts:5: /m);
	});

	test("a program that is nested too deeply for the compiler, which goes on", async () => {
		for (const depth of [2_000, 100_000]) {
			write("main.ts", `trace(${"[".repeat(depth)}1${"]".repeat(depth)});`);
			const { code, detail } = await refusal();
			expect(code).toBe("syntax");
			expect(detail).toMatch(/^main\.ts:1: /);
		}
		write("main.ts", "trace(1);");
		await expect(build()).resolves.toBeTruthy();
	});

	test("a type error", async () => {
		write("main.ts", "", "const a: string = 1;", "trace(a);");
		const { code, detail } = await refusal({ check: true });
		expect(code).toBe("type");
		expect(detail).toMatch(/^main\.ts:2: TS2322 /m);
	});

	test("a program of its own, outside the repository, is checked by its manifest's names", async () => {
		write("part.ts", "export const part = 1;");
		write(
			"main.ts",
			'import Timer from "hal/timer";',
			'import { part } from "part";',
			"Timer.set(() => trace(part), part.length);",
		);
		const { code, detail } = await refusal({ check: true });
		expect(code).toBe("type");
		expect(detail).toMatch(/^main\.ts:3: TS2339 /);
		expect(detail.split("\n")).toHaveLength(1);
	});

	test("a module that no manifest lists", async () => {
		write("main.ts", "", 'import { x } from "mqtt/none";', "trace(x);");
		expect(await refusal()).toEqual({ code: "module", detail: 'main.ts:2: no manifest lists a module "mqtt/none"' });
	});

	test("an image that is larger than its partition", async () => {
		write("manifest.json", JSON.stringify({ modules: { "*": "./main" }, data: { "*": "./large" } }));
		write("main.ts", "trace(1);");
		writeFileSync(join(program, "large.bin"), Buffer.alloc(0x190000));
		await expect(build()).rejects.toThrow(/^the image has \d+ bytes, ota_0 of sim has 1638400$/);
	});

	test("a native function that the host has not", async () => {
		write("main.ts", 'native("xs_no_such_thing")();');
		expect(await refusal()).toEqual({ code: "board", detail: "main.ts:1: the host has no function xs_no_such_thing" });
	});
});

describe("linkxs build", () => {
	const cli = (...args: string[]) =>
		spawnSync(process.execPath, ["--import", "tsx", "tools/cli.ts", "build", program, ...args], { encoding: "utf8" });

	test("prints one JSON object", () => {
		write("main.ts", 'trace("x");');
		const out = join(program, "out.image");
		const { status, stdout, stderr } = cli("--json", "--no-check", "--out", out);
		expect(stderr).toBe("");
		expect(status).toBe(0);
		expect(JSON.parse(stdout)).toMatchObject({ image: out, warnings: [] });
	});

	test("ends with 1 and the reason on the last line of stderr, after file and line", () => {
		write("main.ts", "const = 1;");
		const { status, stderr } = cli("--no-check");
		const lines = stderr.trimEnd().split("\n");
		expect(status).toBe(1);
		expect(lines.at(-1)).toMatch(/main\.ts cannot be compiled$/);
		expect(lines[0]).toMatch(/main\.ts:1: /);
	});

	test("ends with 2 for a wrong option", () => {
		expect(cli("--what").status).toBe(2);
	});
});
