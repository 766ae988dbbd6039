/** A number in [0, 1). */
export type Random = () => number;

/** Waits of one kind of failure, ms: the n-th try (from 0) waits `floor` plus a random part of min(cap, base × 2ⁿ). */
export interface Wait {
	readonly floor: number;
	readonly base: number;
	readonly cap: number;
}

/** Exponential back-off with full jitter: what failed for all of a house at once must not come back in one second. */
export default class Backoff {
	#random: Random;
	#tries = 0;

	constructor(random: Random) {
		this.#random = random;
	}

	/** The wait before the next try, whole ms; counts it. */
	next({ floor, base, cap }: Wait): number {
		const most = this.#tries < 20 ? base * 2 ** this.#tries : cap;
		this.#tries += 1;
		return floor + Math.floor(this.#random() * Math.min(most, cap));
	}

	/** All was well: the next failure begins a new count. */
	reset(): void {
		this.#tries = 0;
	}
}
