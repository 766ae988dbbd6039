import { byCapability } from "../capability";
import { type ImageModule, readSections } from "../image";
import type { Firmware } from "./firmware";
import { byOwner, OWNERS } from "./owners";
import type { Rom } from "./rom";

/** Some bytes and whose they are. */
export interface Row {
	readonly owner: string;
	readonly bytes: number;
}

/** Module code lies in ROM at multiples of this (hal/xs/memory.c). */
const ALIGNMENT = 16;

/**
 * Every byte of a chip's image by its owner. The rows add up to the image.
 *
 * @param modules whose byte code is in the ROM.
 */
export function flashRows(
	image: Buffer,
	firmware: Firmware,
	rom: Rom,
	modules: readonly Pick<ImageModule, "name" | "code">[],
): Row[] {
	const native = nativeRows(firmware);
	const rows = [...native, ...romRows(rom, modules)];
	const data = readSections(image).get("DATA")?.size ?? 0;
	// An empty table says only that there's none.
	if (data > 4) rows.push({ owner: "data (certificates)", bytes: data });
	const rest = image.length - rows.reduce((sum, { bytes }) => sum + bytes, 0);
	return [...rows, { owner: "header, settings, padding", bytes: rest }];
}

/** CODE holds code, constants and the initial values of variables. */
function nativeRows({ pieces, code, ramStart, codeStart }: Firmware): Row[] {
	const inFlash = pieces.filter(
		({ section, address }) =>
			(address >= codeStart && address < codeStart + code.length) ||
			(address >= ramStart && /^\.t?data$/.test(section)),
	);
	const sums = byOwner(inFlash);
	return OWNERS.flatMap((owner) => {
		const bytes = sums.get(owner);
		return bytes ? [{ owner, bytes }] : [];
	});
}

function romRows({ bytes, figures }: Rom, modules: readonly Pick<ImageModule, "name" | "code">[]): Row[] {
	const sizes = modules.map(({ name, code }) => ({ name, bytes: Math.ceil(code.length / ALIGNMENT) * ALIGNMENT }));
	const rows = [...byCapability(sizes)].map(([name, sum]) => ({ owner: `byte code: ${name}`, bytes: sum }));
	const objects = [
		{ owner: "ROM image: objects (slots)", bytes: figures["slots"] ?? 0 },
		{ owner: "ROM image: strings, tables (chunks)", bytes: figures["chunks"] ?? 0 },
	].filter((row) => row.bytes > 0);
	const known = [...rows, ...objects].reduce((sum, row) => sum + row.bytes, 0);
	return [...rows, ...objects, { owner: "ROM image: names, module map, stack", bytes: bytes.length - known }];
}
