import { byteLength, copyInto } from "hal/text";
import { publish, publishSize, setDup } from "./codec";
import type { MqttError } from "./error";
import { topicField } from "./topic";

/** Told once how a message ended: with PUBACK (QoS 0: when it was written), or with the error. */
export type Done = (error?: MqttError) => void;

/** A time that isn't, a place that isn't. */
const NEVER = -1;
/** The id of a message that was acknowledged. */
const DONE = -1;

export interface OutboxOptions {
	/** Room for encoded messages, bytes; default 4,096. */
	readonly bytes?: number;
	/** The most messages that wait for sending or for PUBACK; default 32. */
	readonly messages?: number;
}

/**
 * Messages from `put` until their PUBACK, encoded, in order, in one ring of bytes; nothing is allocated per message.
 *
 * Drop rule: what was accepted stays until it's acknowledged, over any number of connections; when there's no room, the
 * newest is refused.
 *
 * Packet ids are `slot + 1 + round × messages`: two messages never have the same while in flight, an id tells its slot, and
 * ids come round after about 65,500 messages.
 */
export class Outbox {
	// What each message needs comes first, and methods are not #private: see reader.ts.
	#count = 0;
	#unsent = 0;
	#ids: number[]; // 0: of QoS 0; DONE: acknowledged before an older one, so the slot isn't free yet
	#capacity: number;
	/** The slot of the oldest, of the next to send, and the one after the newest. */
	#head = 0;
	#next = 0;
	#tail = 0;
	/** When it was written in this connection, ms; NEVER: not yet. */
	#sentAt: number[];
	#done: (Done | undefined)[];
	#offsets: number[];
	#sizes: number[];
	#bytes: Uint8Array;
	#room: number;
	#topic = "";
	#topicField: Uint8Array = new Uint8Array(0);
	#topicSize = 0;
	/** The last view that `next` gave: the same place and size come again and again. */
	#view: Uint8Array;
	#viewAt = 0;
	#viewSize: number;
	/** Where the next message goes, if it fits there. */
	#end = 0;
	/** Where the head of a QoS 1 message on `#topic` with a payload of `#headLength` bytes lies; NEVER: nowhere. */
	#headAt = NEVER;
	#headLength = 0;
	/** The slot of the message that was to be written at once. */
	#atOnce = 0;
	/** The id of slot 0. */
	#round = 1;
	#lastId: number;

	/** @throws {RangeError} messages not 1 to 1,024, bytes not 128 to 16 MiB. @param lastId the greatest packet id to use. */
	constructor(options: OutboxOptions, lastId: number) {
		const { bytes = 4096, messages = 32 } = options;
		if (!(messages >= 1 && messages <= 1024)) throw new RangeError("outbox.messages: 1 to 1,024");
		if (!(bytes >= 128 && bytes <= 0x100_0000)) throw new RangeError("outbox.bytes: 128 to 16 MiB");
		this.#capacity = messages;
		this.#lastId = lastId;
		this.#bytes = new Uint8Array(bytes);
		this.#room = bytes;
		this.#view = this.#bytes;
		this.#viewSize = bytes;
		const zeros = (): number[] => new Array(messages).fill(0);
		this.#offsets = zeros();
		this.#sizes = zeros();
		this.#ids = zeros();
		this.#sentAt = zeros();
		this.#done = new Array(messages).fill(undefined);
	}

	/** Slots taken: messages without PUBACK, and those that had theirs before an older one. */
	get count(): number {
		return this.#count;
	}

	/** Messages that were never, or not in this connection, written. */
	get unsent(): number {
		return this.#unsent;
	}

