// The bench's own C programs, compiled into build/bench when they are older than their source.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";

const here = new URL(".", import.meta.url).pathname;

/** @throws {Error} with the compiler's words */
export function compile(name: string, folder: string, ...libraries: readonly string[]): string {
	const source = `${here}${name}.c`;
	const program = `${folder}/${name}`;
	if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return program;
	mkdirSync(folder, { recursive: true });
	const flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra"];
	const run = spawnSync("gcc", [...flags, "-o", program, source, ...libraries], { encoding: "utf8" });
	if (run.status !== 0) throw new Error(`${name}.c did not compile:\n${run.stderr ?? run.error?.message}`);
	return program;
}
