import type { Creation } from "../image";
import type { Firmware } from "./firmware";
import type { Row } from "./flash-report";
import type { Piece } from "./map";
import { byOwner, OWNERS } from "./owners";

/** Bytes of one of XS's slots on a chip. */
const SLOT = 16;

/**
 * What of a board's RAM is taken before anything runs: by the linker, and by the arena that the board's creation record asks
 * for. What is left is the C heap: XS's own tables, TLS, sockets, our C's objects.
 */
export function ramRows({ pieces, ramStart }: Firmware, creation: Creation): Row[] {
	const inRam = pieces.filter(({ address }) => address >= ramStart);
	const stack = creation.stack * SLOT;
	return [
		...sum("C stack", inRam, ".stack"),
		...sum("retained over a reset", inRam, ".retained"),
		...variables(inRam.filter(({ section }) => /^\.(data|tdata|bss)$/.test(section))),
		{ owner: "JavaScript stack", bytes: stack },
		{ owner: "XS slots and chunks", bytes: creation.static - stack },
	];
}

function sum(owner: string, pieces: readonly Piece[], name: string): Row[] {
	const bytes = pieces.reduce((sum, it) => sum + (it.section === name ? it.bytes : 0), 0);
	return bytes ? [{ owner, bytes }] : [];
}

function variables(pieces: readonly Piece[]): Row[] {
	const sums = byOwner(pieces);
	const rows = [...OWNERS, "" as const].flatMap((owner) => {
		const bytes = sums.get(owner);
		return bytes ? [{ owner: `variables: ${owner || "padding"}`, bytes }] : [];
	});
	return rows.sort((a, b) => b.bytes - a.bytes);
}
