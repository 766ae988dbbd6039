import { RECORDS_MAX } from "./records";

/** The value can't be told: damaged, or perhaps not the newest. In the lowest bit of a place; records lie at multiples of 4. */
const DOUBTFUL = 1;

/** Where the newest record of each name is: 10 bytes a name, and no object. */
export class Index {
	count = 0;
	/** Bytes that the live records take in the flash. */
	live = 0;
	/** Some record is missing that nobody can name. */
	lost = false;
	readonly #hashes = new Uint32Array(RECORDS_MAX);
	readonly #places = new Uint32Array(RECORDS_MAX);
	readonly #costs = new Uint16Array(RECORDS_MAX);

	/** The next entry of this hash from `from` on; -1 when there's none. Two live names never share one. */
	find(hash: number): number {
		const found = this.#hashes.indexOf(hash);
		return found < this.count ? found : -1;
	}

	/** The record's place, as `set` was given it. */
	at(entry: number): number {
		return (this.#places[entry] as number) & ~3;
	}

	costAt(entry: number): number {
		return this.#costs[entry] as number;
	}

	isDoubtful(entry: number): boolean {
		return ((this.#places[entry] as number) & DOUBTFUL) !== 0;
	}

	/** Answers whether there was room. */
	set(hash: number, at: number, cost: number, doubtful: boolean): boolean {
		let entry = this.find(hash);
		if (entry < 0) {
			if (this.count === RECORDS_MAX) return false;
			entry = this.count++;
			this.#hashes[entry] = hash;
			this.#costs[entry] = 0;
		}
		this.live += cost - this.costAt(entry);
		this.#places[entry] = at | (doubtful ? DOUBTFUL : 0);
		this.#costs[entry] = cost;
		return true;
	}

	move(entry: number, at: number, cost: number, doubtful: boolean): void {
		this.live += cost - this.costAt(entry);
		this.#places[entry] = at | (doubtful ? DOUBTFUL : 0);
		this.#costs[entry] = cost;
	}

	remove(hash: number): void {
		const entry = this.find(hash);
		if (entry < 0) return;
		this.live -= this.costAt(entry);
		this.count -= 1;
		this.#hashes[entry] = this.#hashes[this.count] as number;
		this.#places[entry] = this.#places[this.count] as number;
		this.#costs[entry] = this.#costs[this.count] as number;
		this.#hashes[this.count] = 0;
	}

	/** Records are missing: none that's here can be trusted to be the newest. */
	doubtAll(): void {
		this.lost = true;
		for (let i = 0; i < this.count; i += 1) this.#places[i] = (this.#places[i] as number) | DOUBTFUL;
	}

	clear(): void {
		this.count = 0;
		this.live = 0;
		this.lost = false;
		this.#hashes.fill(0);
	}
}
