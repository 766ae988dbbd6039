// RAM of a chip while it runs, looked at from outside: the emulator keeps it in a file. What the firmware counts itself (slots,
// chunks) its console tells.
import { readFileSync } from "node:fs";
import { type Elf, readElf, symbol } from "../../../tools/build/chip/elf";
import type { ChipReport } from "../../../tools/build/chip/report";

/** hal/chip/bounds.c paints the C stack with it. */
const PAINT = 0xa5;

/** Bytes by owner: the most that each had. */
export interface RamInUse {
	readonly cStack: number;
	readonly variables: number;
	readonly jsStack: number;
	readonly slots: number;
	readonly chunks: number;
	readonly heap: number;
}

export const ramTotal = (it: RamInUse): number => Object.values(it).reduce((sum, bytes) => sum + bytes, 0);

/** The emulator's arguments for RAM that lies in a file. */
export const ramInFile = (path: string): string[] => [
	...["-object", `memory-backend-file,id=ram,size=16M,mem-path=${path},share=on`],
	...["-machine", "memory-backend=ram"],
];

/**
 * Looks at it.
 *
 * @param told `hal/system`'s memory() of that moment, as the device printed it
 */
export function ramInUse(
	path: string,
	elf: string,
	report: ChipReport,
	told: Readonly<Record<string, number>>,
): RamInUse {
	const program = readElf(elf);
	const memory = readFileSync(path);
	const start = symbol(program, "_ram_start");
	const row = (owner: string) => report.ram.rows.find((it) => it.owner === owner)?.bytes ?? 0;
	return {
		cStack: stackPeak(memory, symbol(program, "_stack_top") - start),
		variables: symbol(program, "_heap_start") - symbol(program, "_stack_top"),
		jsStack: row("JavaScript stack"),
		slots: told["slotsPeak"] ?? Number.NaN,
		chunks: told["chunksPeak"] ?? Number.NaN,
		heap: heapGiven(memory, program, start),
	};
}

function stackPeak(memory: Buffer, size: number): number {
	const bottom = memory.subarray(0, size).findIndex((byte) => byte !== PAINT);
	return size - bottom;
}

/** How far malloc() has come: sbrk()'s variable `low`. */
function heapGiven(memory: Buffer, program: Elf, start: number): number {
	const low = memory.readUInt32LE(symbol(program, "low") - start);
	return low - symbol(program, "_heap_start");
}
