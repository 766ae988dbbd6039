import { existsSync } from "node:fs";
import { join } from "node:path";
import { boardOfFlash } from "../lib/board-row";

/**
 * The flash file of a device as `board`: the first board that it was has `flash.bin`, any other one its own, so that the
 * same device may be simulated and run on a chip in turn. (Not by product-nwl: the newest token is the only one that holds.)
 */
export function flashOf(folder: string, board: string): string {
	const first = join(folder, "flash.bin");
	// Flash files that don't say are of before there was another board.
	const isOurs = !existsSync(first) || (boardOfFlash(first) ?? "sim") === board;
	return isOurs ? first : join(folder, `flash.${board}.bin`);
}
