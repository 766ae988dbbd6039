/**
 * The cloud's sense of time, handed in so that a test can make minutes and days pass at once.
 * Times are milliseconds since 1970, delays are milliseconds.
 */
export interface Clock {
	/** Present time, ms since 1970. */
	now(): number;
	/** Calls back once after `delay` ms; answers what `clear` takes. */
	after(delay: number, callback: () => void): Alarm;
}

/** A pending call back of a clock. Clearing it twice, or after it fired, is harmless. */
export interface Alarm {
	clear(): void;
}

/** The longest delay a Node timer takes, ms; a longer one would fire at once. */
const LONGEST_DELAY = 0x7fffffff;

/** The machine's own clock. Its alarms don't keep the process alive. */
export const systemClock: Clock = {
	now: () => Date.now(),
	after(delay, callback) {
		const timer = setTimeout(callback, Math.min(Math.max(delay, 0), LONGEST_DELAY));
		timer.unref();
		return { clear: () => clearTimeout(timer) };
	},
};
