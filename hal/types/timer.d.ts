/** A callback in a time to come; the shape of the Moddable SDK's `timer` module, which `hal/timer` is there. */
export default class Timer {
	/** Objects are made by `set` and `repeat`. */
	private constructor();
	private readonly timerBrand: never;

	/**
	 * Call `callback` once after `ms` milliseconds (never before the present callback has returned), then, if `repeat`
	 * is given and not 0, every `repeat` milliseconds, in the rhythm of the first call: what was missed is not made up for.
	 * A timer without `repeat` is cleared after its call, unless the callback schedules it anew.
	 */
	static set(callback: (timer: Timer) => void, ms?: number, repeat?: number): Timer;

	/** Call `callback` every `ms` milliseconds, the first time after `ms`. */
	static repeat(callback: (timer: Timer) => void, ms: number): Timer;

	/**
	 * Change when a timer that isn't cleared fires next, and its repetition; without `ms` it is suspended until the next
	 * `schedule`.
	 *
	 * @throws {Error} for a timer that was cleared.
	 */
	static schedule(timer: Timer, ms?: number, repeat?: number): void;

	/** Stop it for good. A cleared timer, `undefined` and `null` are no error. */
	static clear(timer?: Timer | null): void;
}
