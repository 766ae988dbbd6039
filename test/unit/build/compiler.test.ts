import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Compiler } from "../../../tools/build/compiler";
import { buildCompiler } from "../../../tools/build/native";
import { transpile } from "../../../tools/build/transpile";

let compiler: Compiler;
beforeAll(async () => {
	compiler = new Compiler(await buildCompiler());
}, 300_000);
afterAll(() => compiler.close());

const compile = (source: string, lines: readonly number[] = [], debug = true) =>
	compiler.compile({ path: "x.ts", source, lines: Uint32Array.from(lines), debug });

/** The names that byte code refers to: a count that includes id 0, then NUL-ended names. */
function names(symbols: Buffer): string[] {
	const list = symbols.subarray(2).toString().split("\0").slice(0, -1);
	expect(symbols.readUInt16LE(0)).toBe(list.length + 1);
	return list;
}

describe("the byte-code compiler", () => {
	test("writes 16-bit ids and the names behind them", async () => {
		const { symbols, code } = await compile("export const answer = question();");
		expect(names(symbols)).toEqual(expect.arrayContaining(["answer", "question", "x.ts"]));
		expect(code.length).toBeGreaterThan(10);
	});

	test("leaves the file's name out of a release", async () => {
		const { symbols } = await compile("export const answer = question();", [], false);
		expect(names(symbols)).not.toContain("x.ts");
	});

	test("writes the same bytes for the same source, whatever came before", async () => {
		const source = "export const a = tag`x${1}y`, b = tag`z`;";
		const first = await compile(source);
		await compile("tag`other`;");
		const second = await compile(source);
		expect(second).toEqual(first);
	});

	test("answers many requests in their order", async () => {
		const sources = Array.from(
			{ length: 200 },
			(_, index) => `export const name${index} = ${"1+".repeat(index * 20)}1;`,
		);
		const all = await Promise.all(sources.map((source) => compile(source)));
		all.forEach(({ symbols }, index) => {
			expect(names(symbols)).toContain(`name${index}`);
		});
	});

	test("knows what XS 13.3 knows", async () => {
		await expect(
			compile(
				"class A { #x = 1n; static { A.y ??= 1; } has(o) { return #x in o; } async *g() { yield* [1]; } }\nawait new A().g();",
			),
		).resolves.toBeTruthy();
	});

	test("tells the line of the original", async () => {
		await expect(compile("1;\n2;\nlet a, a;\n", [10, 20, 30])).rejects.toMatchObject({
			code: "syntax",
			detail: expect.stringMatching(/^x\.ts:30: /),
		});
	});

	test("counts lines that the table does not know as its last", async () => {
		await expect(compile("1;\u2028\r\r\nlet a, a;\n", [5])).rejects.toMatchObject({
			detail: expect.stringMatching(/^x\.ts:5: /),
		});
	});

	test("refuses what is out of bounds and says so", async () => {
		const own = new Compiler(await buildCompiler());
		const request = { path: "n".repeat(5000), source: "1", lines: new Uint32Array(0), debug: true };
		await expect(own.compile(request)).rejects.toMatchObject({
			code: "tool",
			detail: "xsc: the request is out of bounds",
		});
		await expect(own.compile(request)).rejects.toMatchObject({ code: "tool" });
	});

	test("that is not there is told", async () => {
		const own = new Compiler("/no/such/compiler");
		await expect(compile("1")).resolves.toBeTruthy();
		await expect(own.compile({ path: "x", source: "1", lines: new Uint32Array(0), debug: true })).rejects.toMatchObject(
			{
				code: "tool",
			},
		);
	});
});

test("broken programs are refused or compiled, and the compiler goes on", async () => {
	const { source, lines } = transpile("x.ts", readFileSync("test/lib/matchers.ts", "utf8"));
	let seed = Number(process.env.LINKXS_SEED ?? Date.now() >>> 0);
	const told = `LINKXS_SEED=${seed}`;
	const random = (below: number) => {
		seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
		return Math.floor((seed / 2 ** 32) * below);
	};
	for (let run = 0; run < 300; run++) {
		const bytes = Buffer.from(source);
		for (let change = 0; change <= random(3); change++) {
			const at = random(bytes.length);
			if (random(2)) bytes[at] = random(256);
			else bytes.copyWithin(at, random(bytes.length));
		}
		try {
			await compile(bytes.toString("latin1"), [...lines.subarray(0, random(lines.length))]);
		} catch (error) {
			expect(error, told).toMatchObject({ code: "syntax" });
		}
	}
});
