import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { BuildError } from "./error";
import { ROOT } from "./places";

const TSC = join(ROOT, "node_modules", "typescript", "bin", "tsc");

/**
 * The full type check of a program's TypeScript, by tsc in a process of its own (incremental: its state is kept in
 * `build/cache/types`), under the repository's own tsconfig.json: the device's world, strict.
 *
 * @param paths the program's files; those that are no TypeScript are left out.
 * @throws {BuildError} "type", one `file:line: message` a line.
 */
export async function checkTypes(paths: readonly string[]): Promise<void> {
	const files = paths.filter((path) => path.endsWith(".ts")).sort();
	if (!files.length) return;
	const { code, output } = await run(process.execPath, [TSC, "-p", writeProject(files), "--pretty", "false"]);
	if (code === 0) return;
	const lines = output.split("\n").filter((line) => line.trim());
	const errors = lines.map((line) =>
		line.replace(/^(.+?)\((\d+),\d+\): error (TS\d+): /, (_, file: string, number: string, id: string) => {
			return `${relative(ROOT, join(ROOT, file))}:${number}: ${id} `;
		}),
	);
	const first = errors.filter((line) => /:\d+: TS\d+ /.test(line)).length;
	throw new BuildError("type", `${first || "some"} type error${first === 1 ? "" : "s"}`, { detail: errors.join("\n") });
}

/** One project file for each set of files, so that each keeps its own incremental state. */
function writeProject(files: readonly string[]): string {
	const folder = join(ROOT, "build", "cache", "types");
	mkdirSync(folder, { recursive: true });
	const id = createHash("sha256").update(files.join("\n")).digest("hex").slice(0, 16);
	const project = join(folder, `${id}.tsconfig.json`);
	const globals = join(ROOT, "hal", "types", "globals.d.ts");
	const text = JSON.stringify(
		{
			extends: join(ROOT, "tsconfig.json"),
			compilerOptions: { incremental: true, tsBuildInfoFile: join(folder, `${id}.tsbuildinfo`) },
			include: [],
			files: [...(existsSync(globals) ? [globals, ...embedded()] : []), ...files],
		},
		undefined,
		"\t",
	);
	if (!existsSync(project) || readFileSync(project, "utf8") !== text) writeFileSync(project, text);
	return project;
}

/** Ambient `embedded:*` modules that the type package lacks. */
function embedded(): string[] {
	const file = join(ROOT, "hal", "types", "embedded.d.ts");
	return existsSync(file) ? [file] : [];
}

function run(command: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
		let output = "";
		child.stdout.on("data", (data: Buffer) => {
			output += data.toString();
		});
		child.stderr.on("data", (data: Buffer) => {
			output += data.toString();
		});
		child.on("error", (cause) => reject(new BuildError("tool", "tsc cannot be run", { cause })));
		child.on("close", (code) => resolve({ code, output }));
	});
}
