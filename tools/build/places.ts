import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** The byte-code compiler that `buildCompiler` made. */
export function compilerPath(): string {
	return join(ROOT, "build", "xsc", "xsc");
}

/** The simulator that `buildSimulator` made. */
export function simulatorPath(variant: string): string {
	return join(ROOT, "build", "sim", variant, "linkxs-sim");
}

/** The names of the C functions that a build of the simulator has, one a line, sorted. */
export function nativesPath(variant: string): string {
	return join(ROOT, "build", "sim", variant, "natives.txt");
}

/** What errors and stack traces call a file: relative to the repository where it lies within. */
export function shownPath(path: string): string {
	const short = relative(ROOT, path);
	return short.startsWith("..") ? path : short;
}