	/**
	 * Accept a message: it's encoded now, `payload` may be reused at once.
	 *
	 * @param now ms, if it may be written at once: it counts as sent then, and `atOnce` or `notAtOnce` is to be called next;
	 * negative: it has to wait for `next`.
	 * @returns the packet if it's to be written at once, `undefined` if it waits, or why it was refused.
	 * @throws {RangeError | TypeError} a bad topic.
	 */
	put(
		topic: string,
		payload: Uint8Array | string,
		qos: 0 | 1,
		done: Done | undefined,
		now: number,
	): Uint8Array | undefined | "outbox-full" | "message-too-large" {
		if (topic !== this.#topic) {
			this.#topicField = topicField(topic);
			this.#topicSize = this.#topicField.byteLength;
			this.#topic = topic;
			this.#headAt = NEVER;
		}
		const length = typeof payload === "string" ? byteLength(payload) : payload.byteLength;
		const count = this.#count;
		const slot = this.#tail;
		const id = qos === 0 ? 0 : this.#round + slot;
		let at = 0;
		if (count === 0 && length === this.#headLength && this.#headAt === 0 && qos === 1 && typeof payload !== "string") {
			// What comes most, one message after the other on one topic, of one size: the head lies there already.
			const bytes = this.#bytes;
			const end = this.#end - length;
			bytes[end - 2] = id >> 8;
			bytes[end - 1] = id & 0xff;
			copyInto(payload, bytes, end);
		} else {
			const size = publishSize(this.#topicSize, length, qos);
			if (size > this.#room) return "message-too-large";
			if (count > 0) at = count < this.#capacity ? this.place(size) : NEVER;
			if (at < 0) return "outbox-full";
			publish(this.#bytes, at, this.#topicField, this.#topicSize, payload, length, qos, id);
			this.#end = at + size;
			this.#headAt = qos === 1 ? at : NEVER;
			this.#headLength = length;
		}
		const size = this.#end - at;
		const waits = now < 0 || this.#unsent > 0;
		this.#count = count + 1;
		this.#offsets[slot] = at;
		this.#sizes[slot] = size;
		this.#ids[slot] = id;
		this.#sentAt[slot] = waits ? NEVER : now;
		this.#done[slot] = done;
		let next = slot + 1;
		if (next === this.#capacity) {
			next = 0;
			this.nextRound();
		}
		this.#tail = next;
		if (waits) {
			this.#unsent += 1;
			return undefined;
		}
		this.#atOnce = slot;
		this.#next = next;
		return size === this.#viewSize && at === this.#viewAt ? this.#view : this.view(at, size);
	}

	private nextRound(): void {
		const round = this.#round + this.#capacity;
		this.#round = round + this.#capacity - 1 > this.#lastId ? 1 : round;
	}

	/** What `put` gave is written. It needn't be called for QoS 1. @returns whom to tell: only for QoS 0. */
	atOnce(): Done | undefined {
		const slot = this.#atOnce;
		return this.#ids[slot] === 0 ? this.take(slot) : undefined;
	}

	/** What `put` gave isn't written, or only in part: it waits, and `next` gives it. */
	notAtOnce(): void {
		const slot = this.#atOnce;
		this.#sentAt[slot] = NEVER;
		this.#unsent = 1;
		this.#next = slot;
	}

	private view(at: number, size: number): Uint8Array {
		this.#view = new Uint8Array(this.#bytes.buffer, at, size);
		this.#viewAt = at;
		this.#viewSize = size;
		return this.#view;
	}

	/** Where `size` bytes are free in one piece; NEVER: nowhere. There's at least one message. */
	private place(size: number): number {
		const start = this.#offsets[this.#head] as number;
		const end = this.#end;
		if (end <= start) return size <= start - end ? end : NEVER;
		if (size <= this.#room - end) return end;
		return size <= start ? 0 : NEVER;
	}

	/** The packet of the next unsent message, a view that's good until `sent` or `rewind`; undefined: there's none. */
	next(): Uint8Array | undefined {
		if (this.#unsent === 0) return undefined;
		const slot = this.#next;
		const at = this.#offsets[slot] as number;
		const size = this.#sizes[slot] as number;
		return size === this.#viewSize && at === this.#viewAt ? this.#view : this.view(at, size);
	}

	/** What `next` gave was written. @returns whom to tell: only for QoS 0. */
	sent(now: number): Done | undefined {
		const slot = this.#next;
		this.#sentAt[slot] = now;
		this.#unsent -= 1;
		// To the next message that waits: acknowledged ones lie between after `rewind`.
		let next = slot;
		do {
			next = next + 1 < this.#capacity ? next + 1 : 0;
		} while (next !== this.#tail && this.#ids[next] === DONE);
		this.#next = next;
		return this.#ids[slot] === 0 ? this.take(slot) : undefined;
	}

	/** PUBACK came. @returns whom to tell; `undefined` for an id that isn't in flight, too. */
	acknowledge(id: number): Done | undefined {
		const slot = (id - 1) % this.#capacity;
		if (this.#ids[slot] !== id || (this.#sentAt[slot] as number) < 0) return undefined;
		return this.take(slot);
	}

	private take(slot: number): Done | undefined {
		const done = this.#done[slot];
		this.#done[slot] = undefined;
		this.#ids[slot] = DONE;
		if (slot === this.#head) {
			let head = slot;
			let count = this.#count;
			do {
				head = head + 1 < this.#capacity ? head + 1 : 0;
				count -= 1;
			} while (count > 0 && this.#ids[head] === DONE);
			this.#head = head;
			this.#count = count;
		}
		return done;
	}

	/** When the oldest message was written that has no PUBACK yet, ms; negative: there's none. */
	oldest(): number {
		return this.#count === this.#unsent ? NEVER : (this.#sentAt[this.#head] as number);
	}

	/** The connection is gone: what has no PUBACK is sent again, in order, with DUP if it was sent before (4.4). */
	rewind(): void {
		this.#next = this.#head;
		this.#unsent = 0;
		this.#headAt = NEVER; // DUP may be set in it
		let slot = this.#head;
		for (let i = 0; i < this.#count; i += 1) {
			if (this.#ids[slot] !== DONE) {
				this.#unsent += 1;
				// Of QoS 0 there's one at most, whose first write broke: it never has DUP (3.3.1.1).
				if (this.#ids[slot] !== 0 && (this.#sentAt[slot] as number) >= 0) {
					setDup(this.#bytes, this.#offsets[slot] as number);
				}
				this.#sentAt[slot] = NEVER;
			}
			slot = slot + 1 < this.#capacity ? slot + 1 : 0;
		}
	}

	/** Give up all messages. @returns whom to tell, oldest first. */
	clear(): Done[] {
		const told: Done[] = [];
		while (this.#count > 0) {
			const done = this.take(this.#head);
			if (done) told.push(done);
		}
		this.#unsent = 0;
		this.#next = this.#head;
		return told;
	}
}
