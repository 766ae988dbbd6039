// Counts what a chip executes, by the lines it prints: the emulator's plugin (counter.c) tells how many instructions were
// executed when the firmware began to print, the console tells what it printed there.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { readElf, symbol } from "../../../tools/build/chip/elf";

const here = new URL(".", import.meta.url).pathname;
const made = new URL("../../../build/bench", import.meta.url).pathname;

/** Compiles the plugin; answers its path. */
function plugin(): string {
	const path = `${made}/counter.so`;
	mkdirSync(made, { recursive: true });
	execFileSync("gcc", ["-O2", "-shared", "-fPIC", "-fvisibility=hidden", `${here}counter.c`, "-o", path]);
	return path;
}

/** From where to where, by the beginnings of lines, to look which blocks of code were executed how often. */
export interface Profile {
	readonly file: string;
	/** What was printed before: bytes, as `Counts.offset` tells them of a run before. */
	readonly from: number;
	readonly to: number;
}

/** A run's counts. */
export class Counter {
	/** What the emulator is to be started with. */
	readonly arguments: readonly string[];
	readonly #file: string;

	/** @param elf the firmware's program file: where it starts, and where it prints. */
	constructor(elf: string, file: string, profile?: Profile) {
		const program = readElf(elf);
		const at = (name: string) => `0x${symbol(program, name).toString(16)}`;
		const places = `start=${at("_start")},text=${at("portConsole")},byte=${at("uartSend")}`;
		const more = profile ? `,profile=${profile.file},from=${profile.from},to=${profile.to}` : "";
		this.arguments = ["-plugin", `${plugin()},out=${file},${places}${more}`];
		this.#file = file;
	}

	/** @param lines all that the firmware has printed, the loader's lines not. */
	read(lines: readonly string[]): Counts {
		return new Counts(readFileSync(this.#file, "utf8"), lines);
	}
}

/** How many instructions were executed when a line was begun. */
export class Counts {
	/** Before the firmware's first instruction: the boot loader's. */
	readonly loader: number;
	readonly #at = new Map<number, number>();
	readonly #lines: { readonly line: string; readonly offset: number }[] = [];

	constructor(text: string, lines: readonly string[]) {
		const starts: number[] = [];
		for (const line of text.split("\n")) {
			const [what, count, offset] = line.split(" ");
			if (what === "start") starts.push(Number(count));
			if (what === "text" && offset !== undefined) this.#at.set(Number(offset), Number(count));
		}
		const [start] = starts;
		if (start === undefined) throw new Error("the chip was not counted: its firmware did not start");
		this.loader = start;
		let offset = 0;
		for (const line of lines) {
			this.#lines.push({ line, offset });
			offset += Buffer.byteLength(line) + 2; // \r\n
		}
	}

	/** From the firmware's first instruction to the first line that begins so. */
	sinceStart(line: string): number {
		return this.#count(line) - this.loader;
	}

	/** From the first line that begins so, to the first one that begins with `to`. */
	between(from: string, to: string): number {
		return this.#count(to) - this.#count(from);
	}

	/** How many bytes were printed before that line. */
	offset(line: string): number {
		const found = this.#lines.find((it) => it.line.startsWith(line));
		if (!found) throw new Error(`the chip did not print "${line}"`);
		return found.offset;
	}

	#count(line: string): number {
		const count = this.#at.get(this.offset(line));
		if (count === undefined) throw new Error(`the chip's line "${line}" was not counted`);
		return count;
	}
}
