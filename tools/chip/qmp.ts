import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";

interface Answer {
	readonly return?: unknown;
	readonly error?: { readonly desc?: string };
}

/** QEMU's machine protocol (QMP), as far as it's needed here: one question after the other. */
export class Qmp {
	readonly #stream: Duplex;
	#asked: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
	#isOpen = true;

	constructor(stream: Duplex) {
		this.#stream = stream;
		const closed = () => this.#close();
		// The end is the process's to tell.
		stream.on("error", closed);
		const lines = createInterface({ input: stream });
		lines.on("line", (line) => this.#line(line));
		for (const event of ["close", "error"]) lines.on(event, closed);
		this.execute("qmp_capabilities").catch(() => {});
	}

	/** @throws {Error} with QEMU's words; when it has gone */
	execute(command: string): Promise<unknown> {
		return new Promise((resolve, reject) => {
			if (!this.#isOpen) {
				reject(new Error("the emulator has ended"));
				return;
			}
			this.#asked.push({ resolve, reject });
			this.#stream.write(`${JSON.stringify({ execute: command })}\n`);
		});
	}

	#line(line: string): void {
		const answer = JSON.parse(line) as Answer;
		if (!("return" in answer) && !("error" in answer)) return; // its greeting, and events
		const asked = this.#asked.shift();
		if (answer.error) asked?.reject(new Error(answer.error.desc ?? "refused"));
		else asked?.resolve(answer.return);
	}

	#close(): void {
		this.#isOpen = false;
		for (const { reject } of this.#asked.splice(0)) reject(new Error("the emulator has ended"));
	}
}
