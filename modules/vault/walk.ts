import type { Blocks } from "./blocks";
import type { Geometry } from "./geometry";
import type { BlockHeader } from "./header";
import type { Index } from "./index";
import { BASE, FIRST, HEAD, LAST, LOST, REMOVED, RecordView } from "./record";
import { NAME_MAX } from "./records";
import type { Seal } from "./types";

/** How far a sequence number may be ahead where records are looked for behind damage. */
const AHEAD = 1024;

interface Chained {
	readonly place: number;
	readonly header: BlockHeader;
}

/** Reads a generation's headers, oldest first, into the index. Values aren't opened: a header proves itself. */
export class Walk {
	/** After `run`: the next record's place in the last block, and its number. */
	position = 0;
	sequence = 0;
	/** A power cut has left something behind the last transaction. */
	isTorn = false;
	/** Something was in it beside what begins a generation. */
	hasRecords = false;
	#isWhole = false;
	readonly #blocks: Blocks;
	readonly #geometry: Geometry;
	readonly #view: RecordView;
	readonly #index: Index;
	/** What the transaction under way changes: hash, place, cost; place -1 removes, -2 is lost. */
	readonly #pending: number[] = [];
	/** Where the generation, and the transaction under way, began. */
	#origin = 0;
	#begun = 0;

	constructor(blocks: Blocks, geometry: Geometry, seal: Seal, index: Index) {
		this.#blocks = blocks;
		this.#geometry = geometry;
		this.#view = new RecordView(blocks, geometry, seal);
		this.#index = index;
	}

	/** Answers whether the generation is whole. */
	run(chain: readonly Chained[]): boolean {
		const [first] = chain;
		if (!first) return false;
		this.sequence = first.header.first;
		this.#origin = this.sequence;
		this.#begun = this.sequence;
		if (first.header.epoch !== first.header.base) this.#miss();
		for (let i = 0; i < chain.length; i += 1) {
			const { place, header } = chain[i] as Chained;
			this.#isWhole ||= header.whole;
			if (header.first !== this.sequence) this.#miss();
			this.sequence = header.first;
			const next = chain[i + 1];
			if (next) this.#closed(place, next.header.first);
			else this.#open(place);
		}
		return this.#isWhole;
	}

	/** A block that another one followed: it ends where that one begins, whatever a power cut left there. */
	#closed(place: number, end: number): void {
		let position = this.#geometry.start;
		while (this.sequence < end) {
			if (!this.#find(place, position, end)) break;
			position = this.#view.end;
			this.#take();
		}
		if (this.sequence !== end) this.#miss();
		this.sequence = end;
	}

	/** The block that is written to. */
	#open(place: number): void {
		const { start } = this.#geometry;
		const view = this.#view;
		let position = start;
		while (this.#find(place, position, undefined)) {
			// Only the last record can be without its commit word: the next one is begun after that.
			const commit = this.#blocks.commitAt(place, view.commit);
			if (commit === 0) break;
			if (commit === 1) this.isTorn = true;
			position = view.end;
			this.#take();
		}
		// The write that the power cut was of a header: with its body there would be a header to be found.
		const longest = this.#geometry.headSize(NAME_MAX);
		if (!this.#blocks.isFree(place, position, position + longest)) this.isTorn = true;
		if (this.sequence !== this.#begun) {
			// A transaction that was cut: it never was.
			this.isTorn = true;
			this.sequence = this.#begun;
			this.#pending.length = 0;
		}
		this.position = position;
	}

	/** The next record into the view, at `position` or, when something is wrong, behind it. */
	#find(place: number, position: number, end: number | undefined): boolean {
		const view = this.#view;
		const { unit, blockLength } = this.#geometry;
		if (view.read(place, position, this.sequence)) return true;
		if (end === undefined && this.#blocks.isErased(place, position)) return false;
		if (view.readMended(place, position, this.sequence)) return true;
		for (let at = position + unit; at < blockLength; at += unit) {
			if (!view.read(place, at)) continue;
			if (view.sequence < this.sequence || view.sequence >= (end ?? this.sequence + AHEAD)) continue;
			if (view.sequence > this.sequence) this.#miss();
			this.sequence = view.sequence;
			return true;
		}
		return false;
	}

	/** What's in the view counts. */
	#take(): void {
		const { flags, nameLength, length, rest } = this.#view;
		const pending = this.#pending;
		if (flags & FIRST) {
			// There were records of a transaction whose end is missing; it was there, or this one would not be.
			if (pending.length > 0) this.#miss();
			if (this.sequence !== this.#origin) this.#isWhole = true;
			this.#begun = this.sequence;
		}
		this.sequence += 1;
		if (flags & BASE) this.#isWhole = true;
		else this.hasRecords = true;
		if (flags & HEAD && nameLength > 0) {
			const at = this.#view.place * this.#geometry.blockLength + this.#view.offset;
			const cost = this.#geometry.cost(nameLength, length + rest);
			pending.push(this.#view.hash, flags & REMOVED ? -1 : at, flags & LOST ? -cost : cost);
		}
		if (flags & LAST) this.#apply();
	}

	#apply(isDoubtful = false): void {
		const pending = this.#pending;
		for (let i = 0; i < pending.length; i += 3) {
			const hash = pending[i] as number;
			const at = pending[i + 1] as number;
			const cost = pending[i + 2] as number;
			if (at < 0) this.#index.remove(hash);
			else this.#index.set(hash, at, Math.abs(cost), isDoubtful || cost < 0);
		}
		pending.length = 0;
		this.#begun = this.sequence;
	}

	/** Records are missing here. */
	#miss(): void {
		this.#apply(true);
		this.#index.doubtAll();
	}
}
