/**
 * Packet ids of received QoS 1 messages whose PUBACK isn't written yet, in the order they came: PUBACKs go out in that
 * order (4.6), each after the application has taken its message. Bounded: the owner stops reading when it's full.
 */
export class Receipts {
	/** Ids that wait. */
	count = 0;
	#ids: number[];
	#taken: boolean[];
	#head = 0;

	constructor(size: number) {
		this.#ids = new Array(size).fill(0);
		this.#taken = new Array(size).fill(false);
	}

	get full(): boolean {
		return this.count === this.#ids.length;
	}

	/** A message came. There must be room. */
	add(id: number, taken: boolean): void {
		const slot = (this.#head + this.count) % this.#ids.length;
		this.#ids[slot] = id;
		this.#taken[slot] = taken;
		this.count += 1;
	}

	/** The application has taken the oldest message of this id that it hadn't. @returns whether there was one. */
	take(id: number): boolean {
		for (let i = 0; i < this.count; i += 1) {
			const slot = (this.#head + i) % this.#ids.length;
			if (this.#ids[slot] !== id || this.#taken[slot]) continue;
			this.#taken[slot] = true;
			return true;
		}
		return false;
	}

	/** The id whose PUBACK is due; 0: none is. */
	due(): number {
		return this.count > 0 && this.#taken[this.#head] ? (this.#ids[this.#head] as number) : 0;
	}

	/** The PUBACK that was due is written. */
	done(): void {
		this.#head = (this.#head + 1) % this.#ids.length;
		this.count -= 1;
	}

	/** The connection is gone: the server sends again what it has no PUBACK for. */
	clear(): void {
		this.count = 0;
	}
}
