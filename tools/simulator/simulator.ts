import { readFileSync, rmSync } from "node:fs";
import type { SimulatorVariant } from "../build/native";
import { simulatorPath } from "../build/places";
import { DeviceProcess, SimulatorError } from "./device-process";
import type { EventOf, SimulatorEvent } from "./events";

export { type SimulatorEnd, SimulatorError } from "./device-process";

export interface SimulatorOptions {
	/** The flash file; the device writes to it. One device a file. */
	readonly flash: string;
	/** Refuse an image for another board. */
	readonly board?: string;
	/** Default "debug". */
	readonly variant?: SimulatorVariant;
	/** The second UART: "pty", or "tcp:PORT" (0: a free one); the event "serial" tells which. */
	readonly serial?: string;
	/** A radio instead of the cable: the file of the access points, read again when it changes (hal/README.md). */
	readonly wifi?: string;
	/** Where `heap()` has XS's memory written, for a moment. */
	readonly heapFile?: string;
	/** Where Moddable's debugger listens, HOST:PORT (debug and asan builds). */
	readonly xsbug?: string;
	/** The unique id, in hexadecimal (default: made from the flash file's path). */
	readonly id?: string;
	/** The wall clock is not set at power-on. */
	readonly clockUnset?: boolean;
	/** Cut the power at the n-th flash operation: N, N:before, N:after or N:torn (default). */
	readonly cutPowerAt?: string;
	/** Boot again after the cut; without, the simulator ends with exit code 4. */
	readonly restart?: boolean;
	/** End with exit code 3 after more resets than this. */
	readonly resets?: number;
	/** The longest wait, ms, before a boot after quick crashes (default 10,000; 0: none). */
	readonly backoff?: number;
	/** Print figures of memory at start and end. */
	readonly instrument?: boolean;
}

/** The arguments of `linkxs-sim run` for options. */
export function runArguments(options: SimulatorOptions): string[] {
	const args = ["run", "--flash", options.flash];
	const valued = {
		"--board": options.board,
		"--serial": options.serial,
		"--wifi": options.wifi,
		"--heap-file": options.heapFile,
		"--xsbug": options.xsbug,
		"--id": options.id,
		"--cut-power-at": options.cutPowerAt,
		"--resets": options.resets?.toString(),
		"--backoff": options.backoff?.toString(),
	};
	for (const [name, value] of Object.entries(valued)) if (value !== undefined) args.push(name, value);
	if (options.clockUnset) args.push("--clock-unset");
	if (options.restart) args.push("--restart");
	if (options.instrument) args.push("--instrument");
	return args;
}

/**
 * What LINKXS_WRAP puts in front of the simulator's command: `LINKXS_WRAP="valgrind -q --trace-children=yes" npm start`.
 */
function wrapped(command: string, args: readonly string[]): [string, string[]] {
	const [program, ...more] = (process.env["LINKXS_WRAP"] ?? "").split(" ").filter(Boolean);
	return program ? [program, [...more, command, ...args]] : [command, [...args]];
}

/** A simulated device: one `linkxs-sim run`, which boots the image in its flash file until it's stopped. */
export class Simulator extends DeviceProcess<SimulatorEvent> {
	readonly options: SimulatorOptions;

	/** Starts the device; the variant must be built (tools/build/native.ts `buildSimulator`). */
	constructor(options: SimulatorOptions) {
		const [command, args] = wrapped(simulatorPath(options.variant ?? "debug"), runArguments(options));
		// Nobody else ends it when this process is killed.
		super("simulator", command, [...args, "--with-parent", "--events-fd", "3"], ["pipe"]);
		this.options = options;
		this.read(this.child.stdio[3], (line) => this.happened(JSON.parse(line) as SimulatorEvent));
	}

	/** Have the figures of memory printed, and given as an event. */
	async figures(): Promise<EventOf<"memory">> {
		const before = this.events.length;
		const answer = this.event("memory", (event) => this.events.indexOf(event) >= before && event.when === "now");
		this.child.kill("SIGUSR1");
		return answer;
	}

	/**
	 * XS's memory as it is between two events, with what is free of it: for a test that looks for what must not be there.
	 *
	 * @throws {SimulatorError} as `line`; "ended" too when it can't be written. Needs `heapFile`.
	 */
	async heap(): Promise<Buffer> {
		const { heapFile } = this.options;
		if (heapFile === undefined) throw new SimulatorError("ended", "heap() needs the option heapFile", "");
		const before = this.events.length;
		const answer = this.event("heap", (event) => this.events.indexOf(event) >= before);
		this.child.kill("SIGUSR2");
		const { bytes } = await answer;
		if (bytes === 0) throw new SimulatorError("ended", `the heap could not be written to ${heapFile}`, "");
		const heap = readFileSync(heapFile);
		rmSync(heapFile);
		return heap;
	}

	/** Stop it and start another one with the same options (and those given). */
	async restart(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
		await this.stop();
		return new Simulator({ ...this.options, ...options });
	}
}
