// The other end of the chip's cable: a network of one host, which gives the chip its address and says whatever it's told to.
import { createSocket, type Socket } from "node:dgram";
import type { AddressInfo } from "node:net";

export const HOST = Buffer.from([10, 0, 9, 1]);
export const CHIP = Buffer.from([10, 0, 9, 2]);
const MAC = Buffer.from("020000000901", "hex");

/** The Internet's checksum. */
export function checksum(...parts: readonly Buffer[]): number {
	const bytes = Buffer.concat(parts);
	let sum = 0;
	for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
	while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
	return ~sum & 0xffff;
}

/** An IPv4 packet from the host to the chip. */
export function ip(protocol: number, payload: Buffer, to: Buffer = CHIP): Buffer {
	const header = Buffer.from([0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0, ...HOST, ...to]);
	header.writeUInt16BE(20 + payload.length, 2);
	header.writeUInt16BE(checksum(header), 10);
	return Buffer.concat([header, payload]);
}

function withChecksum(protocol: number, payload: Buffer, at: number, to: Buffer): Buffer {
	const pseudo = Buffer.from([...HOST, ...to, 0, protocol, payload.length >> 8, payload.length & 255]);
	payload.writeUInt16BE(0, at);
	payload.writeUInt16BE(checksum(pseudo, payload) || 0xffff, at);
	return ip(protocol, payload, to);
}

export function udp(from: number, port: number, data: Buffer, to: Buffer = CHIP): Buffer {
	const header = Buffer.alloc(8);
	for (const [i, value] of [from, port, 8 + data.length].entries()) header.writeUInt16BE(value, 2 * i);
	return withChecksum(17, Buffer.concat([header, data]), 6, to);
}

export interface Segment {
	readonly from: number;
	readonly to: number;
	readonly sequence: number;
	readonly acknowledged: number;
	readonly flags: number;
	readonly window: number;
	readonly data: Buffer;
}
export const flags = { fin: 1, syn: 2, rst: 4, push: 8, ack: 16 } as const;

export function tcp(it: Segment): Buffer {
	const header = Buffer.alloc(20);
	header.writeUInt16BE(it.from, 0);
	header.writeUInt16BE(it.to, 2);
	header.writeUInt32BE(it.sequence >>> 0, 4);
	header.writeUInt32BE(it.acknowledged >>> 0, 8);
	header[12] = 0x50;
	header[13] = it.flags;
	header.writeUInt16BE(it.window, 14);
	return withChecksum(6, Buffer.concat([header, it.data]), 16, CHIP);
}

export class Wire {
	readonly #socket: Socket;
	readonly #peer: number;
	#chip = Buffer.from("ffffffffffff", "hex");
	/** Payloads of IPv4 packets that the chip has sent, by protocol. */
	onPacket: (protocol: number, payload: Buffer) => void = () => {};

	private constructor(socket: Socket, peer: number) {
		this.#socket = socket;
		this.#peer = peer;
		socket.on("message", (frame) => this.#heard(frame));
		socket.on("error", () => {});
	}

	static async make(): Promise<Wire> {
		const [ours, free] = [createSocket("udp4"), createSocket("udp4")];
		const bind = (it: Socket) => new Promise<void>((done) => it.bind(0, "127.0.0.1", done));
		await Promise.all([bind(ours), bind(free)]);
		const { port } = free.address() as AddressInfo;
		await new Promise<void>((done) => free.close(done));
		return new Wire(ours, port);
	}

	/** QEMU's end. */
	get nic(): string {
		const { port } = this.#socket.address() as AddressInfo;
		return `socket,udp=127.0.0.1:${port},localaddr=127.0.0.1:${this.#peer}`;
	}

	/** A whole frame. */
	send(frame: Buffer): void {
		this.#socket.send(frame, this.#peer, "127.0.0.1");
	}

	/** What an Ethernet frame to the chip is around a packet. */
	frame(type: number, payload: Buffer): Buffer {
		return Buffer.concat([this.#chip, MAC, Buffer.from([type >> 8, type & 255]), payload]);
	}

	packet(payload: Buffer): void {
		this.send(this.frame(0x0800, payload));
	}

	#heard(frame: Buffer): void {
		const type = frame.readUInt16BE(12);
		this.#chip = Buffer.from(frame.subarray(6, 12));
		if (type === 0x0806 && frame.readUInt16BE(20) === 1 && frame.subarray(38, 42).equals(HOST)) this.send(this.arp(2));
		if (type !== 0x0800) return;
		const header = ((frame[14] ?? 0) & 15) * 4;
		const payload = frame.subarray(14 + header, 14 + frame.readUInt16BE(16));
		if (frame[23] === 17 && payload.readUInt16BE(2) === 67) this.#lease(payload.subarray(8));
		else this.onPacket(frame[23] ?? 0, Buffer.from(payload));
	}

	/** A question (1) or an answer (2) about addresses. */
	arp(operation: number): Buffer {
		const head = Buffer.from([0, 1, 8, 0, 6, 4, 0, operation]);
		return this.frame(0x0806, Buffer.concat([head, MAC, HOST, this.#chip, CHIP]));
	}

	#lease(question: Buffer): void {
		const isRequest = question.indexOf(Buffer.from([53, 1, 3]), 240) > 0;
		this.packet(udp(67, 68, this.offer(question, isRequest ? 5 : 2), Buffer.from([255, 255, 255, 255])));
	}

	/** DHCP's answer to a question: 2 an offer, 5 a lease for an hour. */
	offer(question: Buffer, kind: number): Buffer {
		const answer = Buffer.alloc(240);
		question.copy(answer, 0, 0, 240);
		answer[0] = 2;
		CHIP.copy(answer, 16);
		const options = [
			53,
			1,
			kind,
			54,
			4,
			...HOST,
			51,
			4,
			0,
			0,
			14,
			16,
			1,
			4,
			255,
			255,
			255,
			0,
			3,
			4,
			...HOST,
			6,
			4,
			...HOST,
			255,
		];
		return Buffer.concat([answer, Buffer.from(options)]);
	}

	close(): void {
		this.#socket.close();
	}
}
