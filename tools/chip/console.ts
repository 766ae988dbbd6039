import type { ResetReason } from "../simulator/events";
import type { ChipEvent } from "./events";

const boot = /^# boot (\S+) (\S+): run (\d+), (\S+)$/;
const trap = /^# trap: (.+) at (0x[0-9a-f]+), pc (0x[0-9a-f]+)/;
const reset = /^# (software|watchdog|exception|memory|stack|unknown): (.*)$/;
const loader = /^# loader: (.*)$/;
const powerCut = /^# power cut\b/;

/** Hears in a chip's console what happened to it: hal/chip prints these lines, and the loader its own. */
export class ChipConsole {
	readonly #now: () => number;
	#run = 0;
	#bootedAt = 0;

	/** @param now milliseconds */
	constructor(now: () => number) {
		this.#now = now;
	}

	/** What `line` tells; undefined for the program's own words. */
	hear(line: string): ChipEvent | undefined {
		const booted = boot.exec(line);
		if (booted) {
			const [, board = "", version = "", run, reason] = booted;
			this.#run = Number(run);
			this.#bootedAt = this.#now();
			return { event: "boot", run: this.#run, reason: reason as ResetReason, board, version };
		}
		const trapped = trap.exec(line);
		if (trapped) {
			const [, cause = "", address = "", pc = ""] = trapped;
			return { event: "trap", cause, address, pc };
		}
		const ended = reset.exec(line);
		if (ended) {
			const [, reason, message = ""] = ended;
			const uptime = Math.round(this.#now() - this.#bootedAt);
			return { event: "reset", run: this.#run, reason: reason as ResetReason, message, uptime };
		}
		const text = loader.exec(line)?.[1];
		if (text !== undefined) return { event: "loader", text };
		return powerCut.test(line) ? { event: "power" } : undefined;
	}
}
