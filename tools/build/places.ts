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

/** What `buildChip` made of a machine's firmware: firmware.elf, firmware.map, natives.txt, … */
export function chipFolder(machine: string, variant: string): string {
	return join(ROOT, "build", "chip", machine, variant);
}

/** The boot loader of a machine, as it lies in its code memory. */
export function loaderPath(machine: string): string {
	return join(ROOT, "build", "chip", machine, "loader.bin");
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
