import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { escaped, machines } from "../../chip/machines";
import { BuildError } from "../error";
import type { ChipMachine } from "../native";
import { ROOT } from "../places";
import type { Firmware } from "./firmware";

/** What the firmware made of a program's modules when it ran once on the emulator, and what it says of it. */
export interface Rom {
	/** From the linker's `_rom_start` on. */
	readonly bytes: Buffer;
	/** The line `# rom: {…}`. */
	readonly figures: Readonly<Record<string, number>>;
}

/** Runs a firmware on an emulator until it ends, or has said how it went: exit code and all that it printed. */
export type Emulate = (
	program: string,
	args: readonly string[],
) => Promise<{ readonly code: number; readonly output: string }>;

export interface RomOptions {
	readonly emulate?: Emulate;
	/** Run also when the result of the same run is kept. */
	readonly fresh?: boolean;
}

const CACHE = join(ROOT, "build", "cache", "rom");
/** Milliseconds; a run takes about one second, on a busy machine some. */
const LONGEST = 20_000;
const RUNS = 2;
/** The firmware's last word, after its file is written and closed; or why there will be none. */
const LAST = /^# rom: (\{.*\})\s*$/m;
const FAILED = /^# rom: [^{\s].*\r?\n/m;

/**
 * What the other processors do meanwhile: `wfi; j .-4`, where they start. There is no loader in this run, and one that finds
 * nothing traps without end, which takes a processor of this computer from the one that works.
 */
const ASLEEP: Readonly<Record<ChipMachine, readonly string[]>> = {
	"sifive-u": ["-device", "loader,addr=0x20000000,data=0xffdff06f10500073,data-len=8"],
	"mps2-an386": [],
};

/**
 * The image run: the firmware boots with the modules beside it in memory, makes its own ROM (built-ins, host functions,
 * preloaded modules) at the addresses that it will have in flash, and writes it out. The same firmware and modules give the
 * same bytes, so they are kept by their content.
 *
 * @throws {BuildError} "rom" with the firmware's own words; "tool" when the emulator cannot be run.
 */
export async function makeRom(firmware: Firmware, modules: Uint8Array, options: RomOptions = {}): Promise<Rom> {
	const hash = createHash("sha256").update(firmware.code).update(modules).digest("hex");
	const kept = join(CACHE, hash.slice(0, 2), hash);
	if (options.fresh || !existsSync(`${kept}.json`)) await run(firmware, modules, options.emulate ?? emulator, kept);
	const figures = JSON.parse(readFileSync(`${kept}.json`, "utf8")) as Record<string, number>;
	return { bytes: readFileSync(`${kept}.rom`), figures };
}

async function run(firmware: Firmware, modules: Uint8Array, emulate: Emulate, kept: string): Promise<void> {
	mkdirSync(dirname(kept), { recursive: true });
	const folder = mkdtempSync(join(CACHE, "run-"));
	try {
		const out = join(folder, "rom");
		const image = join(folder, "modules.image");
		writeFileSync(image, modules);
		const { code, output } = await emulate(machines[firmware.machine].program, romArguments(firmware, image, out));
		const line = LAST.exec(output)?.[1];
		if (code !== 0 || line === undefined) throw failed(code, output);
		// Last the one that is looked for.
		renameSync(out, `${kept}.rom`);
		const figures = join(folder, "figures");
		writeFileSync(figures, line);
		renameSync(figures, `${kept}.json`);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

function romArguments({ machine, elf, modulesAt }: Firmware, image: string, out: string): string[] {
	return [
		"-nodefaults",
		...machines[machine].board,
		...["-display", "none", "-monitor", "none", "-serial", "stdio", "-nic", "none"],
		...ASLEEP[machine],
		...["-device", `loader,file=${escaped(elf)},cpu-num=0`],
		...["-device", `loader,file=${escaped(image)},addr=0x${modulesAt.toString(16)},force-raw=on`],
		...["-semihosting-config", `enable=on,target=native,arg=firmware,arg=rom=${escaped(out)}`],
	];
}

/** Its last line says why; XS's own messages name the module. */
function failed(code: number, output: string): BuildError {
	const lines = output.split(/\r?\n/).filter((line) => line.trim() && !line.startsWith("# rom: {"));
	const why = lines.at(-1)?.replace(/^# (rom: )?/, "") ?? `the firmware said nothing (exit code ${code})`;
	return new BuildError("rom", `the ROM can't be made: ${why}`, { detail: lines.slice(-20).join("\n") });
}

async function emulator(program: string, args: readonly string[]): Promise<{ code: number; output: string }> {
	for (let run = 1; ; run++) {
		const ended = await emulateOnce(program, args);
		if (ended.code !== undefined) return { code: ended.code, output: ended.output };
		const detail = ended.output.slice(-2000);
		if (run === RUNS)
			throw new BuildError("tool", `the emulator said nothing within ${LONGEST / 1000} s, ${RUNS} times`, { detail });
		process.stderr.write(`the emulator said nothing within ${LONGEST / 1000} s: once more\n`);
	}
}

/** By what the firmware said; by QEMU's own exit code when it ends before. Undefined: neither came. */
function codeOf(output: string, code: number | null): number | undefined {
	if (LAST.test(output)) return 0;
	return FAILED.test(output) ? 1 : (code ?? undefined);
}

/** Ends QEMU when the firmware is done, and doesn't wait for it to end by the firmware's request. */
function emulateOnce(program: string, args: readonly string[]): Promise<{ code: number | undefined; output: string }> {
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
		// At a milder signal QEMU ends with code 0, as if all were done.
		const end = () => child.kill("SIGKILL");
		const timer = setTimeout(end, LONGEST);
		let output = "";
		const read = (data: Buffer) => {
			output += data.toString();
			if (LAST.test(output) || FAILED.test(output)) end();
		};
		child.stdout.on("data", read);
		child.stderr.on("data", read);
		child.on("error", (cause) => {
			clearTimeout(timer);
			reject(new BuildError("tool", `${program} cannot be run: npx linkxs doctor --board chip-c3`, { cause }));
		});
		child.on("close", (code) => {
			clearTimeout(timer);
			resolve({ code: codeOf(output, code), output });
		});
	});
}
