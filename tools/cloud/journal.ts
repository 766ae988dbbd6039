import { appendFileSync, existsSync, renameSync, statSync } from "node:fs";
import type { CloudEvent } from "./events";

/** When the file has this many bytes it becomes `<file>.1` (over an older one) and a new one starts. */
const SIZE_MAX = 8 * 1024 * 1024;
/** How long events wait in memory before they are written, ms. */
const DELAY = 250;

/** Keeps events in a file, one JSON object a line, bounded by two files of 8 MB. */
export class Journal {
	readonly #file: string;
	#size: number;
	#lines: string[] = [];
	#timer: NodeJS.Timeout | undefined;

	constructor(file: string) {
		this.#file = file;
		this.#size = existsSync(file) ? statSync(file).size : 0;
	}

	/** Takes an event, to be written soon. */
	add(event: CloudEvent): void {
		this.#lines.push(JSON.stringify(event));
		this.#timer ??= setTimeout(() => this.flush(), DELAY).unref();
	}

	/** Writes what waits. */
	flush(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		if (this.#lines.length === 0) return;
		const text = `${this.#lines.join("\n")}\n`;
		this.#lines = [];
		try {
			if (this.#size + text.length > SIZE_MAX && this.#size > 0) {
				renameSync(this.#file, `${this.#file}.1`);
				this.#size = 0;
			}
			appendFileSync(this.#file, text, { mode: 0o600 });
			this.#size += Buffer.byteLength(text);
		} catch (error) {
			// A full disk must not stop the cloud; the events are still in the log and the stream.
			process.emitWarning(`events cannot be written: ${String(error)}`);
		}
	}
}
