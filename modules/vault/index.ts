import { RECORDS_MAX } from "./records";

/** Entries at the beginning; doubled at need. */
const ENTRIES = 32;
/** The lowest bit of a place: the value can't be told, since it's damaged, or perhaps not the newest. */
const DOUBTFUL = 1;
/** Then eight bits of what the record costs, in steps of 32 bytes, and the place, in steps of 4 bytes. */
const COST_STEP = 32;
const PLACE_SHIFT = 9;

/** Where the newest record of each name is: eight bytes a name, in one array and no object. */
export class Index {
	count = 0;
	/** Bytes that the live records take in the flash, each rounded up. */
	live = 0;
	/** Some record is missing that nobody can name. */
	lost = false;
	/** The names' hashes, and from the middle on their places. */
	#entries = new Uint32Array(2 * ENTRIES);

	/** The entry of this hash; -1 when there's none. Two live names never share one. */
	find(hash: number): number {
		const found = this.#entries.indexOf(hash);
		return found < this.count ? found : -1;
	}

	/** The record's place, as `set` was given it. */
	at(entry: number): number {
		return (this.packed(entry) >>> PLACE_SHIFT) * 4;
	}

	costAt(entry: number): number {
		return ((this.packed(entry) >>> 1) & 255) * COST_STEP;
	}

	isDoubtful(entry: number): boolean {
		return (this.packed(entry) & DOUBTFUL) !== 0;
	}

	/** There must be room. */
	set(hash: number, at: number, cost: number, doubtful: boolean): void {
		let entry = this.find(hash);
		if (entry < 0) {
			if (this.count === this.#entries.length / 2) this.grow();
			entry = this.count++;
			this.#entries[entry] = hash;
			this.#entries[this.#entries.length / 2 + entry] = 0;
		}
		this.move(entry, at, cost, doubtful);
	}

	move(entry: number, at: number, cost: number, doubtful: boolean): void {
		const steps = stepsOf(cost);
		this.live += steps * COST_STEP - this.costAt(entry);
		const packed = (at / 4) * 2 ** PLACE_SHIFT + steps * 2 + (doubtful ? DOUBTFUL : 0);
		this.#entries[this.#entries.length / 2 + entry] = packed;
	}

	remove(hash: number): void {
		const entry = this.find(hash);
		if (entry < 0) return;
		this.live -= this.costAt(entry);
		this.count -= 1;
		const half = this.#entries.length / 2;
		this.#entries[entry] = this.#entries[this.count] as number;
		this.#entries[half + entry] = this.#entries[half + this.count] as number;
		this.#entries[this.count] = 0;
	}

	/** Records are missing: none that's here can be trusted to be the newest. */
	doubtAll(): void {
		this.lost = true;
		for (let i = 0; i < this.count; i += 1) this.move(i, this.at(i), this.costAt(i), true);
	}

	clear(): void {
		this.count = 0;
		this.live = 0;
		this.lost = false;
		this.#entries.fill(0);
	}

	private packed(entry: number): number {
		return this.#entries[this.#entries.length / 2 + entry] as number;
	}

	private grow(): void {
		const half = this.#entries.length / 2;
		if (half >= RECORDS_MAX) throw new RangeError(`more than ${RECORDS_MAX} records`);
		const entries = new Uint32Array(4 * half);
		entries.set(this.#entries.subarray(0, half));
		entries.set(this.#entries.subarray(half), 2 * half);
		this.#entries = entries;
	}
}

const stepsOf = (cost: number): number => Math.ceil(cost / COST_STEP);

/** What a record's cost counts as. */
export function roundCost(cost: number): number {
	return stepsOf(cost) * COST_STEP;
}
