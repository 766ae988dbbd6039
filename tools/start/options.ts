import { existsSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { boardVariables } from "../lib/boards";
import { serialLine } from "../lib/command-line";
import { type Auth, auths } from "./provision";

/** Where the firmware runs: the simulator, or an emulated chip. */
export type Platform = "sim" | "chip";

export interface StartOptions {
	readonly on: Platform;
	readonly auth: Auth;
	readonly devices: number;
	readonly once: boolean;
	/** Seconds from booting that `once` gives every device. */
	readonly within: number;
	readonly json: boolean;
	readonly watch: boolean;
	readonly instrument: boolean;
	readonly xsbug?: string;
	readonly wifi?: string;
	readonly serial?: string;
	readonly program: string;
	readonly board: string;
	readonly state: string;
	readonly lan: boolean;
	readonly yes: boolean;
}

/** More devices than this want `linkxs fleet`, which shares their memory. */
const DEVICES_MAX = 100;

function seconds(text: string): number {
	const value = Number(text);
	if (!(value > 0 && value <= 3600)) throw new InvalidArgumentError("seconds, up to 3600");
	return value;
}

function count(text: string): number {
	const value = Number(text);
	if (!Number.isInteger(value) || value < 1 || value > DEVICES_MAX) {
		throw new InvalidArgumentError(`a whole number from 1 to ${DEVICES_MAX}`);
	}
	return value;
}

function file(path: string): string {
	if (!existsSync(path)) throw new InvalidArgumentError("no such file");
	return path;
}

export function startProgram(): Command {
	return new Command("npm start --")
		.description("Start a local cloud and a device that runs main.ts, connects over TLS 1.2 and reports.")
		.addOption(new Option("--on <platform>", "where the firmware runs").choices(["sim", "chip"]).default("sim"))
		.addOption(new Option("--auth <way>", "how the devices prove who they are").choices(auths).default("device"))
		.option("--devices <n>", "how many devices", count, 1)
		.option("--once", "end after every device's first acknowledged report: exit 0, else 1", false)
		.option("--within <seconds>", "how long --once waits for them", seconds, 60)
		.option("--json", "JSON lines instead of text", false)
		.option("--watch", "restart the devices with the new program whenever a file of it changes", false)
		.option("--instrument", "print the devices' memory figures", false)
		.option("--xsbug <host:port>", "attach Moddable's debugger (one device)")
		.option("--wifi <file>", "a radio instead of a cable: the file's access points, a line each (hal/README.md)", file)
		.option("--serial <line>", "the console for `npx linkxs burn --port`: pty or tcp:PORT (one device)", serialLine)
		.option("--program <manifest>", "the firmware", "manifest.json")
		.option(
			"--board <name>",
			"a folder of boards/ with flash and memory of the device (default sim; on a chip chip-c3)",
		)
		.option("--state <dir>", "where cloud and devices keep what they know", ".linkxs")
		.option("--lan", "let boards on this network reach the cloud, too", false)
		.option("--yes", "install missing system packages without asking", false);
}

/** @throws {InvalidArgumentError} for options that don't go together. */
export function startOptions(program: Command): StartOptions {
	const options = program.opts<StartOptions>();
	if (options.once && options.watch)
		throw new InvalidArgumentError("--once ends by itself, so --watch has nothing to wait for");
	if (options.xsbug && options.devices > 1)
		throw new InvalidArgumentError("--xsbug takes one device: leave --devices out");
	if (options.serial && options.devices > 1)
		throw new InvalidArgumentError("--serial takes one device: leave --devices out");
	if (options.on === "chip" && options.wifi)
		throw new InvalidArgumentError("--wifi is the simulator's: the emulated chip has a cable, and no radio");
	if (options.on === "chip" && options.xsbug && options.serial)
		throw new InvalidArgumentError("--xsbug and --serial both want the chip's one second UART");
	return { ...options, board: boardOf(options) };
}

function boardOf({ on, board }: { on: Platform; board?: string }): string {
	if (board === undefined) return on === "chip" ? "chip-c3" : "sim";
	const host = (boardVariables(board)["HOST"] ?? "sim") as Platform;
	if (host !== on) throw new InvalidArgumentError(`the board ${board} is none of --on ${on}`);
	return board;
}
