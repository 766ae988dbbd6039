import type { ChipBoard } from "../board";
import { BuildError } from "../error";
import type { Row } from "./flash-report";

/** A kind of memory: what there is, who has it. */
export interface Memory {
	/** What it is called on the board: `ota_0`, `RAM`. */
	readonly name: string;
	readonly size: number;
	readonly rows: readonly Row[];
	readonly used: number;
	/** Below zero: so much is missing. */
	readonly left: number;
}

/** What a team asks of a firmware before it is flashed. */
export interface ChipReport {
	readonly board: string;
	readonly flash: Memory;
	readonly ram: Memory;
}

/**
 * What a connected device takes of the C heap at least: a TLS handshake (up to 29 KB), XS's own tables, sockets and
 * packets. Nothing smaller was ever seen to connect.
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
 * Holds a firmware against its board.
 *
 * @throws {BuildError} "board" naming what is too large, the largest owners, and what a manifest can leave out; `detail`
 *   has the tables.
 */
export function checkBudget(it: ChipReport): void {
	const { board, flash, ram } = it;
	const text = () => textOf(it);
	if (flash.left < 0) {
		const optional = flash.rows.filter(({ owner }) => /^(byte code|data)/.test(owner) && !/: (main|hal)$/.test(owner));
		throw new BuildError(
			"board",
			`the image has ${count(flash.used)} bytes, ${flash.name} of ${board} has ${count(flash.size)}: ${count(-flash.left)} too many. ` +
				`The largest are ${largest(flash.rows)}. A manifest can leave out: ${largest(optional)}`,
			{ detail: text() },
		);
	}
	if (ram.left < HEAP_LEAST)
		throw new BuildError(
			"board",
			`${board} has ${count(ram.size)} bytes of RAM, ${count(Math.max(0, ram.left))} are left for the C heap, which needs ` +
				`${count(HEAP_LEAST)}. The largest are ${largest(ram.rows)}. The board's creation.static gives XS its share`,
			{ detail: text() },
		);
}

function largest(rows: readonly Row[]): string {
	const sorted = [...rows].sort((a, b) => b.bytes - a.bytes).slice(0, 5);
	return sorted.map(({ owner, bytes }) => `${owner.replace(/^byte code: /, "")} ${count(bytes)}`).join(", ");
}

/** With commas between thousands. */
export function count(value: number): string {
	return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Both tables for a terminal. */
export function textOf({ flash, ram }: ChipReport): string {
	return [
		...lines("flash", flash, `left of ${flash.name}`),
		"",
		...lines("RAM", ram, "left for the C heap: TLS, sockets, XS's tables"),
	].join("\n");
}

function lines(title: string, { size, rows, used, left }: Memory, rest: string): string[] {
	const all = [
		...rows.map(({ owner, bytes }) => [`  ${owner}`, bytes] as const),
		["all of it", used] as const,
		[`${rest}, of ${count(size)}`, left] as const,
	];
	const width = Math.max(title.length, ...all.map(([owner]) => owner.length));
	const digits = Math.max(5, ...all.map(([, bytes]) => count(bytes).length));
	const line = (owner: string, bytes: string, share: string) =>
		`${owner.padEnd(width)}  ${bytes.padStart(digits)}  ${share.padStart(6)}`;
	return [
		line(title, "bytes", "share"),
		...all.map(([owner, bytes]) => line(owner, count(bytes), `${((100 * bytes) / size).toFixed(1)}%`)),
	];
}
