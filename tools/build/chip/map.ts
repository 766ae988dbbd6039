import { readFileSync } from "node:fs";

/** A piece of an output section of a program. */
export interface Piece {
	/** The output section: ".text", ".bss". */
	readonly section: string;
	/** The object file it came from, an archive's as `lib.a(name.o)`; undefined for what the linker put between. */
	readonly object: string | undefined;
	/** Address at run time. */
	readonly address: number;
	readonly bytes: number;
}

type Place = Pick<Piece, "object" | "address">;

const OUTPUT = /^(\.[\w.]+|\/DISCARD\/)(?:\s+(0x[0-9a-f]+)\s+(0x[0-9a-f]+))?/;
const INPUT = /^ (\S+)?\s+(0x[0-9a-f]+)\s+0x[0-9a-f]+ ?(\S.*)?$/;

/**
 * Reads what the linker of GNU's binutils says it put where (-Map).
 *
 * A piece's size is the way to the next one, not the number beside it: that one still counts strings that were merged with
 * another file's. So the pieces of a section add up to its size.
 */
export function readMap(path: string): Piece[] {
	return parseMap(readFileSync(path, "utf8"));
}

export function parseMap(text: string): Piece[] {
	const memory = text.slice(Math.max(0, text.indexOf("\nLinker script and memory map")));
	// A long name stands in a line of its own.
	const lines = memory.replace(/^( ?\S{15,})\n\s+0x/gm, "$1 0x").split("\n");
	const pieces: Piece[] = [];
	let section: { name: string; end: number; pieces: Place[] } | undefined;
	const close = () => {
		if (section) pieces.push(...sized(section.name, section.pieces, section.end));
		section = undefined;
	};
	for (const line of lines) {
		const output = OUTPUT.exec(line);
		if (output) {
			close();
			const [, name = "", address, size] = output;
			// What has no address is the file's own: debugging.
			if (Number(address ?? 0) > 0 && Number(size ?? 0) > 0)
				section = {
					name,
					end: Number(address) + Number(size),
					pieces: [{ object: undefined, address: Number(address) }],
				};
			continue;
		}
		const input = section && INPUT.exec(line);
		if (!input) continue;
		const [, name, address, object] = input;
		if (name === "*fill*" || object) section?.pieces.push({ object, address: Number(address) });
	}
	close();
	return pieces;
}

function sized(section: string, pieces: readonly Place[], end: number): Piece[] {
	return pieces.flatMap(({ object, address }, index) => {
		const bytes = (pieces[index + 1]?.address ?? end) - address;
		return bytes > 0 ? [{ section, object, address, bytes }] : [];
	});
}
