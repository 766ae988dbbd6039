import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { getLwip } from "../setup/lwip.mjs";
import { buildMbedTLS } from "../setup/mbedtls.mjs";
import { BuildError } from "./error";
import { chipFolder, compilerPath, nativesPath, ROOT, simulatorPath } from "./places";

/** One line of what make says it does ("# cc xsRun.c"), without its mark. */
export type OnProgress = (step: string) => void;

const SIMULATOR = join(ROOT, "hal", "simulator");
const CHIP = join(ROOT, "hal", "chip");

/** Makes the byte-code compiler; returns its path. A second call takes milliseconds. */
export async function buildCompiler(onProgress: OnProgress = () => {}): Promise<string> {
	await make(join(ROOT, "tools", "build", "xsc"), [], onProgress);
	return compilerPath();
}

/** How the simulator is compiled; every variant runs the same images. */
export type SimulatorVariant = "debug" | "release" | "m32" | "asan";

/** Makes one variant of the simulator; returns its path. */
export async function buildSimulator(
	variant: SimulatorVariant = "debug",
	onProgress: OnProgress = () => {},
): Promise<string> {
	await make(SIMULATOR, [`VARIANT=${variant}`], onProgress);
	return simulatorPath(variant);
}

/** The machines that hal/chip has a firmware for: RISC-V with a flash, and a Cortex-M4F whose flash is a file that it's lent. */
export type ChipMachine = "sifive-u" | "mps2-an386";
/** How a chip's firmware is compiled. */
export type ChipVariant = "release" | "debug";

/** mbedTLS's build for a machine. */
const TLS = { "sifive-u": "rv32", "mps2-an386": "m4" } as const;

/** Makes a chip's firmware with its boot loader, and before both the libraries; returns the firmware's ELF file. */
export async function buildChip(
	machine: ChipMachine,
	variant: ChipVariant = "release",
	onProgress: OnProgress = () => {},
): Promise<string> {
	await buildMbedTLS(TLS[machine], onProgress);
	getLwip(onProgress);
	await make(CHIP, [`MACHINE=${machine}`, `VARIANT=${variant}`], onProgress);
	await make(join(CHIP, "loader"), [`MACHINE=${machine}`], onProgress);
	return join(chipFolder(machine, variant), "firmware.elf");
}

/** Looks which native functions the simulator's C has, without compiling it: what {@link nativeNames} then reads. */
export async function scanNatives(variant: SimulatorVariant = "debug"): Promise<void> {
	const scanned = join(dirname(nativesPath(variant)), "scanned");
	await make(SIMULATOR, [`VARIANT=${variant}`, relative(SIMULATOR, scanned)], () => {});
}

/**
 * The native functions that a host has, sorted.
 *
 * @throws {BuildError} "tool" when that host was not built.
 */
export function nativeNames(variant: string): string[] {
	const path = nativesPath(variant);
	if (!existsSync(path))
		throw new BuildError("tool", `the simulator was not built yet (variant ${variant}): npx linkxs build does it`, {
			detail: path,
		});
	return readFileSync(path, "utf8").split("\n").filter(Boolean).sort();
}

function make(folder: string, args: readonly string[], onProgress: OnProgress): Promise<void> {
	return new Promise((resolve, reject) => {
		// Two programs that start at once must not compile into the same folder at once.
		const lock = join(ROOT, "build", "make.lock");
		mkdirSync(join(ROOT, "build"), { recursive: true });
		const child = spawn("flock", [lock, "make", "-j2", "--no-print-directory", ...args], {
			cwd: folder,
			stdio: ["ignore", "pipe", "pipe"],
		});
		let rest = "";
		let all = "";
		const read = (data: Buffer) => {
			all = (all + data.toString()).slice(-20_000);
			const lines = (rest + data.toString()).split("\n");
			rest = lines.pop() ?? "";
			for (const line of lines) if (line.startsWith("# ")) onProgress(line.slice(2));
		};
		child.stdout.on("data", read);
		child.stderr.on("data", read);
		child.on("error", (cause) =>
			reject(new BuildError("tool", "flock or make cannot be run; are they installed?", { cause })),
		);
		child.on("close", (code) => {
			if (code === 0) resolve();
			else reject(new BuildError("tool", `make failed in ${folder.slice(ROOT.length + 1)}`, { detail: all.trim() }));
		});
	});
}
