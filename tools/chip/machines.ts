// The machines of hal/chip as QEMU knows them.
import type { ChipMachine } from "../build/native";
import { boardOfFlash } from "../lib/board-row";
import { boardNames, boardVariables } from "../lib/boards";

interface Machine {
	/** The QEMU that has it. */
	readonly program: string;
	/** The board, with no device of its own but these. */
	readonly board: readonly string[];
	/** Where the boot loader lies. */
	readonly loaderAt: number;
	/** A device's NOR and fuses: arguments, and words to the firmware (hal/chip/straps.h). */
	readonly memories: (
		flash: string,
		fuses: string,
	) => { readonly args: readonly string[]; readonly straps: readonly string[] };
}

/** What stands in one of QEMU's lists, which commas part. */
export const escaped = (text: string) => text.replaceAll(",", ",,");

export const machines: Readonly<Record<ChipMachine, Machine>> = {
	"sifive-u": {
		program: "qemu-system-riscv32",
		board: ["-M", "sifive_u,start-in-flash=true", "-smp", "2", "-m", "16M", "-bios", "none"],
		loaderAt: 0x2000_0000,
		memories: (flash, fuses) => ({
			args: [
				...["-drive", `if=mtd,format=raw,file=${escaped(flash)}`],
				...["-drive", `if=pflash,format=raw,file=${escaped(fuses)}`],
			],
			straps: [],
		}),
	},
	// It has neither memory: the firmware opens the files itself, by semihosting.
	"mps2-an386": {
		program: "qemu-system-arm",
		board: ["-M", "mps2-an386"],
		loaderAt: 0,
		memories: (flash, fuses) => ({ args: [], straps: [`flash=${flash}`, `otp=${fuses}`] }),
	},
};

/** The machine of the board that a flash file says it is (tools/lib/board-row.ts): sifive-u for one that boards/ doesn't have. */
export function machineOf(flash: string): ChipMachine {
	const board = boardOfFlash(flash) ?? "";
	const name = boardNames().includes(board) ? boardVariables(board)["MACHINE"] : undefined;
	return name !== undefined && Object.hasOwn(machines, name) ? (name as ChipMachine) : "sifive-u";
}
