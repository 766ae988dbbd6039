// What the SDK's linker can't put into flash with a preloaded module: a generator has a prototype of its own, which it
// leaves unfrozen and in RAM.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..", "modules");

test("modules have no generators", () => {
	const files = readdirSync(root, { recursive: true }).map(String);
	const sources = files.filter((name) => name.endsWith(".ts"));
	expect(sources.length).toBeGreaterThan(100);
	const generator = /\bfunction\s*\*|^\t+(?:static |async )*\*#?\w+\(/m;
	expect(sources.filter((name) => generator.test(readFileSync(join(root, name), "utf8")))).toEqual([]);
	expect(generator.test("export function* all() {}") && generator.test("\t*names(): string {")).toBe(true);
});
