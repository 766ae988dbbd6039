import type { Key } from "hal/crypto";
import type { Blocks } from "./blocks";
import { VaultError } from "./error";
import type { Geometry } from "./geometry";
import { encodeHeader, VERSION } from "./header";
import { FIRST, HEAD, LAST, RecordView } from "./record";
import type { Seal, VaultCrypto } from "./types";

/** What a log is made of; another seal and salt after a format. */
export interface Parts {
	readonly blocks: Blocks;
	readonly geometry: Geometry;
	readonly crypto: VaultCrypto;
	readonly seal: Seal;
	readonly salt: Uint8Array;
	readonly plain: boolean;
}

/** Where a log ends: what the next record needs to know. */
export interface Tail {
	/** Places of its blocks, oldest first. */
	readonly log: readonly number[];
	/** In the last of them. */
	readonly position: number;
	readonly sequence: number;
	/** Of its generation; 0: the first block that's opened begins one. */
	readonly base: number;
}

const none = Object.freeze([]) as readonly number[];

/** Writes one transaction. It changes nothing but the flash: whoever used it takes `tail` over, or forgets it. */
export class Writer {
	readonly #parts: Parts;
	readonly #view: RecordView;
	/** Places that stay as they are beside those of the log. */
	readonly #taken: readonly number[];
	readonly #log: number[];
	/** The epoch of the block before the next one; 0: none. */
	#previous: number;
	#position: number;
	#sequence: number;
	#base: number;
	#isWhole: boolean;
	#isFirst = true;

	constructor(parts: Parts, tail: Tail, taken: readonly number[] = none) {
		this.#parts = parts;
		this.#view = new RecordView(parts.blocks, parts.geometry, parts.seal);
		this.#taken = taken;
		this.#log = [...tail.log];
		const last = this.#log.at(-1);
		this.#previous = last === undefined ? 0 : parts.blocks.epochAt(last);
		this.#position = tail.position;
		this.#sequence = tail.sequence;
		this.#base = tail.base;
		this.#isWhole = tail.base !== 0;
	}

	get tail(): Tail {
		return { log: this.#log, position: this.#position, sequence: this.#sequence, base: this.#base };
	}

	/**
	 * Write a value, in as many records as it takes; `isLast` ends the transaction.
	 *
	 * @returns the place of its first record: block × length of a block + offset.
	 */
	put(flags: number, name: Uint8Array, value: Key | undefined, isLast: boolean): number {
		const { geometry, blocks } = this.#parts;
		const total = value ? value.byteLength : 0;
		let at = -1;
		let done = 0;
		do {
			const isHead = at < 0;
			const label = isHead ? name : new Uint8Array(0);
			if (this.#log.length === 0) this.open();
			const length = geometry.pieceAt(this.#position, label.length, total - done);
			if (length < 0) {
				this.open();
				continue;
			}
			const place = this.#log[this.#log.length - 1] as number;
			if (isHead) at = place * blocks.blockLength + this.#position;
			const rest = total - done - length;
			const ends = isLast && rest === 0;
			this.#record(
				place,
				flags | (isHead ? HEAD : 0) | (this.#isFirst ? FIRST : 0) | (ends ? LAST : 0),
				label,
				value,
				done,
				length,
				rest,
			);
			done += length;
		} while (at < 0 || done < total);
		return at;
	}

	/** Open the next block: also what ends a torn one, since a block says with which sequence number it begins. */
	open(isVirgin = false): void {
		const { blocks, geometry, seal, salt, plain } = this.#parts;
		const place = blocks.next(this.#log, this.#taken);
		if (place < 0) throw new VaultError("full");
		if (!isVirgin) blocks.erase(place);
		const epoch = blocks.epoch + 1;
		blocks.epoch = epoch;
		blocks.newest = place;
		blocks.setEpoch(place, epoch);
		if (this.#base === 0) this.#base = epoch;
		const header = {
			version: VERSION,
			plain,
			whole: this.#isWhole,
			unit: blocks.unit,
			blocks: blocks.count,
			place,
			epoch,
			base: this.#base,
			first: this.#sequence,
			previous: this.#previous,
			erases: blocks.wearAt(place),
			total: blocks.total,
			salt,
		};
		blocks.write(place, 0, encodeHeader(header, seal));
		blocks.write(place, geometry.start - geometry.unit, new Uint8Array(geometry.unit));
		this.#log.push(place);
		this.#previous = epoch;
		this.#position = geometry.start;
	}

	#record(
		place: number,
		flags: number,
		name: Uint8Array,
		value: Key | undefined,
		start: number,
		length: number,
		rest: number,
	): void {
		const { blocks, geometry, crypto, seal } = this.#parts;
		const view = this.#view;
		view.place = place;
		view.offset = this.#position;
		view.length = length;
		view.rest = rest;
		view.flags = flags;
		view.sequence = this.#sequence;
		const head = view.make(name, crypto.random(6));
		const piece = padded(crypto, value, start, length, geometry.bodySize(length) - seal.overhead);
		const sealed = seal.seal(view.nonce, view.context, piece);
		piece.close();
		blocks.write(place, view.offset, head);
		blocks.write(place, view.body, sealed);
		blocks.write(place, view.commit, new Uint8Array(geometry.unit));
		this.#position = view.end;
		this.#sequence += 1;
		this.#isFirst = false;
	}
}

/** A part of a value as it's sealed: with zeros behind it up to whole write units. */
function padded(crypto: VaultCrypto, value: Key | undefined, start: number, length: number, size: number): Key {
	const zeros = new Uint8Array(size - length);
	if (!value || length === 0) return crypto.Key.from(zeros);
	if (zeros.length === 0) return value.slice(start, start + length);
	if (length === value.byteLength) return crypto.Key.fromParts([value, zeros]);
	const part = value.slice(start, start + length);
	const piece = crypto.Key.fromParts([part, zeros]);
	part.close();
	return piece;
}
