import type { Alarm, Clock } from "../clock";

/**
 * Watches that a client says something at least every 1.5 times its keep alive (MQTT 3.1.1, 3.1.2.10). One alarm a
 * client: a packet only notes the time, and the alarm looks when it fires.
 */
export class KeepAlive {
	readonly #clock: Clock;
	readonly #limit: number;
	readonly #expired: () => void;
	#heard: number;
	#alarm: Alarm | undefined;

	/** `seconds` as in CONNECT; `expired` is called once. */
	constructor(clock: Clock, seconds: number, expired: () => void) {
		this.#clock = clock;
		this.#limit = seconds * 1500;
		this.#expired = expired;
		this.#heard = clock.now();
		this.#arm(this.#limit);
	}

	/** A packet came. */
	heard(): void {
		this.#heard = this.#clock.now();
	}

	/** Ends the watch. */
	stop(): void {
		this.#alarm?.clear();
		this.#alarm = undefined;
	}

	#arm(delay: number): void {
		this.#alarm = this.#clock.after(delay, () => {
			const left = this.#heard + this.#limit - this.#clock.now();
			if (left > 0) this.#arm(left);
			else this.#expired();
		});
	}
}
