import { describe, expect, test } from "vitest";
import { checkImports, checkNatives, resolveSpecifier } from "../../../tools/build/imports";
import { lineTable } from "../../../tools/build/lines";
import type { CompiledModule } from "../../../tools/build/modules";
import { transpile as transpileModule } from "../../../tools/build/transpile";

/** Without the line that makes a module of a file that imports and exports nothing. */
function transpile(path: string, text: string) {
	const { source, ...rest } = transpileModule(path, text);
	return { source: source.replace(/export \{\};\n$/, ""), ...rest };
}

/** The line of the original that `text` of the output comes from. */
function lineOf(source: string, text: string): number | undefined {
	const { source: js, lines } = transpile("x.ts", source);
	const line = js.slice(0, js.indexOf(text)).split("\n").length;
	expect(js).toContain(text);
	return lines[line - 1];
}

describe("natives", () => {
	test("are linked once at the start of line one", () => {
		const { source, natives } = transpile(
			"x.ts",
			'export function a() {\n\tnative("xs_a").call(1);\n\tnative("xs_b")();\n\treturn native("xs_a");\n}\n',
		);
		expect(source.split("\n")[0]).toBe(
			'const __native_0 = native("xs_a"); const __native_1 = native("xs_b"); export function a() {',
		);
		expect(source).toContain("__native_0.call(1)");
		expect(source).toContain("__native_1()");
		expect(source).toContain("return __native_0;");
		expect(natives).toEqual(["xs_a", "xs_b"]);
	});

	test("stand before all that runs, static fields and imports too", () => {
		const { source } = transpile(
			"x.ts",
			'import y from "y";\nclass A { static x = native("xs_a").call(y); }\nnew A();\n',
		);
		expect(source.indexOf("const __native_0")).toBe(0);
	});

	test("with type arguments are linked as well", () => {
		const { source, natives } = transpile("x.ts", 'const f = native<() => number>("xs_a");\n');
		expect(source).toBe('const __native_0 = native("xs_a"); const f = __native_0;\n');
		expect(natives).toEqual(["xs_a"]);
	});

	test("a base class stays where it is and is told", () => {
		const { source, natives } = transpile("x.ts", 'export class A extends Native("xs_a_destructor") {}\n');
		expect(source).toBe('export class A extends Native("xs_a_destructor") {\n}\n');
		expect(natives).toEqual(["xs_a_destructor"]);
	});

	test("a computed name, a member and a function of that name of the file's own are left alone", () => {
		for (const text of ["native(name);\n", 'native("a", 1);\n', 'x.native("a");\n']) {
			const { source, natives } = transpile("x.ts", text);
			expect(source).toBe(text);
			expect(natives).toEqual([]);
		}
		expect(transpile("x.ts", 'function native(x) { return x; }\nnative("a");\n').natives).toEqual([]);
		expect(transpile("x.ts", 'import { native } from "y";\nnative("a");\n').natives).toEqual([]);
	});

	test("an ambient declaration is none", () => {
		expect(transpile("x.ts", 'declare function native(x: string): () => void;\nnative("xs_a")();\n').natives).toEqual([
			"xs_a",
		]);
	});

	test("text that only looks like it is left alone", () => {
		const text = 'const a = "native(\\"xs_a\\")";\n';
		expect(transpile("x.ts", text)).toMatchObject({ source: text, natives: [] });
	});
});

