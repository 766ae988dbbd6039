import SdkTimer from "timer";

type Callback = (timer: Timer) => void;

/** `hal/timer` over the SDK's timers, which take anything for a callback, and whose one-shots can't be set anew in it. */
export default class Timer {
	#callback: Callback;
	/** `undefined`: it waits for `schedule`, or is cleared. */
	#inner: SdkTimer | undefined;
	#state: "set" | "firing" | "cleared" = "set";

	private constructor(callback: Callback) {
		if (typeof callback !== "function") throw new TypeError("timer: a function is needed");
		this.#callback = callback;
	}

	static set(callback: Callback, ms = 0, repeat?: number): Timer {
		const timer = new Timer(callback);
		timer.#start(ms, repeat);
		return timer;
	}

	static repeat(callback: Callback, ms: number): Timer {
		return Timer.set(callback, ms, ms);
	}

	static schedule(timer: Timer, ms?: number, repeat?: number): void {
		if (timer.#state === "cleared") throw new Error("timer: cleared");
		SdkTimer.clear(timer.#inner);
		timer.#inner = undefined;
		if (ms !== undefined) timer.#start(ms, repeat);
	}

	static clear(timer?: Timer | null): void {
		if (!timer) return;
		SdkTimer.clear(timer.#inner);
		timer.#inner = undefined;
		timer.#state = "cleared";
	}

	#start(ms: number, repeat: number | undefined): void {
		// The SDK's C takes whole milliseconds in 31 bits.
		const delay = ms > 0 ? Math.min(Math.ceil(ms), 0x7fffffff) : 0;
		this.#inner = repeat
			? SdkTimer.set(() => this.#callback(this), delay, Math.max(1, Math.ceil(repeat)))
			: SdkTimer.set(() => this.#fire(), delay);
	}

	/** The SDK's one-shot is gone after its call: what schedules this one in it starts another. */
	#fire(): void {
		this.#inner = undefined;
		this.#state = "firing";
		try {
			this.#callback(this);
		} finally {
			// Cleared, set anew, or over.
			if (this.#state === "firing") this.#state = this.#inner ? "set" : "cleared";
		}
	}
}
