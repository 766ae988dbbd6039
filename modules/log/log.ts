import { note } from "hal/system";

export type Level = "debug" | "info" | "warn" | "error" | "silent";

export interface LogOptions {
	/** Lines below it are dropped; default `"info"`. */
	readonly level?: Level;
	/** Where lines go beside the last words; default the console. */
	readonly sink?: (line: string) => void;
}

const ranks: Readonly<Record<Level, number>> = Object.freeze({ debug: 0, info: 1, warn: 2, error: 3, silent: 4 });

/** The longest line, in characters: the last words keep 120 bytes of one. */
const LINE_MAX = 160;

/**
 * A log of one module: `I link online`, the level's letter, the module's name, the text. Line breaks become ` | `, other
 * control characters `?`, long lines are cut. Every line that passes the level is also one of the last words (`hal/system`
 * keeps eight).
 *
 * Secrets: hand in texts that hold none; objects are never printed, of an error only its name and message.
 */
export default class Log {
	readonly name: string;
	#options: LogOptions;
	#rank: number;

	constructor(name: string, options: LogOptions = {}) {
		this.name = name;
		this.#options = options;
		this.#rank = ranks[options.level ?? "info"];
	}

	/** A log with another name, the same level and sink. */
	named(name: string): Log {
		return new Log(name, this.#options);
	}

	debug(text: string): void {
		this.#write(0, "D", text);
	}

	info(text: string): void {
		this.#write(1, "I", text);
	}

	warn(text: string): void {
		this.#write(2, "W", text);
	}

	error(text: string): void {
		this.#write(3, "E", text);
	}

	/** Something was thrown: its name and message in one line, each line of its stack in one of its own. */
	exception(text: string, thrown: unknown): void {
		if (!(thrown instanceof Error)) {
			this.error(`${text}: ${typeof thrown} thrown`);
			return;
		}
		const { name, message, stack = "" } = thrown;
		this.error(`${text}: ${name}: ${message}`);
		for (const line of stack.split("\n")) {
			const frame = line.trim();
			if (frame.startsWith("at ")) this.error(frame);
		}
	}

	#write(rank: number, letter: string, text: string): void {
		if (rank < this.#rank) return;
		const line = `${letter} ${this.name} ${flat(text)}`;
		const short = line.length > LINE_MAX ? `${line.slice(0, LINE_MAX - 1)}…` : line;
		note(short);
		const { sink } = this.#options;
		if (sink) sink(short);
		else console.log(short);
	}
}

/** What a peer sent may be in a line: it neither makes lines of its own nor steers a terminal. */
function flat(text: string): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
	return text.replaceAll("\n", " | ").replace(/[\x00-\x1f\x7f]/g, "?");
}
