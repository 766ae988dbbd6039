import { copyInto, encode } from "hal/text";
import type { Checked, Source } from "./request";

/** A small body is sent together with its head: one packet, one TLS record. */
const TOGETHER_MAX = 1024;
/** Room for a chunk's size, and for what closes it: 4,096 is `1000\r\n` and `\r\n`. */
const BEFORE = 8;
const BEHIND = 2;

/** Write `bytes` from `from`. @returns how many are left. */
export type Write = (bytes: Uint8Array, from: number) => number;

/** The bytes of one request, in order, as there's room for them. */
export class Outgoing {
	/** Whether all of it was written. */
	done = false;
	/** Whether only the source's next bytes are missing. */
	waiting = false;
	/** Whether the source was asked. */
	asked = false;
	/** What is being written, and from where. */
	#bytes: Uint8Array | undefined;
	#from = 0;
	#next: Uint8Array | undefined;
	#source: Source | undefined;
	/** Bytes that the source has to give yet; undefined: in chunks, until it says that it's the end. */
	#left: number | undefined;
	/** What the source writes into. */
	#buffer: Uint8Array;
	#wipe = false;

	/** @param buffer for a source; a request without one leaves it alone. */
	constructor(head: Uint8Array, { bytes, source }: Checked, buffer: () => Uint8Array) {
		this.#bytes = head;
		this.#source = source;
		this.#buffer = source ? buffer() : head;
		if (source) this.#left = source.length;
		if (bytes === undefined) return;
		if (bytes.byteLength > TOGETHER_MAX) {
			this.#next = bytes;
			return;
		}
		const both = new Uint8Array(head.byteLength + bytes.byteLength);
		copyInto(head, both);
		copyInto(bytes, both, head.byteLength);
		this.#bytes = both;
		this.#wipe = true; // it's a copy of what may be secret
	}

	/**
	 * Write as much as there's room for.
	 *
	 * @param ask whether the source may be asked: not from within the application's call.
	 * @returns whether anything was written.
	 * @throws what the source throws, or RangeError for what it gives.
	 */
	write(write: Write, ask: boolean): boolean {
		let progress = false;
		this.waiting = false;
		while (!this.done) {
			const bytes = this.#bytes;
			if (bytes === undefined) {
				if (!this.fill(ask)) break;
				continue;
			}
			const size = bytes.byteLength - this.#from;
			const left = write(bytes, this.#from);
			if (left === size) break;
			progress = true;
			this.#from = bytes.byteLength - left;
			if (left > 0) continue; // a stream may have room again: TLS takes a record at a time
			if (this.#wipe) bytes.fill(0);
			this.#wipe = false;
			this.#bytes = this.#next;
			this.#next = undefined;
			this.#from = 0;
		}
		return progress;
	}

	/** Nothing of it will be written any more. */
	forget(): void {
		if (this.#wipe) (this.#bytes as Uint8Array).fill(0);
		if (this.#source) this.#buffer.fill(0);
	}

	/** The next bytes of the source. @returns whether there are any; none may be the end, too. */
	private fill(ask: boolean): boolean {
		const source = this.#source;
		if (source === undefined || this.#left === 0) {
			this.done = true;
			return false;
		}
		this.waiting = true;
		if (!ask) return false;
		this.asked = true;
		const buffer = this.#buffer;
		const chunked = this.#left === undefined;
		const start = chunked ? BEFORE : 0;
		const room = Math.min(buffer.byteLength - (chunked ? BEFORE + BEHIND : 0), this.#left ?? buffer.byteLength);
		const count = source.read(new Uint8Array(buffer.buffer, start, room));
		if (count === 0) return false;
		if (count === undefined) {
			if (!chunked) throw new RangeError(`the source ended ${this.#left} bytes early`);
			this.#source = undefined;
			this.#bytes = encode("0\r\n\r\n");
		} else {
			if (!(count > 0 && count <= room)) throw new RangeError(`the source gave ${count} of ${room} bytes`);
			if (this.#left !== undefined) this.#left -= count;
			this.#bytes = chunked ? chunk(buffer, start, count) : new Uint8Array(buffer.buffer, 0, count);
		}
		this.waiting = false;
		return true;
	}
}

/** Put what makes a chunk of it around the `count` bytes at `start`. */
function chunk(buffer: Uint8Array, start: number, count: number): Uint8Array {
	const size = encode(`${count.toString(16)}\r\n`);
	const from = start - size.byteLength;
	copyInto(size, buffer, from);
	buffer[start + count] = 13;
	buffer[start + count + 1] = 10;
	return new Uint8Array(buffer.buffer, from, size.byteLength + count + BEHIND);
}
