import Serial from "embedded:io/serial";
import type { ConsoleSerial } from "hal/console";

/** The second UART, if something is connected to it. */
export default function consoleSerial(): ConsoleSerial | undefined {
	try {
		new Serial({ port: "console", baud: 115_200 }).close();
		return { io: Serial };
	} catch {
		return undefined; // it can fail for no other reason before anybody else has opened it
	}
}
