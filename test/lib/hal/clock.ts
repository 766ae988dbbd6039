// The virtual clock behind the doubles of hal/timer and hal/system: time passes only when a test says so.

interface Entry {
	readonly callback: () => void;
	at: number;
	repeat: number | undefined;
}

class Clock {
	now = 0;
	#entries = new Set<Entry>();

	add(callback: () => void, ms: number, repeat: number | undefined): Entry {
		const entry = { callback, at: this.now + ms, repeat };
		this.#entries.add(entry);
		return entry;
	}

	schedule(entry: Entry, ms: number | undefined, repeat: number | undefined): void {
		if (!this.#entries.has(entry)) throw new Error("a cleared timer");
		entry.at = ms === undefined ? Number.POSITIVE_INFINITY : this.now + ms;
		entry.repeat = repeat;
	}

	remove(entry: Entry): void {
		this.#entries.delete(entry);
	}

	/** Let `ms` milliseconds pass: what falls due is called in its order, each at its time. */
	pass(ms: number): void {
		const end = this.now + ms;
		for (;;) {
			let first: Entry | undefined;
			for (const entry of this.#entries) if (entry.at <= end && (!first || entry.at < first.at)) first = entry;
			if (!first) break;
			this.now = Math.max(this.now, first.at);
			if (first.repeat === undefined) this.#entries.delete(first);
			else first.at = this.now + first.repeat;
			first.callback();
		}
		this.now = end;
	}

	/** No timer is left and it's midnight again: for the start of a test. */
	reset(): void {
		this.#entries.clear();
		this.now = 0;
	}
}

export type { Entry };
export const clock = new Clock();
