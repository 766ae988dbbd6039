import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { DeviceTestHost } from "../../lib/device-tests";

/** The same bytes as support.ts's `pattern` on the device. */
const byteAt = (index: number): number => (index * 7 + (index >> 8)) & 255;

function pattern(length: number): Buffer {
	const bytes = Buffer.alloc(length);
	for (let index = 0; index < length; index++) bytes[index] = byteAt(index);
	return bytes;
}

/** Reads nothing for a while, then all, and answers how many bytes came and where the first wrong one was. */
function sink(socket: Socket): void {
	let seen = 0;
	let wrong = -1;
	socket.pause();
	setTimeout(() => socket.resume(), 200);
	socket.on("data", (bytes) => {
		for (const byte of bytes as Buffer) {
			if (wrong < 0 && byte !== byteAt(seen)) wrong = seen;
			seen++;
		}
		if (seen >= 1_000_000) socket.write(`${seen} ${wrong}\n`);
	});
}

function halfCloser(): (socket: Socket) => void {
	let heard = Buffer.alloc(0);
	return (socket) => {
		socket.end(heard);
		socket.on("data", (bytes) => {
			heard = Buffer.concat([heard, bytes as Buffer]);
		});
	};
}

function listen(onConnection: (socket: Socket) => void, allowHalfOpen = false): Promise<Server> {
	const server = createServer({ allowHalfOpen }, (socket) => {
		socket.on("error", () => {});
		onConnection(socket);
	});
	return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

export const start: DeviceTestHost["start"] = async () => {
	const servers: Record<string, Server> = {
		echo: await listen((socket) => socket.pipe(socket)),
		source: await listen((socket) => socket.end(pattern(2_000_000))),
		sink: await listen(sink),
		reset: await listen((socket) => socket.once("data", () => socket.resetAndDestroy())),
		halfClose: await listen(halfCloser(), true),
		greet: await listen((socket) => socket.end("bye")),
	};
	const ports = Object.entries(servers).map(([name, server]) => [name, (server.address() as AddressInfo).port]);
	return {
		config: { address: "127.0.0.1", ...Object.fromEntries(ports) },
		stop: () => {
			for (const server of Object.values(servers)) server.close();
		},
	};
};
