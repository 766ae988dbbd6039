/** Makes the platform's message ids: decimal, 64 bit, rising. They hold more than a JavaScript number does. */
export class MessageIds {
	readonly #now: () => number;
	#last = 0n;

	constructor(now: () => number) {
		this.#now = now;
	}

	next(): string {
		const id = BigInt(this.#now()) << 20n;
		this.#last = id > this.#last ? id : this.#last + 1n;
		return this.#last.toString();
	}
}
