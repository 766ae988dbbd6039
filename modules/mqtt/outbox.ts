import { byteLength } from "hal/text";
import { publish, publishSize, setDup } from "./codec";
import type { MqttError } from "./error";
import { topicField } from "./topic";

/** Told once how a message ended: with PUBACK (QoS 0: when it was written), or with the error. */
export type Done = (error?: MqttError) => void;

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
 * Packet ids are `1 + slot + round × messages`: two messages never have the same while in flight, an id tells its slot, and
 * ids come round after about 65,500 messages.
 */
export class Outbox {
	/** Messages that were never, or not in this connection, written. */
	unsent = 0;
	/** Slots taken: messages without PUBACK, and those that had theirs before an older one. */
	count = 0;
	#capacity: number;
	#bytes: Uint8Array;
	#view: Uint8Array;
	/** The slot of the oldest, of the next to send, and the one after the newest. */
	#head = 0;
	#next = 0;
	#tail = 0;
	/** Where the next message goes, if it fits there. */
	#end = 0;
	#round = 0;
	#rounds: number;
	#offsets: number[];
	/** 0: acknowledged before an older one, so the slot isn't free yet. */
	#sizes: number[];
	/** QoS 0: 0. */
	#ids: number[];
	/** When it was written in this connection, ms; -1: not yet. */
	#sentAt: number[];
	#done: (Done | undefined)[];
	#topic = "";
	#topicField: Uint8Array = new Uint8Array(0);

	/** @throws {RangeError} messages not 1 to 1,024, bytes not 128 to 16 MiB. @param lastId the greatest packet id to use. */
	constructor(options: OutboxOptions, lastId: number) {
		const { bytes = 4096, messages = 32 } = options;
		if (!(messages >= 1 && messages <= 1024)) throw new RangeError("outbox.messages: 1 to 1,024");
		if (!(bytes >= 128 && bytes <= 0x100_0000)) throw new RangeError("outbox.bytes: 128 to 16 MiB");
		this.#capacity = messages;
		this.#rounds = Math.floor(lastId / messages);
		this.#bytes = new Uint8Array(bytes);
		this.#view = this.#bytes;
		const zeros = (): number[] => new Array(messages).fill(0);
		this.#offsets = zeros();
		this.#sizes = zeros();
		this.#ids = zeros();
		this.#sentAt = zeros();
		this.#done = new Array(messages).fill(undefined);
	}

	/**
	 * Accept a message: it's encoded now, `payload` may be reused at once.
	 *
	 * @returns why it was refused, `undefined` when it was accepted.
	 * @throws {RangeError | TypeError} a bad topic.
	 */
	put(
		topic: string,
		payload: Uint8Array | string,
		qos: 0 | 1,
		done: Done | undefined,
	): "outbox-full" | "message-too-large" | undefined {
		if (topic !== this.#topic) {
			this.#topicField = topicField(topic);
			this.#topic = topic;
		}
		const length = typeof payload === "string" ? byteLength(payload) : payload.byteLength;
		const field = this.#topicField;
		const size = publishSize(field.byteLength, length, qos);
		const capacity = this.#capacity;
		const count = this.count;
		if (size > this.#bytes.byteLength) return "message-too-large";
		const at = count === 0 ? 0 : count < capacity ? this.#room(size) : -1;
		if (at < 0) return "outbox-full";
		const slot = this.#tail;
		const id = qos === 0 ? 0 : 1 + slot + this.#round * capacity;
		publish(this.#bytes, at, field, payload, length, qos, id);
		this.#end = at + size;
		this.#offsets[slot] = at;
		this.#sizes[slot] = size;
		this.#ids[slot] = id;
		this.#sentAt[slot] = -1;
		this.#done[slot] = done;
		if (slot + 1 < capacity) this.#tail = slot + 1;
		else {
			this.#tail = 0;
			this.#round = (this.#round + 1) % this.#rounds;
		}
		this.count = count + 1;
		this.unsent += 1;
		return undefined;
	}

	/** Where `size` bytes are free in one piece; -1: nowhere. There's at least one message. */
	#room(size: number): number {
		const start = this.#offsets[this.#head] as number;
		const end = this.#end;
		if (end <= start) return size <= start - end ? end : -1;
		if (size <= this.#bytes.byteLength - end) return end;
		return size <= start ? 0 : -1;
	}

	/** The packet of the next unsent message, a view that's good until `sent` or `rewind`; there must be one. */
	next(): Uint8Array {
		const slot = this.#next;
		const at = this.#offsets[slot] as number;
		const size = this.#sizes[slot] as number;
		const view = this.#view;
		if (view.byteLength === size && view.byteOffset === at) return view;
		this.#view = new Uint8Array(this.#bytes.buffer, at, size);
		return this.#view;
	}

	/** What `next` gave was written. @returns whom to tell: only for QoS 0. */
	sent(now: number): Done | undefined {
		const slot = this.#next;
		this.#sentAt[slot] = now;
		this.unsent -= 1;
		this.#skip();
		return this.#ids[slot] === 0 ? this.#take(slot) : undefined;
	}

	/** `next` goes to the next message that waits: acknowledged ones lie between after `rewind`. */
	#skip(): void {
		let slot = this.#next;
		do {
			slot = slot + 1 < this.#capacity ? slot + 1 : 0;
		} while (slot !== this.#tail && this.#sizes[slot] === 0);
		this.#next = slot;
	}

	/** PUBACK came. @returns whom to tell; `undefined` for an id that isn't in flight, too. */
	acknowledge(id: number): Done | undefined {
		const slot = (id - 1) % this.#capacity;
		if (this.#ids[slot] !== id || this.#sizes[slot] === 0 || (this.#sentAt[slot] as number) < 0) return undefined;
		return this.#take(slot);
	}

	#take(slot: number): Done | undefined {
		const done = this.#done[slot];
		this.#done[slot] = undefined;
		this.#sizes[slot] = 0;
		if (slot === this.#head) {
			let head = slot;
			let count = this.count;
			do {
				head = head + 1 < this.#capacity ? head + 1 : 0;
				count -= 1;
			} while (count > 0 && this.#sizes[head] === 0);
			this.#head = head;
			this.count = count;
		}
		return done;
	}

	/** When the oldest message was written that has no PUBACK yet, ms; -1: there's none. */
	oldest(): number {
		return this.count === this.unsent ? -1 : (this.#sentAt[this.#head] as number);
	}

	/** The connection is gone: what has no PUBACK is sent again, in order, with DUP if it was sent before (4.4). */
	rewind(): void {
		this.#next = this.#head;
		this.unsent = 0;
		let slot = this.#head;
		for (let i = 0; i < this.count; i += 1) {
			if (this.#sizes[slot] !== 0) {
				this.unsent += 1;
				if ((this.#sentAt[slot] as number) >= 0) setDup(this.#bytes, this.#offsets[slot] as number);
				this.#sentAt[slot] = -1;
			}
			slot = slot + 1 < this.#capacity ? slot + 1 : 0;
		}
	}

	/** Give up all messages. @returns whom to tell, oldest first. */
	clear(): Done[] {
		const told: Done[] = [];
		while (this.count > 0) {
			const done = this.#take(this.#head);
			if (done) told.push(done);
		}
		this.unsent = 0;
		this.#next = this.#head;
		return told;
	}
}
