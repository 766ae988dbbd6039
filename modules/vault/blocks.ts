import { VaultError } from "./error";
import type { VaultCrypto, VaultFlash } from "./types";

/** How often a place is read that's to be written to. */
const LOOKS = 16;
const PIECE = 256;

/** The erase blocks of one log: a ring. What the flash throws becomes a VaultError "flash". */
export class Blocks {
	readonly count: number;
	readonly blockLength: number;
	readonly unit: number;
	/** All erases since the first format, and those by this object. */
	total = 0;
	erased = 0;
	/** The epoch and place of the block that was opened last. */
	epoch = 0;
	newest = -1;
	/** By this object. */
	programmed = 0;
	readonly #flash: VaultFlash;
	readonly #crypto: VaultCrypto;
	readonly #first: number;
	/** By place: the epoch of the block that's there; from the middle on how often it was erased. */
	readonly #known: Uint32Array;

	/** @throws {RangeError} for blocks that aren't there, or a flash that can't be used. */
	constructor(flash: VaultFlash, crypto: VaultCrypto, first = 0, count?: number) {
		const { blocks, blockLength, writeAlign, eraseValue } = flash.status();
		this.count = count ?? blocks - first;
		this.blockLength = blockLength;
		this.unit = Math.max(4, writeAlign);
		if (!(this.count >= 2 && first >= 0 && first + this.count <= blocks)) throw new RangeError("at least two blocks");
		if (blockLength < 2048 || blockLength > 65536 || blockLength % 32) throw new RangeError("no such block length");
		if (this.unit > 32 || blockLength % this.unit || eraseValue !== 255) throw new RangeError("no such write unit");
		this.#flash = flash;
		this.#crypto = crypto;
		this.#first = first;
		this.#known = new Uint32Array(2 * this.count);
	}

	epochAt(place: number): number {
		return this.#known[place] as number;
	}

	setEpoch(place: number, epoch: number): void {
		this.#known[place] = epoch;
	}

	wearAt(place: number): number {
		return this.#known[this.count + place] as number;
	}

	setWear(place: number, erases: number): void {
		this.#known[this.count + place] = erases;
	}

	get wear(): number[] {
		return Array.from(this.#known.subarray(this.count));
	}

	read(place: number, offset: number, into: Uint8Array): void {
		try {
			this.#flash.read(into, (this.#first + place) * this.blockLength + offset);
		} catch (cause) {
			throw new VaultError("flash", { detail: "read", cause });
		}
	}

	/** Reads it again: a worn cell must not lose what its owner was told is kept. */
	write(place: number, offset: number, bytes: Uint8Array): void {
		try {
			this.#flash.write(bytes, (this.#first + place) * this.blockLength + offset);
		} catch (cause) {
			throw new VaultError("flash", { detail: "write", cause });
		}
		this.programmed += bytes.length;
		const piece = new Uint8Array(Math.min(PIECE, bytes.length));
		for (let at = 0; at < bytes.length; at += PIECE) {
			const wanted = bytes.subarray(at, at + PIECE);
			const read = piece.subarray(0, wanted.length);
			this.read(place, offset + at, read);
			if (!this.#crypto.equal(read, wanted)) throw new VaultError("flash", { detail: "not as written" });
		}
	}

	erase(place: number): void {
		this.setEpoch(place, 0);
		this.setWear(place, this.wearAt(place) + 1);
		this.total += 1;
		this.erased += 1;
		try {
			this.#flash.eraseBlock(this.#first + place);
		} catch (cause) {
			throw new VaultError("flash", { detail: "erase", cause });
		}
		if (!this.isErased(place)) throw new VaultError("flash", { detail: "not erased" });
	}

	/** The next one of the ring that isn't among `taken`; -1 when there's none. */
	next(taken: readonly number[], also: readonly number[] = []): number {
		for (let i = 1; i <= this.count; i += 1) {
			const place = (this.newest + i) % this.count;
			if (!taken.includes(place) && !also.includes(place)) return place;
		}
		return -1;
	}

	/** 0: as erased; 1: something else; 2: the commit word, as it was written. */
	commitAt(place: number, offset: number): 0 | 1 | 2 {
		const bytes = new Uint8Array(this.unit);
		this.read(place, offset, bytes);
		let sum = 0;
		for (let i = 0; i < bytes.length; i += 1) sum += bytes[i] as number;
		return sum === 0 ? 2 : sum === 255 * this.unit ? 0 : 1;
	}

	/** Whether the block reads as erased from `from` on. */
	isErased(place: number, from = 0, to = this.blockLength): boolean {
		const size = Math.min(PIECE, to - from);
		const erased = new Uint8Array(size).fill(255);
		const piece = new Uint8Array(size);
		for (let at = from; at < to; at += size) {
			const length = Math.min(size, to - at);
			const bytes = length === size ? piece : piece.subarray(0, length);
			this.read(place, at, bytes);
			if (!this.#crypto.equal(bytes, length === size ? erased : erased.subarray(0, length))) return false;
		}
		return true;
	}

	/**
	 * Whether it can be written to from `from` on without an erase. A write that the power cut at once may have left cells
	 * half-way, which read now so, now so: the bytes before `to`, where it would have begun, are read again and again.
	 */
	isFree(place: number, from: number, to: number): boolean {
		for (let i = 0; i < LOOKS; i += 1) if (!this.isErased(place, from, Math.min(to, this.blockLength))) return false;
		return this.isErased(place, from);
	}
}