describe("lines", () => {
	test("are the source's, past types that leave nothing", () => {
		const source =
			"interface A {\n\ta: number;\n}\ntype B =\n\t| 1\n\t| 2;\nclass C {\n\tdeclare x: A;\n\ty: B = 1;\n}\nthrow new C();\n";
		expect(lineOf(source, "throw")).toBe(11);
		expect(lineOf(source, "y = 1")).toBe(9);
	});

	test("stay where a native is linked in", () => {
		expect(lineOf('import type { X } from "x";\n\nnative("xs_a").call(1);\nconst x = 1;\n', "const x")).toBe(4);
	});

	test("a map of nothing is line by line", () => {
		expect([...lineTable("", 3)]).toEqual([1, 2, 3]);
	});

	test("a map is decoded as it is defined", () => {
		// Line 1 from 1; line 2 from 5 (its second mapping, from 6, does not count); line 3 has none; line 4 from 2.
		const map = JSON.stringify({ version: 3, mappings: "AAAA;AAIA,CACA;;AAJA" });
		expect([...lineTable(map, 4)]).toEqual([1, 5, 5, 2]);
	});

	test("a long distance takes more digits", () => {
		expect([...lineTable(JSON.stringify({ version: 3, mappings: "AAgiCA" }), 1)]).toEqual([1057]);
	});

	test("what is no map is refused", () => {
		expect(() => lineTable(JSON.stringify({ mappings: "A!" }), 1)).toThrow(SyntaxError);
	});
});

describe("what is transpiled", () => {
	test("keeps private fields and class fields, drops types and comments", () => {
		expect(transpile("x.ts", "class A {\n\t#x: number = 1; // a comment\n\ty?: string;\n}\n").source).toBe(
			"class A {\n    #x = 1;\n    y;\n}\n",
		);
	});

	test("JavaScript goes the same way", () => {
		expect(transpile("x.js", 'native("xs_a")();\n').source).toBe('const __native_0 = native("xs_a"); __native_0();\n');
	});

	test("JSON becomes a frozen default export", () => {
		expect(transpile("x.json", '{"a":1}').source).toBe('export default Object.freeze(({"a":1}), true);\n');
		expect(() => transpile("x.json", "{")).toThrow(expect.objectContaining({ code: "syntax" }));
	});

	test("errors come with file and line, all of them", () => {
		try {
			transpile("m/x.ts", "const a = 1;\nconst = 2;\n\nlet let;\n");
			expect.unreachable();
		} catch (error) {
			const { code, detail } = error as { code: string; detail: string };
			expect(code).toBe("syntax");
			expect(detail).toMatch(/^m\/x\.ts:2: /);
		}
	});

	test("tells its imports, types not among them, with their lines", () => {
		const text =
			'import type { T } from "t";\nimport a from "a";\nexport { b } from "./b";\nconst c: T = await import("c");\n';
		expect(transpile("x.ts", text).imports).toEqual([
			{ specifier: "a", line: 2 },
			{ specifier: "./b", line: 3 },
			{ specifier: "c", line: 4 },
		]);
	});
});

describe("imports", () => {
	const module = (name: string, imports: string[], natives: string[] = []): CompiledModule => ({
		name,
		path: `${process.cwd()}/${name}.ts`,
		symbols: Buffer.alloc(0),
		code: Buffer.alloc(0),
		natives,
		imports: imports.map((specifier) => ({ specifier, line: 7 })),
	});

	test.each([
		["./b", "a/x", "a/b"],
		["../b/c", "a/x", "b/c"],
		["b", "a/x", "b"],
		["./b", "x", "b"],
		["embedded:io/socket/tcp", "a/x", "embedded:io/socket/tcp"],
	])("%s in %s/x is %s", (specifier, importer, name) => {
		expect(resolveSpecifier(specifier, importer)).toBe(name);
	});

	test("all are answered, or the build ends with file and line", () => {
		const modules = [module("main", ["a/x"]), module("a/x", ["./y"]), module("a/y", [])];
		expect(() => checkImports(modules, "main")).not.toThrow();
		expect(() => checkImports(modules.slice(0, 2), "main")).toThrow(
			expect.objectContaining({ code: "module", detail: 'a/x.ts:7: no manifest lists a module "a/y"' }),
		);
		expect(() => checkImports(modules, "other")).toThrow(
			expect.objectContaining({ detail: "the manifest has no module other to start" }),
		);
	});

	test("natives that the host lacks are named", () => {
		expect(() => checkNatives([module("a/x", [], ["xs_a", "xs_b"])], ["xs_a"])).toThrow(
			expect.objectContaining({ code: "board", detail: "a/x.ts:1: the host has no function xs_b" }),
		);
	});
});
