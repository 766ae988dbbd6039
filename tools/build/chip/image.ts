import type { ChipBoard } from "../board";
import { BuildError } from "../error";
import { type ImageContent, writeChipImage, writeImage } from "../image";
import type { Firmware } from "./firmware";
import { flashRows } from "./flash-report";
import { ramRows } from "./ram-report";
import { type ChipReport, report } from "./report";
import { makeRom, type RomOptions } from "./rom";

export interface ChipImage {
	readonly image: Buffer;
	readonly report: ChipReport;
}

/**
 * A program's modules to what a chip boots: the firmware makes its ROM of them (rom.ts), and both go into one image.
 *
 * @throws {BuildError} "rom" when a module can't be preloaded or the ROM is too large for the processor's window.
 */
export async function chipImage(
	content: ImageContent,
	firmware: Firmware,
	board: ChipBoard,
	options: RomOptions,
): Promise<ChipImage> {
	const { modules, ...rest } = content;
	const rom = await makeRom(firmware, writeImage(content), options);
	if (rom.bytes.length > firmware.romMost)
		throw new BuildError("rom", `the ROM has ${rom.bytes.length} bytes, the processor sees ${firmware.romMost} of it`);
	const { code, codeAt, romAt } = firmware;
	const { ram, flash } = board;
	const image = writeChipImage({ ...rest, code, codeAt, rom: rom.bytes, romAt, ram, flash });
	return {
		image,
		report: report(board, flashRows(image, firmware, rom, modules), ramRows(firmware, content.creation)),
	};
}
