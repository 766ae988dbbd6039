import type { Alarm, Clock } from "../clock";
import { CloudError } from "../errors";

/** Questions to devices that wait for their answers, by key; each is settled exactly once. */
export class Waiting {
	readonly #clock: Clock;
	readonly #open = new Map<string, { resolve(payload: Buffer): void; reject(error: CloudError): void; alarm: Alarm }>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** Waits for the answer under `key`, at most `timeout` ms; rejects with `timeout`. */
	ask(key: string, timeout: number): Promise<Buffer> {
		return new Promise((resolve, reject) => {
			const alarm = this.#clock.after(timeout, () => {
				this.#open.delete(key);
				reject(new CloudError("timeout", `the device did not answer within ${timeout} ms`, { detail: "TIMEOUT" }));
			});
			this.#open.set(key, { resolve, reject, alarm });
		});
	}

	/** Settles the question under `key`; answers whether there was one. */
	answer(key: string, payload: Buffer): boolean {
		const one = this.#open.get(key);
		if (!one) return false;
		this.#open.delete(key);
		one.alarm.clear();
		one.resolve(payload);
		return true;
	}

	/** Gives a question up that could not be asked: its promise stays open for ever, so nobody may wait for it. */
	forget(key: string): void {
		this.#open.get(key)?.alarm.clear();
		this.#open.delete(key);
	}

	/** Ends all questions. */
	close(): void {
		for (const one of this.#open.values()) {
			one.alarm.clear();
			one.reject(new CloudError("offline", "the cloud is shutting down"));
		}
		this.#open.clear();
	}
}
