// `hal/text`: types and errors in hal/types/text.d.ts.

export function encode(string: string): Uint8Array<ArrayBuffer> {
	return new Uint8Array(native<(string: string) => ArrayBuffer>("xs_text_encode")(string));
}

export function encodeInto(string: string, into: Uint8Array, offset = 0): number {
	return native<(string: string, into: Uint8Array, offset: number) => number>("xs_text_encodeInto")(
		string,
		into,
		offset,
	);
}

/** The host function itself: a function around it would cost more than it does. */
export const copyInto = native<(bytes: Uint8Array, into: Uint8Array, offset?: number) => number>("xs_text_copyInto");

export function byteLength(string: string): number {
	return native<(string: string) => number>("xs_text_byteLength")(string);
}

export function decode(bytes: Uint8Array, start = 0, end = bytes.length): string {
	return native<(bytes: Uint8Array, start: number, end: number) => string>("xs_text_decode")(bytes, start, end);
}

export function isUtf8(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
	return native<(bytes: Uint8Array, start: number, end: number) => boolean>("xs_text_isUtf8")(bytes, start, end);
}
