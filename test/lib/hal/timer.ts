// hal/timer on the virtual clock.
import { clock, type Entry } from "./clock";

export default class Timer {
	readonly #entry: Entry;

	private constructor(callback: (timer: Timer) => void, ms: number, repeat?: number) {
		this.#entry = clock.add(() => callback(this), ms, repeat);
	}

	static set(callback: (timer: Timer) => void, ms = 0, repeat?: number): Timer {
		return new Timer(callback, ms, repeat);
	}

	static repeat(callback: (timer: Timer) => void, ms: number): Timer {
		return new Timer(callback, ms, ms);
	}

	static schedule(timer: Timer, ms?: number, repeat?: number): void {
		clock.schedule(timer.#entry, ms, repeat);
	}

	static clear(timer?: Timer | null): void {
		if (timer) clock.remove(timer.#entry);
	}
}
