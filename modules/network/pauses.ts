/** The first pause is a random part of this, ms; each further one of twice as much, up to the last. */
export const FIRST_PAUSE = 2_000;
export const LAST_PAUSE = 60_000;
/** A network that was there for so long, ms, was a good one: the next loss begins a new count. */
export const STABLE = 30_000;

/** Back-off with full jitter: a house of devices that lost its access point must not come back in one second. */
export default class Pauses {
	#random: () => number;
	#tries = 0;

	/** @param random in [0, 1). */
	constructor(random: () => number) {
		this.#random = random;
	}

	next(): number {
		const most = Math.min(FIRST_PAUSE * 2 ** this.#tries, LAST_PAUSE);
		if (most < LAST_PAUSE) this.#tries += 1;
		return this.#random() * most;
	}

	/** The network was there for so long. */
	lasted(ms: number): void {
		if (ms >= STABLE) this.#tries = 0;
	}
}
