// Numbers in bytes, little-endian, and text in bytes. Host programs use the vault too, so hal/text isn't here.

export function get16(bytes: Uint8Array, at: number): number {
	return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

export function get32(bytes: Uint8Array, at: number): number {
	return (get16(bytes, at) | (get16(bytes, at + 2) << 16)) >>> 0;
}

export function put16(bytes: Uint8Array, at: number, value: number): void {
	bytes[at] = value;
	bytes[at + 1] = value >>> 8;
}

export function put32(bytes: Uint8Array, at: number, value: number): void {
	put16(bytes, at, value);
	put16(bytes, at + 2, value >>> 16);
}

/** FNV-1a over ASCII: how the index finds names. */
export function hashName(name: string): number {
	let hash = 0x811c9dc5;
	for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
	return hash >>> 0;
}

export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
	let hash = 0x811c9dc5;
	for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
	return hash >>> 0;
}

export function ascii(bytes: Uint8Array, start: number, end: number): string {
	let text = "";
	for (let i = start; i < end; i += 1) text += String.fromCharCode(bytes[i] as number);
	return text;
}

/** UTF-8; lone surrogates become U+FFFD. */
export function encode(text: string): Uint8Array {
	let size = 0;
	for (const character of text) size += sizeOf(character.codePointAt(0) as number);
	const bytes = new Uint8Array(size);
	let at = 0;
	for (const character of text) {
		let code = character.codePointAt(0) as number;
		if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
		const length = sizeOf(code);
		if (length === 1) bytes[at] = code;
		else {
			for (let i = length - 1; i > 0; i -= 1) {
				bytes[at + i] = 0x80 | (code & 0x3f);
				code >>= 6;
			}
			bytes[at] = (0xf00 >> length) | code;
		}
		at += length;
	}
	return bytes;
}

function sizeOf(code: number): number {
	if (code < 0x80) return 1;
	if (code < 0x800) return 2;
	return code < 0x10000 ? 3 : 4;
}

/** The text that `bytes` are in UTF-8; undefined when they are none. */
export function decode(bytes: Uint8Array): string | undefined {
	let text = "";
	for (let i = 0; i < bytes.length; ) {
		const first = bytes[i] as number;
		const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
		if (length === 0 || i + length > bytes.length) return undefined;
		let code = length === 1 ? first : first & (0x7f >> length);
		for (let k = 1; k < length; k += 1) {
			const next = bytes[i + k] as number;
			if ((next & 0xc0) !== 0x80) return undefined;
			code = (code << 6) | (next & 0x3f);
		}
		if (sizeOf(code) !== length || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff) return undefined;
		text += String.fromCodePoint(code);
		i += length;
	}
	return text;
}
