// The packets that a client receives (MQTT 3.1.1, sections in brackets), out of chunks of any size.

import { decode, isUtf8 } from "hal/text";
import type { ProtocolErrorCode } from "./error";

/** Told of each packet, in order. Byte arrays are views on the reader's buffer: good until the call returns. */
export interface Receiver {
	/** @returns an error when it comes in the wrong order or the code is unknown. */
	onConnack(sessionPresent: boolean, returnCode: number): ProtocolErrorCode | undefined;
	/**
	 * A PUBLISH or a piece of one that is larger than the buffer: `payload` are the bytes from `offset` of `total`; the
	 * last piece (an empty payload's only one) ends at `total`. `id` is 0 for QoS 0.
	 */
	onPublish(
		topic: string,
		payload: Uint8Array,
		offset: number,
		total: number,
		id: number,
	): ProtocolErrorCode | undefined;
	onPuback(id: number): ProtocolErrorCode | undefined;
	onSuback(id: number, codes: Uint8Array): ProtocolErrorCode | undefined;
	onUnsuback(id: number): ProtocolErrorCode | undefined;
	onPingresp(): ProtocolErrorCode | undefined;
}

/** The smallest buffer: it takes the head of a PUBLISH with a topic of 128 bytes, which is the platform's longest. */
export const BUFFER_MIN = 256;

/**
 * Packets out of a stream. The owner puts bytes where `space` says and calls `filled`; whole packets are decoded where
 * they lie. Its memory is one buffer, whatever the peer sends: a PUBLISH that doesn't fit comes in pieces.
 */
export class Reader {
	/** Set by the owner (from a callback, too): no more packets are taken until it's cleared and `resume` is called. */
	paused = false;
	// What each packet needs comes first, and methods are not #private: XS looks for a field from the first one on, and
	// gives each instance its own slot for every #method.
	#bytes: Uint8Array;
	#to = 0;
	#receiver: Receiver;
	/** A view from the buffer's start, kept for the next read of as many bytes. */
	#view: Uint8Array;
	#viewLength: number;
	#from = 0;
	/** The PUBLISH that comes in pieces: undefined when there's none. */
	#large: { topic: string; id: number; offset: number; total: number } | undefined;
	/** Set by the owner when secrets come: whoever takes one wipes its view, so no other copy of it may stay behind. */
	leavesNothing = false;

	/** @throws {RangeError} for a size below BUFFER_MIN. */
	constructor(receiver: Receiver, size: number) {
		if (!(size >= BUFFER_MIN)) throw new RangeError(`buffer: ${BUFFER_MIN} bytes at least`);
		this.#receiver = receiver;
		this.#bytes = new Uint8Array(size);
		this.#view = this.#bytes;
		this.#viewLength = size;
	}

	/** Whether a message that is larger than the buffer has begun and not ended. */
	get inPieces(): boolean {
		return this.#large !== undefined;
	}

	/** Forget what was received: a new connection begins. What broke off may have been a part of a secret. */
	reset(): void {
		this.#bytes.fill(0);
		this.#from = 0;
		this.#to = 0;
		this.#large = undefined;
		this.paused = false;
	}

	/** Leave nothing behind of what was received: it may have been a secret. */
	wipe(): void {
		this.#bytes.fill(0);
		this.#from = 0;
		this.#to = 0;
	}

