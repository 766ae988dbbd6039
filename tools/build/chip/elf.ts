import { readFileSync } from "node:fs";
import { BuildError } from "../error";
import { shownPath } from "../places";

/** Bytes of a program file and the address where they lie in flash: initial values of variables lie elsewhere at run time. */
interface Segment {
	readonly address: number;
	readonly bytes: Buffer;
}

/** What the linker made: a 32-bit little-endian ELF file, as far as an image needs it. */
export interface Elf {
	readonly segments: readonly Segment[];
	readonly symbols: ReadonlyMap<string, number>;
}

const LOAD = 1;
const SYMBOL_TABLE = 2;

/** @throws {BuildError} "tool" for a file that is no such program. */
export function readElf(path: string): Elf {
	const file = readFileSync(path);
	if (file.length < 52 || file.toString("latin1", 0, 6) !== "\x7fELF\x01\x01")
		throw new BuildError("tool", `${shownPath(path)} is no 32-bit program`);
	return { segments: readSegments(file), symbols: readSymbols(file) };
}

function readSegments(file: Buffer): Segment[] {
	return rows(file, 28, 42).flatMap((row) => {
		const [type = 0, offset = 0, , address = 0, size = 0] = words(row);
		return type === LOAD && size > 0 ? [{ address, bytes: file.subarray(offset, offset + size) }] : [];
	});
}

function readSymbols(file: Buffer): Map<string, number> {
	const sections = rows(file, 32, 46).map(words);
	const symbols = new Map<string, number>();
	for (const [, type, , , offset = 0, size = 0, link = 0] of sections) {
		if (type !== SYMBOL_TABLE) continue;
		const [, , , , names = 0] = sections[link] ?? [];
		for (let at = offset; at < offset + size; at += 16) {
			const name = names + file.readUInt32LE(at);
			symbols.set(file.toString("latin1", name, file.indexOf(0, name)), file.readUInt32LE(at + 4));
		}
	}
	return symbols;
}

/** A table that the ELF header tells of: where it is, and at `sizes` the size of a row and their number. */
function rows(file: Buffer, where: number, sizes: number): Buffer[] {
	const at = file.readUInt32LE(where);
	const size = file.readUInt16LE(sizes);
	return Array.from({ length: file.readUInt16LE(sizes + 2) }, (_, row) =>
		file.subarray(at + row * size, at + (row + 1) * size),
	);
}

function words(row: Buffer): number[] {
	return Array.from({ length: row.length / 4 }, (_, index) => row.readUInt32LE(index * 4));
}

/** @throws {BuildError} "tool": the linker's script lacks it. */
export function symbol(elf: Elf, name: string): number {
	const value = elf.symbols.get(name);
	if (value === undefined) throw new BuildError("tool", `the firmware has no ${name}: its linker script is wrong`);
	return value;
}

/**
 * What lies in flash from `start` up to `end`, as `objcopy -O binary` writes it: gaps are zeros.
 *
 * @throws {BuildError} "tool" when nothing does, or a part of it crosses a bound.
 */
export function flashBytes({ segments }: Elf, start: number, end: number): Buffer {
	const inside = segments.flatMap(({ address, bytes }) => {
		// The linker puts the file's own header in front of the code: it's in the segment, but in no section.
		const skip = Math.max(0, start - address);
		return address < end && skip < bytes.length ? [{ address: address + skip, bytes: bytes.subarray(skip) }] : [];
	});
	const last = Math.max(start, ...inside.map(({ address, bytes }) => address + bytes.length));
	if (last === start || last > end)
		throw new BuildError("tool", "the firmware's code does not lie where an image has it");
	const code = Buffer.alloc(last - start);
	for (const { address, bytes } of inside) bytes.copy(code, address - start);
	return code;
}
