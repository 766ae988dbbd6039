import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BuildError } from "../error";
import type { ChipMachine } from "../native";
import { type Elf, flashBytes, readElf, symbol } from "./elf";
import { type Piece, readMap } from "./map";

/** The native part of a chip's image: the same for every program and board of a machine. */
export interface Firmware {
	readonly machine: ChipMachine;
	/** The program file. */
	readonly elf: string;
	/** What lies where, by the linker's map. */
	readonly pieces: readonly Piece[];
	/** The native functions that byte code may name. */
	readonly natives: readonly string[];
	readonly code: Buffer;
	/** Where code and ROM lie in an image: bytes from its start. */
	readonly codeAt: number;
	readonly romAt: number;
	/** The most that ROM may have. */
	readonly romMost: number;
	/** Addresses. */
	readonly codeStart: number;
	readonly heapStart: number;
	readonly ramStart: number;
	/** Where an image run finds the modules. */
	readonly modulesAt: number;
}

/** Where header and table of sections end, and code begins. */
const CODE_AT = 0x400;

/** @throws {BuildError} "tool" when it was not built. */
export function readFirmware(machine: ChipMachine, folder: string): Firmware {
	const elf = join(folder, "firmware.elf");
	if (!existsSync(elf))
		throw new BuildError(
			"tool",
			`the firmware for ${machine} was not built yet: npx linkxs build with that board does it`,
			{
				detail: elf,
			},
		);
	const natives = readFileSync(join(folder, "natives.txt"), "utf8").split("\n").filter(Boolean).sort();
	return { machine, elf, pieces: readMap(join(folder, "firmware.map")), natives, ...places(readElf(elf)) };
}

function places(elf: Elf) {
	const window = symbol(elf, "_window_start");
	const romStart = symbol(elf, "_rom_start");
	return {
		code: flashBytes(elf, window + CODE_AT, romStart),
		codeAt: CODE_AT,
		codeStart: window + CODE_AT,
		romAt: romStart - window,
		romMost: symbol(elf, "_window_end") - romStart,
		heapStart: symbol(elf, "_heap_start"),
		ramStart: symbol(elf, "_ram_start"),
		modulesAt: symbol(elf, "_modules_start"),
	};
}
