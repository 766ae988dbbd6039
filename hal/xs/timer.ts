/** `hal/timer` of our hosts; the Moddable SDK's `timer` module has the same shape. Types: hal/types/timer.d.ts. */
export default class Timer extends Native("xs_timer_destructor") {
	private constructor(callback: (timer: Timer) => void) {
		super();
		native("xs_timer_constructor").call(this, callback);
	}

	static set(callback: (timer: Timer) => void, ms = 0, repeat?: number): Timer {
		const timer = new Timer(callback);
		native("xs_timer_schedule").call(timer, ms, repeat);
		return timer;
	}

	static repeat(callback: (timer: Timer) => void, ms: number): Timer {
		return Timer.set(callback, ms, ms);
	}

	static schedule(timer: Timer, ms?: number, repeat?: number): void {
		native("xs_timer_schedule").call(timer, ms, repeat);
	}

	static clear(timer?: Timer | null): void {
		if (timer) native("xs_timer_clear").call(timer);
	}
}
