// The serial port at which whoever has the cable may speak to the device. Only main.ts imports it; the manifest chooses
// the module that gives it, the board's manifest its pins (`config.console`).

import type Serial from "embedded:io/serial";

export interface ConsoleSerial {
	readonly io: typeof Serial;
	readonly port?: number | string;
	readonly receive?: number;
	readonly transmit?: number;
}

/** Undefined: there's none, or nothing is connected to it. */
export default function consoleSerial(): ConsoleSerial | undefined;
