import type { NetworkError } from "./error";

/** What Network stands on: an interface with the rules that keep it up. */
export interface Link {
	/** Go for the network now, whatever the pause. */
	start(now: number): void;
	/** To be called at `wakeAt`. */
	wake(now: number): void;
	readonly wakeAt: number | undefined;
	/** The interface's object is closed, nothing is told any more. */
	close(): void;
}

export interface LinkEvents {
	/** Every callback of the platform runs inside of this: what the rules have decided is told when `step` is done. */
	run(step: (now: number) => void): void;
	online(): void;
	offline(error: NetworkError): void;
	/** For the log. */
	note(text: string): void;
}
