import Serial from "embedded:io/serial";
import type { ConsoleSerial } from "hal/console";
import config from "mc/config";

/** The UART and pins of the board's manifest: `"config": { "console": { "port": 1, "receive": 4, "transmit": 5 } }`. */
export default function consoleSerial(): ConsoleSerial | undefined {
	const wiring = config["console"];
	return typeof wiring === "object" ? { io: Serial, ...(wiring as Omit<ConsoleSerial, "io">) } : undefined;
}
