// Partitions of NVS made by hand, on flash that can lose its power. The peer's own images: test/peers/nvs.test.ts.
import type { Key } from "hal/crypto";
import { nvsCrc } from "nvs/crc";
import type { Namespace } from "nvs/nvs";
import { keyOf, textOf } from "nvs/values";

export const textAt = (from: Namespace | undefined, key: string): string | undefined => from && textOf(from, key);
export const keyAt = (from: Namespace | undefined, key: string): Key | undefined => from && keyOf(from, key);

/** All of what is tried is tried in vitest; on XS, which is a hundred times slower, every n-th of it. */
export const stride = (onDevice: number): number => ("process" in globalThis ? 1 : onDevice);

/** Power went. */
export class PowerCut extends Error {
	override readonly name = "PowerCut";
}

/** NOR flash in memory: writes only clear bits; the power goes at an operation, before it, after it or halfway. */
export class Nor {
	readonly bytes: Uint8Array;
	operations = 0;
	/** The operation that is cut, from 1; 0: none. */
	cutAt = 0;
	how: "before" | "torn" | "after" = "torn";

	constructor(blocks: number) {
		this.bytes = new Uint8Array(blocks * 4096).fill(0xff);
	}

	status() {
		return {
			size: this.bytes.length,
			blockLength: 4096,
			blocks: this.bytes.length / 4096,
			writeAlign: 4,
			eraseValue: 0xff,
		};
	}

	read(buffer: Uint8Array, at: number): number {
		if (at < 0 || at + buffer.length > this.bytes.length) throw new RangeError("past the end");
		for (let i = 0; i < buffer.length; i++) buffer[i] = this.bytes[at + i] as number;
		return buffer.length;
	}

	write(buffer: Uint8Array, at: number): void {
		if (at % 4 || buffer.length % 4 || at + buffer.length > this.bytes.length) throw new RangeError("not aligned");
		const done = this.#operation(buffer.length);
		for (let i = 0; i < done; i++) this.bytes[at + i] = (this.bytes[at + i] as number) & (buffer[i] as number);
		// The byte on which it stopped has some of its bits.
		if (done < buffer.length && this.how === "torn")
			this.bytes[at + done] = (this.bytes[at + done] as number) & ((buffer[done] as number) | 0xaa);
		this.#cut();
	}

	eraseBlock(start: number, end = start + 1): void {
		for (let block = start; block < end; block++) {
			const done = this.#operation(4096);
			this.bytes.fill(0xff, block * 4096, block * 4096 + done);
			this.#cut();
		}
	}

	/** How many of `length` bytes the operation gets done. */
	#operation(length: number): number {
		this.operations++;
		if (this.operations !== this.cutAt || this.how === "after") return length;
		return this.how === "before" ? 0 : length >> 1;
	}

	#cut(): void {
		if (this.operations === this.cutAt) throw new PowerCut();
	}
}

const ascii = (text: string): number[] => Array.from(text, (it) => it.charCodeAt(0));

/** Writes pages as ESP-IDF does, one after the other. */
export class NvsWriter {
	readonly #flash: Nor;
	#page = -1;
	#next = 126;

	constructor(flash: Nor) {
		this.#flash = flash;
	}

	/** An entry of `data` (8 bytes), then its span of `value`. Returns its place. */
	entry(
		namespace: number,
		type: number,
		key: string,
		data: readonly number[],
		value: readonly number[] | Uint8Array = [],
		chunk = 0xff,
	): number {
		const span = 1 + Math.ceil(value.length / 32);
		if (this.#next + span > 126) this.#open();
		const bytes = new Uint8Array(span * 32).fill(0xff);
		bytes.set([namespace, type, span, chunk, 0, 0, 0, 0, ...ascii(key)]);
		bytes.fill(0, 8 + key.length, 24);
		bytes.set(data, 24);
		new DataView(bytes.buffer).setUint32(4, nvsCrc(bytes, 8, 32, nvsCrc(bytes, 0, 4)), true);
		bytes.set(value, 32);
		const at = this.#page * 4096 + 64 + this.#next * 32;
		this.#flash.write(bytes, at);
		for (let i = 0; i < span; i++) this.mark(at + 32 * i, 2);
		this.#next += span;
		return at;
	}

	/** Sets the state of the entry at `at`. */
	mark(at: number, state: number): void {
		const [page, index] = [at - (at % 4096), ((at % 4096) - 64) / 32];
		const place = page + 32 + (index >> 2);
		this.#flash.bytes[place] =
			(this.#flash.bytes[place] as number) & (~(3 << (2 * (index & 3))) | (state << (2 * (index & 3))));
	}

	namespace(index: number, name: string): number {
		return this.entry(0, 0x01, name, [index, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
	}

	/** Also a chunk of a blob. */
	long(namespace: number, type: number, key: string, value: readonly number[] | Uint8Array, chunk?: number): number {
		const data = new Uint8Array(8).fill(0xff);
		const view = new DataView(data.buffer);
		view.setUint16(0, value.length, true);
		view.setUint32(4, nvsCrc(value instanceof Uint8Array ? value : Uint8Array.from(value)), true);
		return this.entry(namespace, type, key, [...data], value, chunk);
	}

	string(namespace: number, key: string, value: string): number {
		return this.long(namespace, 0x21, key, [...ascii(value), 0]);
	}

	/** A blob of format 2 in chunks of `chunk` bytes. */
	blob(namespace: number, key: string, value: readonly number[] | Uint8Array, chunk = 2000): void {
		const count = Math.ceil(value.length / chunk);
		for (let i = 0; i < count; i++) this.long(namespace, 0x42, key, value.slice(i * chunk, (i + 1) * chunk), i);
		const index = new Uint8Array(8).fill(0xff);
		new DataView(index.buffer).setUint32(0, value.length, true);
		index.set([count, 0], 4);
		this.entry(namespace, 0x48, key, [...index]);
	}

	#open(): void {
		if (this.#page >= 0) this.#flash.bytes.set([0xfc], this.#page * 4096);
		this.#page++;
		this.#next = 0;
		const header = new Uint8Array(32).fill(0xff);
		header[0] = 0xfe;
		const view = new DataView(header.buffer);
		view.setUint32(4, this.#page, true);
		header[8] = 0xfe;
		view.setUint32(28, nvsCrc(header, 4, 28), true);
		this.#flash.write(header, this.#page * 4096);
	}
}
