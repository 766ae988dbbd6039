// RAM of a chip while it runs, looked at from outside: the emulator keeps it in a file. The firmware's symbols say where XS,
// lwIP, mbedTLS and our C count what they take (hal/chip/figures.c).
import { readFileSync } from "node:fs";
import { type Elf, symbol } from "./elf";

/** hal/chip/bounds.c paints the C stack with it. */
const PAINT = 0xa5;

/** The emulator's arguments for RAM that lies in a file. */
export const ramInFile = (path: string): string[] => [
	...["-object", `memory-backend-file,id=ram,size=16M,mem-path=${path},share=on`],
	...["-machine", "memory-backend=ram"],
];

/** The most that each has had since the start, and what some have now: bytes. */
export interface RamPeaks {
	readonly cStack: number;
	readonly jsStack: number;
	readonly slots: { readonly now: number; readonly most: number };
	readonly chunks: { readonly now: number; readonly most: number };
	/** What malloc() has got: it gives nothing back. */
	readonly heap: number;
	/** XS's own part of that: names, jumps, tables. */
	readonly xs: number;
	/** TLS's: as its handshake began, in it, now. */
	readonly tls: { readonly setUp: number; readonly most: number; readonly now: number };
	/** Our classes' C objects: sockets, timers, files. */
	readonly native: number;
	/** lwIP's own heap, of `netHeap`. */
	readonly net: number;
	readonly netHeap: number;
}

/** @param path the RAM's file, from the address `_ram_start` on */
export function ramPeaks(path: string, program: Elf): RamPeaks {
	const memory = readFileSync(path);
	const start = symbol(program, "_ram_start");
	const at = (name: string) => symbol(program, name) - start;
	const figure = (name: string) => symbol(program, `figure_${name}`);
	const word = (offset: number) => memory.readUInt32LE(offset);
	const machine = word(at("machine"));
	const ofMachine = (name: string) => (machine === 0 ? 0 : word(machine - start + figure(name)));
	const slot = figure("slotSize");
	const [xs, native, tls] = [at("memoryFigures"), at("memoryFigures") + 8, at("heap")];
	return {
		cStack: painted(memory.subarray(at("_stack_bottom"), at("_stack_top"))),
		jsStack:
			machine === 0 ? 0 : written(memory.subarray(ofMachine("stackBottom") - start, ofMachine("stackTop") - start)),
		slots: { now: slot * ofMachine("slots"), most: slot * ofMachine("slotsPeak") },
		chunks: { now: ofMachine("chunks"), most: ofMachine("chunksPeak") },
		heap: word(at("low")) - symbol(program, "_heap_start"),
		xs: word(xs + 4),
		native: word(native + 4),
		tls: { now: word(tls), most: word(tls + 4), setUp: word(tls + 12) },
		net: memory.readUInt16LE(at("lwip_stats") + figure("netHeapPeak")),
		netHeap: figure("netHeap"),
	};
}

/** Of the C stack, which grows downwards, how much was ever written. */
function painted(stack: Buffer): number {
	const bottom = stack.findIndex((byte) => byte !== PAINT);
	return bottom < 0 ? 0 : stack.length - bottom;
}

/**
 * Of the JavaScript stack: what is above the longest stretch that is still zero, as at power-on. XS links modules in a list at
 * its lower end, which is no depth.
 */
function written(stack: Buffer): number {
	let [longest, end, zeros] = [0, 0, 0];
	for (const [at, byte] of stack.entries()) {
		zeros = byte === 0 ? zeros + 1 : 0;
		if (zeros > longest) [longest, end] = [zeros, at + 1];
	}
	return stack.length - end;
}
