import { type StdioOptions, spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { buildImage } from "../build/build";
import { buildCompiler, buildSimulator, type SimulatorVariant } from "../build/native";
import { ROOT, simulatorPath } from "../build/places";
import { runChip } from "../chip/run";
import { boardVariables } from "../lib/boards";
import { progress, serialLine } from "../lib/command-line";
import { createFlash, writePartition } from "../lib/flash-image";
import { runArguments } from "./simulator";

export interface Options {
	on?: "sim" | "chip";
	flash?: string;
	image?: string;
	program?: string;
	board?: string;
	variant: SimulatorVariant;
	serial?: string;
	wifi?: string;
	xsbug?: string;
	id?: string;
	clockUnset?: boolean;
	cutPowerAt?: string;
	restart?: boolean;
	resets?: number;
	instrument?: boolean;
	erase?: boolean;
	json?: boolean;
}

const variants: readonly SimulatorVariant[] = ["debug", "release", "m32", "asan"];

function variant(text: string): SimulatorVariant {
	const found = variants.find((it) => it === text);
	if (!found) throw new InvalidArgumentError(`one of ${variants.join(", ")}.`);
	return found;
}

function count(text: string): number {
	const value = Number(text);
	if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError("a number.");
	return value;
}

/** The board, and whether it's the simulator's or a chip: either tells the other. */
function place({ on, board }: Options): { on: "sim" | "chip"; board: string } {
	if (board === undefined) return { on: on ?? "sim", board: on === "chip" ? "chip-c3" : "sim" };
	const host = boardVariables(board)["HOST"] === "chip" ? "chip" : "sim";
	if (on !== undefined && on !== host) throw new InvalidArgumentError(`the board ${board} is none of --on ${on}`);
	return { on: host, board };
}

/** `linkxs sim`: boot a firmware image on the simulated device, or on an emulated chip. */
export function register(program: Command): void {
	program
		.command("sim")
		.description("boot a firmware image on the simulated device, or on an emulated chip; Ctrl-C ends it")
		.addOption(
			new Option("--on <platform>", "the simulator, or an emulated chip (default: the board's)").choices([
				"sim",
				"chip",
			]),
		)
		.option(
			"--flash <file>",
			"the device's flash (default .linkxs/devices/<board>/flash.bin; made when it isn't there)",
		)
		.option("--program <manifest>", "compile this and write it into the flash first (default ., for a new flash)")
		.option("--image <file>", "write this image into the flash first")
		.option("--erase", "begin with an empty flash")
		.option("--board <name>", "folder of boards/ (default sim; on a chip chip-c3)")
		.option("--variant <name>", variants.join(", "), variant, "debug")
		.option("--serial <line>", "the second UART: pty or tcp:PORT (0: a free one)", serialLine)
		.option("--wifi <file>", "a radio instead of the cable: the access points, a line each (see hal/README.md)")
		.option("--xsbug <host:port>", "attach Moddable's debugger (localhost:5002 is where xsbug listens)")
		.option("--id <hex>", "the unique id (default: made from the flash file's path)")
		.option("--clock-unset", "the wall clock is not set at power-on")
		.option("--cut-power-at <n[:when]>", "at the n-th flash operation: before, after or torn (default); exit code 4")
		.option("--restart", "boot again after --cut-power-at")
		.option("--resets <n>", "end with exit code 3 after more resets", count)
		.option("--instrument", "print figures of memory at start and end, and on SIGUSR1")
		.option("--json", "print the simulator's events as JSON lines, the console on stderr")
		.action(async (options: Options) => {
			const { on, board } = place(options);
			process.exitCode = await (on === "chip" ? runChip({ ...options, board }) : run({ ...options, board }));
		});
}

async function run(options: Options & { board: string }): Promise<number> {
	const say = progress(options.json === true);
	await buildSimulator(options.variant, (step) => say(`simulator: ${step}`));
	const flash = options.flash ?? join(ROOT, ".linkxs", "devices", "sim", "flash.bin");
	await prepare(flash, options, say);
	say();
	const stdio: StdioOptions = options.json
		? ["ignore", process.stderr, "pipe", process.stdout]
		: ["inherit", "inherit", "pipe"];
	const args = [...runArguments({ ...options, flash }), "--with-parent", ...(options.json ? ["--events-fd", "3"] : [])];
	// Handled before there is anything to end: a device that is told to stop as it starts must not be left behind. The
	// terminal sends Ctrl-C to all of the group; the simulator ends, and then so does this.
	process.on("SIGINT", () => {});
	for (const signal of ["SIGTERM", "SIGUSR1"] as const) process.on(signal, () => child.kill(signal));
	const child = spawn(simulatorPath(options.variant), args, { stdio });
	let said = "";
	child.stderr?.setEncoding("utf8").on("data", (text: string) => {
		process.stderr.write(text);
		said = (said + text).slice(-1000);
	});
	return new Promise((resolve, reject) => {
		child.on("error", reject);
		child.on("close", (code) => {
			// The simulator doesn't know by which command; a flash of before an update of this repository is like that.
			if (code === 1 && /build it again\n$/.test(said))
				process.stderr.write(`with npx linkxs sim --flash ${flash} --program ${options.program ?? "manifest.json"}\n`);
			resolve(code ?? 1);
		});
	});
}

/** Sees to it that the flash file is there and holds what was asked for. */
async function prepare(
	flash: string,
	options: Options & { board: string },
	say: (text?: string) => void,
): Promise<void> {
	if (options.erase) rmSync(flash, { force: true });
	const fresh = !existsSync(flash);
	let image = options.image;
	if (!image && (options.program || fresh)) {
		await buildCompiler((step) => say(`byte-code compiler: ${step}`));
		say("compiling the program");
		const built = await buildImage({
			manifest: options.program ?? join(ROOT, "manifest.json"),
			platform: "sim",
			board: options.board,
			debug: options.variant !== "release" && options.variant !== "m32",
			variant: options.variant,
		});
		image = built.image;
	}
	if (fresh) createFlash({ board: options.board, path: flash, ...(image ? { image } : {}) });
	else if (image) writePartition(flash, "ota_0", readFileSync(image));
}
