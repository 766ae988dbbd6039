import { basename } from "node:path";
import { boardFolder, boardVariables } from "../lib/boards";
import { readBoardFlash } from "../lib/flash-image";
import { BuildError } from "./error";
import type { ChipMachine } from "./native";
import { shownPath } from "./places";

/** What a build has to know of a board. */
export interface BuildBoard {
	/** Its folder's name: what an image's header says. */
	readonly name: string;
	readonly folder: string;
	/** The key of the manifests' `platforms`. */
	readonly platform: string;
}

/** @param board a folder's name in boards/, or the path of one. */
export function buildBoard(board: string, platform?: string): BuildBoard {
	const folder = boardFolder(board);
	return { name: basename(folder), folder, platform: platform ?? hostOf(board) };
}

function hostOf(board: string): string {
	try {
		return boardVariables(board)["HOST"] ?? "sim";
	} catch (cause) {
		throw new BuildError("board", `there is no board ${board}`, { cause, detail: boardFolder(board) });
	}
}

/** A chip's: what it consists of, in bytes. */
export interface ChipBoard {
	readonly name: string;
	readonly machine: ChipMachine;
	readonly ram: number;
	readonly flash: number;
	/** The slot that a first image goes into. */
	readonly slot: { readonly name: string; readonly size: number };
}

const MACHINES: readonly ChipMachine[] = ["sifive-u", "mps2-an386"];

/** Where a first image is put; every slot for firmware has its size. */
export const SLOT = "ota_0";

/** @throws {BuildError} "board" when its manifest lacks something. */
export function chipBoard({ name, folder }: BuildBoard): ChipBoard {
	const { MACHINE, RAM_SIZE } = boardVariables(folder);
	const ram = Number(RAM_SIZE);
	const { size: flash, partitions } = readBoardFlash(folder);
	const slot = partitions.find((it) => it.name === SLOT);
	const refuse = (what: string) => new BuildError("board", `${shownPath(folder)}: ${what}`);
	const machine = MACHINES.find((it) => it === MACHINE);
	if (!machine) throw refuse(`MACHINE in its manifest's build is none of ${MACHINES.join(", ")}`);
	if (!Number.isInteger(ram) || ram <= 0) throw refuse("RAM_SIZE is no number of bytes");
	if (!slot) throw refuse(`partitions.csv has no ${SLOT}`);
	return { name, machine, ram, flash, slot: { name: SLOT, size: slot.size } };
}
