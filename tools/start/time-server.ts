// What a chip without a clock asks for the time: two small SNTP servers (RFC 4330) at the loopback, beside the local cloud.
import { createSocket, type Socket } from "node:dgram";

const PACKET_SIZE = 48;
/** Seconds from NTP's epoch (1900) to 1970. */
const EPOCH = 2_208_988_800;
const CLIENT = 3;
const SERVER = 4;
/** A device believes a time that two servers tell it, at once. */
const SERVERS = 2;

function writeTime(packet: Buffer, offset: number, ms: number): void {
	const seconds = Math.floor(ms / 1000);
	packet.writeUInt32BE((seconds + EPOCH) % 0x1_0000_0000, offset);
	packet.writeUInt32BE(Math.floor(((ms - seconds * 1000) / 1000) * 0x1_0000_0000), offset + 4);
}

/** The answer to a client's question, `undefined` to anything else. @param now ms since 1970 */
export function answer(question: Buffer, now: number): Buffer | undefined {
	if (question.length < PACKET_SIZE) return undefined;
	const first = question.readUInt8(0);
	const version = (first >> 3) & 7;
	if ((first & 7) !== CLIENT || version < 3 || version > 4) return undefined;
	const packet = Buffer.alloc(PACKET_SIZE);
	packet.writeUInt8((version << 3) | SERVER, 0);
	packet.writeUInt8(1, 1); // stratum: this machine's clock is the reference
	packet.writeInt8(-10, 3); // precision: about a millisecond
	packet.write("LOCL", 12);
	writeTime(packet, 16, now);
	question.copy(packet, 24, 40, 48); // the originate timestamp is the client's transmit timestamp
	writeTime(packet, 32, now);
	writeTime(packet, 40, now);
	return packet;
}

export class TimeServers {
	readonly #sockets: readonly Socket[];

	private constructor(sockets: readonly Socket[]) {
		this.#sockets = sockets;
	}

	/** @throws {Error} when no port can be had. */
	static async start(): Promise<TimeServers> {
		return new TimeServers(await Promise.all(Array.from({ length: SERVERS }, listen)));
	}

	/** The record `network/timeServer` of a device that has this machine at `address`. */
	record(address: string): string {
		return this.#sockets.map((socket) => `${address}:${socket.address().port}`).join(",");
	}

	close(): void {
		for (const socket of this.#sockets) socket.close();
	}
}

function listen(): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket = createSocket("udp4");
		socket.once("error", reject);
		socket.on("message", (question, { address, port }) => {
			const packet = answer(question, Date.now());
			if (packet) socket.send(packet, port, address);
		});
		socket.bind(0, "127.0.0.1", () => resolve(socket));
	});
}
