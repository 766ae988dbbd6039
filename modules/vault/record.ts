import type { Blocks } from "./blocks";
import { get16, get32, hashBytes, put16, put32 } from "./bytes";
import { CHECK, type Geometry, PIECE_MAX, RECORD_HEADER } from "./geometry";
import { NAME_MAX } from "./records";
import type { Seal } from "./types";

/** The first and the last record of a transaction. */
export const FIRST = 1;
export const LAST = 2;
/** A value begins: the name is here. */
export const HEAD = 4;
export const SECRET = 8;
/** The name has no value any more. */
export const REMOVED = 16;
/** A generation is whole: what lies in others counts no more. */
export const BASE = 32;
/** The name had a value that compaction found damaged. */
export const LOST = 64;

/** Before what lies in the flash: epoch, place, offset. All that a header's check and the seal are bound to. */
const CONTEXT = 8;
const NONCE_RANDOM = 6;
const LONGEST = RECORD_HEADER + NAME_MAX + CHECK;
const BITS: readonly number[] = Object.freeze([1, 2, 4, 8, 16, 32, 64, 128]);

/** A record's header: one object that goes from record to record, to read or to write them. */
export class RecordView {
	place = 0;
	offset = 0;
	/** Bytes of the value here, and in the records behind. */
	length = 0;
	rest = 0;
	flags = 0;
	nameLength = 0;
	sequence = 0;
	readonly #blocks: Blocks;
	readonly #geometry: Geometry;
	readonly #seal: Seal;
	readonly #bytes: Uint8Array;

	constructor(blocks: Blocks, geometry: Geometry, seal: Seal) {
		this.#blocks = blocks;
		this.#geometry = geometry;
		this.#seal = seal;
		this.#bytes = new Uint8Array(CONTEXT + geometry.align(LONGEST));
	}

	/** Whether there's a header, whole; of this sequence number, when one is given. */
	read(place: number, offset: number, sequence?: number): boolean {
		return this.load(place, offset) && this.parse(sequence) && this.isOurs();
	}

	/** Whether there's one that a single flipped bit has damaged. It's read as it was. */
	readMended(place: number, offset: number, sequence?: number): boolean {
		if (!this.load(place, offset)) return false;
		const bytes = this.#bytes;
		for (let i = CONTEXT; i < CONTEXT + LONGEST; i += 1) {
			for (let k = 0; k < 8; k += 1) {
				const bit = BITS[k] as number;
				bytes[i] = (bytes[i] as number) ^ bit;
				const reaches = this.parse(sequence) && i < CONTEXT + RECORD_HEADER + this.nameLength + CHECK;
				if (reaches && this.isOurs()) return true;
				bytes[i] = (bytes[i] as number) ^ bit;
			}
		}
		return false;
	}

	get hash(): number {
		return hashBytes(this.#bytes, CONTEXT + RECORD_HEADER, CONTEXT + RECORD_HEADER + this.nameLength);
	}

	/** A copy. */
	get name(): Uint8Array {
		return this.#bytes.slice(CONTEXT + RECORD_HEADER, CONTEXT + RECORD_HEADER + this.nameLength);
	}

	isNamed(name: string): boolean {
		if (name.length !== this.nameLength) return false;
		const at = CONTEXT + RECORD_HEADER;
		for (let i = 0; i < name.length; i += 1) if (name.charCodeAt(i) !== this.#bytes[at + i]) return false;
		return true;
	}

	get body(): number {
		return this.offset + this.#geometry.headSize(this.nameLength);
	}

	/** Where the commit word is. */
	get commit(): number {
		return this.body + this.#geometry.bodySize(this.length);
	}

	get end(): number {
		return this.commit + this.#geometry.unit;
	}

	/** What header and value are bound to. A view: the next read overwrites it. */
	get context(): Uint8Array {
		return this.#bytes.subarray(0, CONTEXT + RECORD_HEADER + this.nameLength);
	}

	/** Epoch and offset, which come once, and what was drawn for this record. */
	get nonce(): Uint8Array {
		const nonce = new Uint8Array(12);
		put32(nonce, 0, get32(this.#bytes, 0));
		put16(nonce, 4, this.offset);
		for (let i = 0; i < NONCE_RANDOM; i += 1) nonce[6 + i] = this.#bytes[CONTEXT + 8 + i] as number;
		return nonce;
	}

	/** The header of a record that is to be written here, padded as it's written. A view. */
	make(name: Uint8Array, random: Uint8Array): Uint8Array {
		const bytes = this.#bytes;
		const size = this.#geometry.headSize(name.length);
		this.nameLength = name.length;
		this.locate();
		put16(bytes, CONTEXT, this.length);
		bytes[CONTEXT + 2] = this.flags;
		bytes[CONTEXT + 3] = name.length;
		put32(bytes, CONTEXT + 4, this.sequence);
		for (let i = 0; i < NONCE_RANDOM; i += 1) bytes[CONTEXT + 8 + i] = random[i] as number;
		put16(bytes, CONTEXT + 14, this.rest);
		let at = CONTEXT + RECORD_HEADER;
		for (let i = 0; i < name.length; i += 1) bytes[at++] = name[i] as number;
		const check = this.#seal.check(this.context);
		for (let i = 0; i < CHECK; i += 1) bytes[at++] = check[i] as number;
		while (at < CONTEXT + size) bytes[at++] = 255;
		return bytes.subarray(CONTEXT, CONTEXT + size);
	}

	private load(place: number, offset: number): boolean {
		const room = this.#blocks.blockLength - offset;
		if (room < RECORD_HEADER + CHECK) return false;
		this.place = place;
		this.offset = offset;
		this.locate();
		this.#blocks.read(place, offset, this.#bytes.subarray(CONTEXT, CONTEXT + Math.min(LONGEST, room)));
		return true;
	}

	private locate(): void {
		put32(this.#bytes, 0, this.#blocks.epochAt(this.place));
		put16(this.#bytes, 4, this.place);
		put16(this.#bytes, 6, this.offset);
	}

	/** Take the fields over; answers whether they can be right, which is cheaper to tell than the check. */
	private parse(sequence: number | undefined): boolean {
		const bytes = this.#bytes;
		this.nameLength = bytes[CONTEXT + 3] as number;
		this.sequence = get32(bytes, CONTEXT + 4);
		if (this.nameLength > NAME_MAX || (sequence !== undefined && this.sequence !== sequence)) return false;
		this.length = get16(bytes, CONTEXT);
		this.flags = bytes[CONTEXT + 2] as number;
		this.rest = get16(bytes, CONTEXT + 14);
		return this.length <= PIECE_MAX && this.flags < 128 && this.end <= this.#blocks.blockLength;
	}

	private isOurs(): boolean {
		const check = this.#seal.check(this.context);
		const at = CONTEXT + RECORD_HEADER + this.nameLength;
		for (let i = 0; i < CHECK; i += 1) if (check[i] !== this.#bytes[at + i]) return false;
		return true;
	}
}
