// What is at the other end of the second UART: it sends back what comes, and tells on demand how much that was.
import { connect, type Socket } from "node:net";
import type { DeviceTestHost } from "../../lib/device-tests";

/** The one byte that isn't sent back: it is answered with the number of all others before it, `1234\n`. */
const HOW_MANY = 0xfe;

function echo(socket: Socket): void {
	let count = 0;
	socket.on("error", () => {});
	socket.on("data", (bytes: Buffer) => {
		let from = 0;
		for (let at = bytes.indexOf(HOW_MANY); at >= 0; at = bytes.indexOf(HOW_MANY, from)) {
			socket.write(bytes.subarray(from, at));
			socket.write(`${count + at - from}\n`);
			count = 0;
			from = at + 1;
		}
		socket.write(bytes.subarray(from));
		count += bytes.length - from;
	});
}

export const start: DeviceTestHost["start"] = async () => {
	let socket: Socket | undefined;
	return {
		config: {},
		device: { serial: "tcp:0" },
		attach(_device, serialPort) {
			serialPort().then(
				(port) => {
					socket = connect(port, "127.0.0.1");
					echo(socket);
				},
				() => {}, // the device has ended, which its test tells
			);
		},
		stop() {
			socket?.destroy();
		},
	};
};
