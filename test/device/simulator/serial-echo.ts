import Serial from "embedded:io/serial";
import { restart } from "hal/system";

/** Sends back what comes on the second UART; `R` resets the device, `B` sends 20,000 bytes. */
export default function () {
	let toSend = 0;
	const serial = new Serial({
		port: "console",
		baud: 115_200,
		format: "buffer",
		onReadable() {
			const bytes = new Uint8Array(this.read() as ArrayBuffer);
			if (bytes[0] === 82) restart();
			if (bytes[0] === 66) {
				toSend = 20_000;
				pump();
			} else this.write(bytes);
		},
		onWritable() {
			pump();
		},
	});
	const pump = (): void => {
		while (toSend > 0) {
			const size = Math.min(toSend, 1000);
			try {
				serial.write(new Uint8Array(size).fill(46));
			} catch {
				return; // onWritable tells when it fits
			}
			toSend -= size;
		}
	};
	const throwing = (name: string, body: () => unknown): void => {
		try {
			body();
			console.log(`${name}: nothing thrown`);
		} catch (error) {
			console.log(`${name}: ${(error as Error).name}`);
		}
	};
	throwing("in use", () => new Serial({ port: 1, baud: 9600 }));
	throwing("no port", () => new Serial({ baud: 9600 } as never));
	throwing("other port", () => new Serial({ port: 7, baud: 9600 }));
	throwing("no baud", () => new Serial({ port: 1 } as never));
	throwing("baud", () => new Serial({ port: 1, baud: 5 }));
	console.log("ready");
}
