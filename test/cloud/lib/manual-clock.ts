import type { Alarm, Clock } from "../../../tools/cloud/clock";

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
	#now: number;
	readonly #alarms = new Set<{ at: number; callback: () => void }>();

	constructor(start = Date.UTC(2026, 0, 1)) {
		this.#now = start;
	}

	now(): number {
		return this.#now;
	}

	after(delay: number, callback: () => void): Alarm {
		const alarm = { at: this.#now + delay, callback };
		this.#alarms.add(alarm);
		return { clear: () => void this.#alarms.delete(alarm) };
	}

	/** Lets `ms` pass, alarm by alarm in order. */
	advance(ms: number): void {
		const end = this.#now + ms;
		for (;;) {
			const due = [...this.#alarms].filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
			if (!due) break;
			this.#alarms.delete(due);
			this.#now = Math.max(this.#now, due.at);
			due.callback();
		}
		this.#now = end;
	}
}
