// What the MQTT tests share: bytes as hex, a receiver that writes down what it's told, packets of a server.
import type { Receiver } from "mqtt/reader";

export function hex(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
	return text;
}

/** Bytes of hex digits; spaces don't count. */
export function bytes(text: string): Uint8Array {
	const digits = text.replaceAll(" ", "");
	const result = new Uint8Array(digits.length / 2);
	for (let i = 0; i < result.length; i += 1) result[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
	return result;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
	const result = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
	let at = 0;
	for (const part of parts) {
		result.set(part, at);
		at += part.byteLength;
	}
	return result;
}

/** Notes each packet as a line. */
export class Notes implements Receiver {
	readonly lines: string[] = [];

	onConnack(sessionPresent: boolean, returnCode: number): undefined {
		this.lines.push(`connack ${sessionPresent} ${returnCode}`);
	}

	onPublish(topic: string, payload: Uint8Array, offset: number, total: number, id: number): undefined {
		this.lines.push(`publish ${topic} ${hex(payload)} ${offset}/${total} ${id}`);
	}

	onPuback(id: number): undefined {
		this.lines.push(`puback ${id}`);
	}

	onSuback(id: number, codes: Uint8Array): undefined {
		this.lines.push(`suback ${id} ${hex(codes)}`);
	}

	onUnsuback(id: number): undefined {
		this.lines.push(`unsuback ${id}`);
	}

	onPingresp(): undefined {
		this.lines.push("pingresp");
	}
}

/** A PUBLISH as a server sends it. `length` other than the true one makes it wrong. */
export function publishPacket(topic: string, payload: Uint8Array, id = 0, flags = id ? 2 : 0): Uint8Array {
	const length = 2 + topic.length + (flags & 6 ? 2 : 0) + payload.byteLength;
	const head = [0x30 | flags];
	let left = length;
	do {
		head.push((left & 127) | (left > 127 ? 128 : 0));
		left >>= 7;
	} while (left > 0);
	head.push(topic.length >> 8, topic.length & 255);
	for (let i = 0; i < topic.length; i += 1) head.push(topic.charCodeAt(i));
	if (flags & 6) head.push(id >> 8, id & 255);
	return concat(Uint8Array.from(head), payload);
}
