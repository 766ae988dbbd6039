import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { BuildError } from "./error";
import { ROOT, shownPath } from "./places";

/** Declarations that no import asks for. */
const AMBIENT = readdirSync(join(ROOT, "hal", "types"))
	.filter((name) => name.endsWith(".d.ts"))
	.map((name) => join(ROOT, "hal", "types", name));
// The native compiler: the same errors as 6.0 (a test compares the versions) in a tenth of the time.
const TSC = join(ROOT, "node_modules", "typescript-7", "bin", "tsc");

/** What a check looks at. */
export interface CheckSource {
	/** Module name, as imports write it. */
	readonly name: string;
	readonly path: string;
}

/**
 * The full type check of a program's TypeScript, by tsc in a process of its own (incremental: its state is kept in
 * `build/cache/types`), under the repository's own tsconfig.json: the device's world, strict. Modules that its `paths` do not
 * know, a user's own, are found where the manifest has them.
 *
 * @param sources the program's modules; those that are no TypeScript are left out.
 * @param signal ends it early; it then throws.
 * @throws {BuildError} "type", one `file:line: message` a line.
 */
export async function checkTypes(sources: readonly CheckSource[], signal?: AbortSignal): Promise<void> {
	const files = sources.filter(({ path }) => path.endsWith(".ts")).sort((a, b) => (a.path < b.path ? -1 : 1));
	if (!files.length) return;
	const { code, output } = await run(process.execPath, [TSC, "-p", writeProject(files), "--pretty", "false"], signal);
	if (code === 0) return;
	const lines = output.split("\n").filter((line) => line.trim());
	const errors = lines.map((line) =>
		line.replace(/^(.+?)\((\d+),\d+\): error (TS\d+): /, (_, file: string, number: string, id: string) => {
			return `${shownPath(resolve(ROOT, file))}:${number}: ${id} `;
		}),
	);
	const first = errors.filter((line) => /:\d+: TS\d+ /.test(line)).length;
	throw new BuildError("type", `${first || "some"} type error${first === 1 ? "" : "s"}`, { detail: errors.join("\n") });
}

/** One project file for each set of files, so that each keeps its own incremental state. */
function writeProject(sources: readonly CheckSource[]): string {
	const folder = join(ROOT, "build", "cache", "types");
	mkdirSync(folder, { recursive: true });
	const text = JSON.stringify({ extends: join(ROOT, "tsconfig.json"), ...project(sources, folder) }, undefined, "\t");
	const id = createHash("sha256").update(text).digest("hex").slice(0, 16);
	const file = join(folder, `${id}.tsconfig.json`);
	if (!existsSync(file)) writeFileSync(file, text);
	return file;
}

function project(sources: readonly CheckSource[], folder: string) {
	const ours = repositoryPaths();
	const paths: Record<string, string[]> = { ...ours };
	for (const { name, path } of sources) {
		const known = Object.keys(ours).some((pattern) => fits(pattern, name));
		if (!known && !name.includes(":")) paths[name] = [path.slice(0, -".ts".length)];
	}
	const files = [...AMBIENT.filter((file) => existsSync(file)), ...sources.map(({ path }) => path)];
	const id = createHash("sha256").update(files.join("\n")).digest("hex").slice(0, 16);
	const compilerOptions = { paths, incremental: true, tsBuildInfoFile: join(folder, `${id}.tsbuildinfo`) };
	return { compilerOptions, include: [], files };
}

/** The `paths` of the repository's tsconfig.json, absolute. */
function repositoryPaths(): Record<string, string[]> {
	const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, "tsconfig.json"), "utf8")) as {
		compilerOptions: { paths?: Record<string, string[]> };
	};
	const result: Record<string, string[]> = {};
	for (const [name, paths] of Object.entries(compilerOptions.paths ?? {}))
		result[name] = paths.map((path) => join(ROOT, path));
	return result;
}

function fits(pattern: string, name: string): boolean {
	return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

function run(
	command: string,
	args: readonly string[],
	signal: AbortSignal | undefined,
): Promise<{ code: number | null; output: string }> {
	return new Promise((done, reject) => {
		const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"], ...(signal ? { signal } : {}) });
		let output = "";
		child.stdout.on("data", (data: Buffer) => {
			output += data.toString();
		});
		child.stderr.on("data", (data: Buffer) => {
			output += data.toString();
		});
		child.on("error", (cause) => reject(new BuildError("tool", "tsc cannot be run", { cause })));
		child.on("close", (code) => done({ code, output }));
	});
}
