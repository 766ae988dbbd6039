// `linkxs sim --on chip`: boot a firmware image on an emulated chip.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { buildBoard, chipBoard } from "../build/board";
import { buildImage } from "../build/build";
import { buildChip, buildCompiler } from "../build/native";
import { ROOT } from "../build/places";
import { progress } from "../lib/command-line";
import { createFlash, writePartition } from "../lib/flash-image";
import type { Options } from "../simulator/command";
import { exitCodes } from "../simulator/events";
import { Emulator } from "./emulator";

type ChipOptions = Options & { readonly board: string };

/** @throws {InvalidArgumentError} for what only the simulator can do. */
function checkOptions(options: ChipOptions): void {
	const refuse = (what: string, why: string) => {
		throw new InvalidArgumentError(`--${what}: ${why}`);
	};
	if (options.wifi) refuse("wifi", "the emulated chip has a cable, and no radio");
	if (options.clockUnset) refuse("clock-unset", "the emulated chip has no clock: it's never set at power-on");
	if (options.variant === "m32" || options.variant === "asan") refuse("variant", "a chip's are debug and release");
	if (options.serial && options.xsbug) refuse("xsbug", "the chip has one second UART, which --serial takes");
}

/** Sees to it that the flash file is there and holds what was asked for. */
async function prepare(flash: string, options: ChipOptions, say: (text?: string) => void): Promise<void> {
	const debug = options.xsbug !== undefined;
	const { machine } = chipBoard(buildBoard(options.board));
	await buildChip(machine, debug ? "debug" : "release", (step) => say(`firmware: ${step}`));
	if (options.erase) rmSync(flash, { force: true });
	const fresh = !existsSync(flash);
	let { image } = options;
	if (!image && (options.program || fresh)) {
		await buildCompiler((step) => say(`byte-code compiler: ${step}`));
		say("compiling the program");
		const manifest = options.program ?? join(ROOT, "manifest.json");
		image = (await buildImage({ manifest, board: options.board, debug })).image;
	}
	if (fresh) createFlash({ board: options.board, path: flash, ...(image ? { image } : {}) });
	else if (image) writePartition(flash, "ota_0", readFileSync(image));
}

/** Runs until it's told to end, or has to; answers the exit code (tools/simulator/events.ts). */
export async function runChip(options: ChipOptions): Promise<number> {
	checkOptions(options);
	const say = progress(options.json === true);
	const flash = options.flash ?? join(ROOT, ".linkxs", "devices", options.board, "flash.bin");
	await prepare(flash, options, say);
	say();
	const { serial, xsbug, id, cutPowerAt, instrument } = options;
	const emulator = new Emulator({
		flash,
		...(serial && { serial }),
		...(xsbug && { xsbug }),
		...(id && { id }),
		...(cutPowerAt && { cutPowerAt }),
		...(instrument && { straps: ["instrument"] }),
		// The flash is left as the cut left it.
		noReboot: cutPowerAt !== undefined && !options.restart,
	});
	const console = options.json ? process.stderr : process.stdout;
	let code: number | undefined;
	let resets = 0;
	emulator.on("line", (line) => console.write(`${line}\n`));
	emulator.on("message", (line) => process.stderr.write(`${line}\n`));
	emulator.on("event", (event) => {
		if (options.json) process.stdout.write(`${JSON.stringify(event)}\n`);
		if (event.event === "power" && !options.restart) code = exitCodes.powerCut;
		if (event.event === "reset") {
			resets += 1;
			if (options.resets !== undefined && resets > options.resets) {
				code = exitCodes.resets;
				stop();
			}
		}
	});
	const stop = () => void emulator.stop();
	for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);
	// Whoever read the output has gone (`| head`).
	process.stdout.on("error", stop);
	const end = await emulator.ended;
	return code ?? end.code ?? exitCodes.failed;
}
