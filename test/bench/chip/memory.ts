// RAM of a chip while it runs, as the bench's rows have it (tools/build/chip/ram-peaks.ts).
import { readElf, symbol } from "../../../tools/build/chip/elf";
import { ramPeaks } from "../../../tools/build/chip/ram-peaks";
import type { ChipReport } from "../../../tools/build/chip/report";

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

/** Looks at it: at the whole JavaScript stack, since it's there for nothing else. */
export function ramInUse(path: string, elf: string, report: ChipReport): RamInUse {
	const program = readElf(elf);
	const { cStack, slots, chunks, heap } = ramPeaks(path, program);
	return {
		cStack,
		variables: symbol(program, "_heap_start") - symbol(program, "_stack_top"),
		jsStack: report.ram.rows.find(({ owner }) => owner === "JavaScript stack")?.bytes ?? Number.NaN,
		slots: slots.most,
		chunks: chunks.most,
		heap,
	};
}
