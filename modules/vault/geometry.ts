import { NAME_MAX } from "./records";

/** Length of a block's header, which is there twice, and of a record's without its name. */
export const BLOCK_HEADER = 64;
export const RECORD_HEADER = 16;
/** Bytes that prove a header. */
export const CHECK = 8;
/** The most of a value that one record holds: bounds the buffers. */
export const PIECE_MAX = 1024;
/** The least that is worth a record at the end of a block, when the value doesn't end in it. */
const PIECE_MIN = 64;

/** Where things lie in a block, and how much fits. SPEC.md has the same in words. */
export class Geometry {
	/** Bytes that are programmed once, as a whole. */
	readonly unit: number;
	readonly blockLength: number;
	readonly blocks: number;
	/** Bytes that sealing adds. */
	readonly overhead: number;
	/** Where the first record begins. */
	readonly start: number;
	/** Bytes of a block that records fill at least, however they fall. */
	readonly #usable: number;

	constructor(unit: number, blockLength: number, blocks: number, overhead: number) {
		this.unit = unit;
		this.blockLength = blockLength;
		this.blocks = blocks;
		this.overhead = overhead;
		this.start = 2 * BLOCK_HEADER + unit;
		// A value may be cut at the block's end (one more record, padded), or leave what a piece of it can't use.
		this.#usable = blockLength - this.start - this.recordSize(0, 0) - 2 * unit - this.recordSize(NAME_MAX, PIECE_MIN);
	}

	align(length: number): number {
		return length + (this.unit - 1) - ((length + this.unit - 1) % this.unit);
	}

	/** Header and name, as they are written. */
	headSize(nameLength: number): number {
		return this.align(RECORD_HEADER + nameLength + CHECK);
	}

	/** A sealed piece of a value, as it is written. */
	bodySize(length: number): number {
		return this.align(length + this.overhead);
	}

	/** A record with its commit word. */
	recordSize(nameLength: number, length: number): number {
		return this.headSize(nameLength) + this.bodySize(length) + this.unit;
	}

	/** How much of a value's `rest` the record at `position` holds; -1 when it goes to the next block. */
	pieceAt(position: number, nameLength: number, rest: number): number {
		const room = this.blockLength - position;
		const wanted = Math.min(rest, PIECE_MAX);
		if (this.recordSize(nameLength, wanted) <= room) return wanted;
		const space = room - this.headSize(nameLength) - this.unit;
		const most = space - (space % this.unit) - this.overhead;
		return most < PIECE_MIN ? -1 : Math.min(most, wanted);
	}

	/** Bytes that a value takes, cut into the largest pieces. */
	cost(nameLength: number, length: number): number {
		let sum = this.recordSize(nameLength, Math.min(length, PIECE_MAX));
		for (let rest = length - PIECE_MAX; rest > 0; rest -= PIECE_MAX)
			sum += this.recordSize(0, Math.min(rest, PIECE_MAX));
		return sum;
	}

	/** Blocks that are enough for records of that cost, and for what begins a generation. */
	blocksFor(cost: number): number {
		return Math.ceil((cost + this.recordSize(0, 0)) / this.#usable);
	}

	/** What live records may cost: compaction needs as much room again. */
	get capacity(): number {
		return Math.floor(this.blocks / 2) * this.#usable - this.recordSize(0, 0);
	}
}
