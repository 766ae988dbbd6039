// hal/text for Node: the device's is in C. `test/device` holds both to the same cases.
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const encode = (string: string): Uint8Array<ArrayBuffer> => encoder.encode(string) as Uint8Array<ArrayBuffer>;

export function encodeInto(string: string, into: Uint8Array, offset = 0): number {
	const bytes = encoder.encode(string);
	if (bytes.byteLength > into.byteLength - offset) throw new RangeError("no room");
	into.set(bytes, offset);
	return bytes.byteLength;
}

export function copyInto(bytes: Uint8Array, into: Uint8Array, offset = 0): number {
	into.set(bytes, offset);
	return bytes.byteLength;
}

export const byteLength = (string: string): number => encoder.encode(string).byteLength;

export const decode = (bytes: Uint8Array, start = 0, end = bytes.byteLength): string =>
	decoder.decode(bytes.subarray(start, end));

export function isUtf8(bytes: Uint8Array, start = 0, end = bytes.byteLength): boolean {
	try {
		return !decode(bytes, start, end).includes("\0");
	} catch {
		return false;
	}
}
