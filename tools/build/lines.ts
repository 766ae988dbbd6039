const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/**
 * Decodes the lines of a source map (version 3, one source): entry n - 1 is the original line of generated line n,
 * both counted from 1. A generated line without a mapping of its own belongs to the line before it.
 */
export function lineTable(sourceMap: string, lineCount: number): Uint32Array {
	const table = new Uint32Array(lineCount).fill(1);
	if (!sourceMap) return table.map((_, index) => index + 1);
	const { mappings } = JSON.parse(sourceMap) as { mappings: string };
	let original = 0;
	const lines = mappings.split(";");
	for (let line = 0; line < lineCount; line++) {
		let first: number | undefined;
		for (const segment of (lines[line] ?? "").split(",")) {
			const delta = segment ? originalLineDelta(segment) : undefined;
			if (delta === undefined) continue;
			original += delta;
			first ??= original;
		}
		table[line] = first === undefined ? (line ? (table[line - 1] ?? 1) : 1) : first + 1;
	}
	return table;
}

/** The third field of a segment (generated column, source, original line, …), or undefined where it has one field. */
function originalLineDelta(segment: string): number | undefined {
	let field = 0;
	let value = 0;
	let shift = 0;
	for (const character of segment) {
		const digit = DIGITS.indexOf(character);
		if (digit < 0) throw new SyntaxError(`a source map with ${JSON.stringify(character)} in it`);
		value += (digit & 31) << shift;
		shift += 5;
		if (digit & 32) continue;
		if (field === 2) return value & 1 ? -(value >> 1) : value >> 1;
		field++;
		value = 0;
		shift = 0;
	}
	return undefined;
}
