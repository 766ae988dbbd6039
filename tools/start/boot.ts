import { Emulator } from "../chip/emulator";
import type { DeviceProcess } from "../simulator/device-process";
import { Simulator } from "../simulator/simulator";
import type { Platform } from "./options";

/** What a device is booted with, wherever it runs. */
export interface BootOptions {
	readonly flash: string;
	readonly board: string;
	readonly instrument: boolean;
	readonly xsbug?: string;
	/** The simulator's alone. */
	readonly wifi?: string;
	readonly serial?: string;
}

/** A device that runs: of its events the names alone. */
export type Running = Pick<DeviceProcess<{ readonly event: string }>, "on" | "ended" | "stop">;

/** Boots what is in the flash. @throws {SimulatorError} */
export function boot(on: Platform, options: BootOptions): Running {
	if (on === "sim") return new Simulator(options);
	const { flash, xsbug, serial, instrument } = options;
	return new Emulator({
		flash,
		...(xsbug && { xsbug }),
		...(serial && { serial }),
		...(instrument && { straps: ["instrument"] }),
	});
}
