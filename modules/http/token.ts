// Characters of HTTP (RFC 9110, 5.6.2).

export const TAB = 9;
export const SPACE = 32;

/** A bit for each ASCII character that a token may have: letters, digits, !#$%&'*+-.^_`|~ */
const TOKEN: readonly number[] = Object.freeze([0, 0x03ff6cfa, 0xc7fffffe | 0, 0x57ffffff]);

/** Whether a name or a method may have this character. */
export function isToken(byte: number): boolean {
	return byte < 128 && (((TOKEN[byte >> 5] as number) >> (byte & 31)) & 1) === 1;
}

/** The first place from `at` on, up to `end`, that has no character of a token. */
export function tokenEnd(bytes: Uint8Array, at: number, end: number): number {
	let place = at;
	while (place < end && isToken(bytes[place] as number)) place += 1;
	return place;
}

export function isBlank(byte: number | undefined): boolean {
	return byte === SPACE || byte === TAB;
}

/** A decimal digit's value, or -1. */
export function digit(byte: number | undefined): number {
	return byte !== undefined && byte >= 48 && byte <= 57 ? byte - 48 : -1;
}

export function hexDigit(byte: number): number {
	if (byte <= 57) return digit(byte);
	const letter = byte | 0x20;
	return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