	/** Where the next bytes go: `available` of them, or as many as there's room for (0 only while paused). */
	space(available: number): Uint8Array {
		if (this.#to === 0 && available === this.#viewLength) return this.#view;
		const bytes = this.#bytes;
		if (this.#from > 0) {
			const to = this.#to;
			bytes.copyWithin(0, this.#from, to);
			this.#to = to - this.#from;
			this.#from = 0;
			if (this.leavesNothing) bytes.fill(0, this.#to, to);
		}
		const at = this.#to;
		const length = Math.min(available, bytes.byteLength - at);
		const view = new Uint8Array(bytes.buffer, at, length);
		if (at > 0) return view;
		this.#view = view;
		this.#viewLength = length;
		return view;
	}

	/** `count` bytes were put into the last `space`. @returns what is wrong with them: then the connection is over. */
	filled(count: number): ProtocolErrorCode | undefined {
		// What comes most, whole and alone: PUBACK.
		if (count === 4 && this.#to === 0 && !this.paused) {
			const bytes = this.#bytes;
			if (bytes[0] === 0x40 && bytes[1] === 2 && this.#large === undefined) {
				const id = ((bytes[2] as number) << 8) | (bytes[3] as number);
				return id === 0 ? "packet-id" : this.#receiver.onPuback(id);
			}
		}
		this.#to += count;
		return this.resume();
	}

	/** Go on after a pause with what is in the buffer. */
	resume(): ProtocolErrorCode | undefined {
		const bytes = this.#bytes;
		while (!this.paused) {
			const to = this.#to;
			const at = this.#from;
			if (this.#large) {
				if (at === to) break;
				const wrong = this.piece(this.#large, at, to);
				if (wrong) return wrong;
				continue;
			}
			if (to - at < 2) break;
			const first = bytes[at] as number;
			let length = bytes[at + 1] as number;
			let body = at + 2;
			if (length > 127) {
				length &= 127;
				for (let shift = 7; ; shift += 7) {
					if (shift > 21) return "remaining-length";
					if (body === to) return this.settle();
					const digit = bytes[body++] as number;
					length |= (digit & 127) << shift;
					if (digit < 128) break;
				}
			}
			const end = body + length;
			let wrong: ProtocolErrorCode | undefined;
			wrong = check(first, length);
			if (wrong) return wrong;
			if (end <= to) {
				this.#from = end;
				wrong = this.packet(first, body, end);
			} else if (end - at <= bytes.byteLength) break;
			else {
				if (first >> 4 !== 3) return "too-large";
				if (to < body + 2) break;
				const topicEnd = body + 2 + (((bytes[body] as number) << 8) | (bytes[body + 1] as number));
				const head = topicEnd + (first & 0x02);
				if (head > end) return "truncated";
				if (head - at > bytes.byteLength) return "too-large";
				if (to < head) break;
				this.#from = head;
				wrong = this.begin(first, body + 2, topicEnd, end - head);
			}
			if (wrong) return wrong;
		}
		return this.settle();
	}

	/** An empty buffer begins at its start again: the view of `space` serves the next read as well. */
	private settle(): undefined {
		if (this.#from === this.#to) {
			this.#from = 0;
			this.#to = 0;
		}
		return undefined;
	}

	private packet(first: number, body: number, end: number): ProtocolErrorCode | undefined {
		const bytes = this.#bytes;
		const type = first >> 4;
		if (type === 3) {
			if (end - body < 2) return "truncated";
			const topicEnd = body + 2 + (((bytes[body] as number) << 8) | (bytes[body + 1] as number));
			const head = topicEnd + (first & 0x02);
			if (head > end) return "truncated";
			const topic = this.topic(body + 2, topicEnd);
			if (topic === undefined) return "topic";
			let id = 0;
			if (head > topicEnd) {
				id = ((bytes[topicEnd] as number) << 8) | (bytes[topicEnd + 1] as number);
				if (id === 0) return "packet-id";
			}
			const total = end - head;
			return this.#receiver.onPublish(topic, new Uint8Array(bytes.buffer, head, total), 0, total, id);
		}
		if (type === 13) return this.#receiver.onPingresp();
		const high = bytes[body] as number;
		const low = bytes[body + 1] as number;
		if (type === 2) return high > 1 ? "flags" : this.#receiver.onConnack(high === 1, low);
		const id = (high << 8) | low;
		if (id === 0) return "packet-id";
		if (type === 4) return this.#receiver.onPuback(id);
		if (type === 11) return this.#receiver.onUnsuback(id);
		return this.#receiver.onSuback(id, new Uint8Array(bytes.buffer, body + 2, end - body - 2));
	}

	private topic(start: number, end: number): string | undefined {
		if (start === end || !isUtf8(this.#bytes, start, end)) return undefined;
		const topic = decode(this.#bytes, start, end);
		return topic.includes("+") || topic.includes("#") ? undefined : topic;
	}

	/** The head of a PUBLISH that doesn't fit is there: what is left of the packet, `total` bytes, are its payload. */
	private begin(first: number, start: number, topicEnd: number, total: number): ProtocolErrorCode | undefined {
		const topic = this.topic(start, topicEnd);
		if (topic === undefined) return "topic";
		let id = 0;
		if (first & 0x02) {
			id = ((this.#bytes[topicEnd] as number) << 8) | (this.#bytes[topicEnd + 1] as number);
			if (id === 0) return "packet-id";
		}
		this.#large = { topic, id, offset: 0, total };
		return undefined;
	}

	private piece(
		large: { topic: string; id: number; offset: number; total: number },
		at: number,
		to: number,
	): ProtocolErrorCode | undefined {
		const { topic, id, offset, total } = large;
		const left = total - offset;
		const length = Math.min(to - at, left);
		this.#from = at + length;
		large.offset = offset + length;
		if (length === left) this.#large = undefined;
		return this.#receiver.onPublish(topic, new Uint8Array(this.#bytes.buffer, at, length), offset, total, id);
	}
}

/** What the fixed header (2.2) tells is wrong with a packet, before any of its body is waited for. */
function check(first: number, length: number): ProtocolErrorCode | undefined {
	const flags = first & 0x0f;
	switch (first >> 4) {
		case 3:
			if ((flags & 0x06) >= 0x04) return "qos";
			return (flags & 0x0a) === 0x08 ? "flags" : undefined;
		case 2: // CONNACK
		case 4: // PUBACK
		case 11: // UNSUBACK
			if (flags) return "flags";
			return length === 2 ? undefined : "remaining-length";
		case 9: // SUBACK
			if (flags) return "flags";
			return length > 2 ? undefined : "remaining-length";
		case 13: // PINGRESP
			if (flags) return "flags";
			return length === 0 ? undefined : "remaining-length";
		default:
			return "packet-type";
	}
}
