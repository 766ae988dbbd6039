import type { ChipBoard } from "../board";
import { BuildError } from "../error";
import type { Row } from "./flash-report";
import { largestOf, type MeasuredRam, measuredText } from "./ram-measured";
import { count, largest, type Memory, tableOf } from "./table";

/** What a team asks of a firmware before it is flashed. */
export interface ChipReport {
	readonly board: string;
	readonly flash: Memory;
	/** As far as it is known before anything runs. */
	readonly ram: Memory;
	/** Of a run on the emulator (measure.ts). */
	readonly measured?: MeasuredRam;
}

/**
 * What the C heap should have where nobody has measured: an estimate. A TLS handshake takes up to 29 KB of it, XS's own tables,
 * sockets and packets the rest; a program that doesn't connect needs less.
 */
export const HEAP_LEAST = 48 * 1024;

export function report(board: ChipBoard, flash: readonly Row[], ram: readonly Row[]): ChipReport {
	return {
		board: board.name,
		flash: memory(board.slot.name, board.slot.size, flash),
		ram: memory("RAM", board.ram, ram),
	};
}

function memory(name: string, size: number, rows: readonly Row[]): Memory {
	const used = rows.reduce((sum, { bytes }) => sum + bytes, 0);
	return { name, size, rows, used, left: size - used };
}

/**
 * Holds a firmware's flash against its board.
 *
 * @throws {BuildError} "board" naming what is too large, the largest owners, and what a manifest can leave out; `detail`
 *   has the tables.
 */
export function checkFlash(it: ChipReport): void {
	const { board, flash } = it;
	if (flash.left >= 0) return;
	const optional = flash.rows.filter(({ owner }) => /^(byte code|data)/.test(owner) && !/: (main|hal)$/.test(owner));
	throw new BuildError(
		"board",
		`the image has ${count(flash.used)} bytes, ${flash.name} of ${board} has ${count(flash.size)}: ${count(-flash.left)} too many. ` +
			`The largest are ${largest(flash.rows)}. A manifest can leave out: ${largest(optional)}`,
		{ detail: textOf(it) },
	);
}

/**
 * And its RAM: by what a run took, or else by an estimate.
 *
 * @throws {BuildError} "board" with the largest owners; `detail` has the tables.
 */
export function checkRam(it: ChipReport): void {
	const { board, ram, measured } = it;
	const left = measured ?? ram;
	const least = measured ? measured.reserve : HEAP_LEAST;
	if (left.left >= least) return;
	const owners = measured ? largestOf(measured) : largest(ram.rows);
	const why = measured ? "were left for the C heap in a run" : "are left for the C heap";
	const wanted = measured
		? `which should keep ${count(least)}`
		: `which needs about ${count(least)} to connect: --measure says how many`;
	throw new BuildError(
		"board",
		`${board} has ${count(ram.size)} bytes of RAM, ${count(Math.max(0, left.left))} ${why}, ${wanted}. ` +
			`The largest are ${owners}. The board's creation.static gives XS its share`,
		{ detail: textOf(it) },
	);
}

const UNMEASURED = "what of it a run takes isn't measured: --measure lets the emulator run the image once";

/** The tables for a terminal. */
export function textOf({ flash, ram, measured }: ChipReport): string {
	return [
		...tableOf("flash", flash, `left of ${flash.name}`),
		"",
		...tableOf("RAM", ram, "left for the C heap: TLS, sockets, XS's tables"),
		...(measured ? ["", ...measuredText(measured)] : [UNMEASURED]),
	].join("\n");
}
