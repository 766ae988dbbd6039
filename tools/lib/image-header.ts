// The header of an image (hal/IMAGE.md), for those who carry it.
import { createHash } from "node:crypto";
import { crc32 } from "./crc32";

export const IMAGE_HEADER_SIZE = 256;
export const IMAGE_MAGIC = 0x31584b4c;
export const IMAGE_FORMAT = 1;
const FIRMWARE = 1;

export interface ImageHeader {
	readonly board: string;
	readonly version: string;
	/** Of header, body and signature block. */
	readonly total: number;
}

/** @throws {Error} saying what `name` has wrong; its digest is proved, too. */
export function readImageHeader(image: Uint8Array, name: string): ImageHeader {
	const bytes = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
	const fail = (reason: string): never => {
		throw new Error(`${name}: ${reason}`);
	};
	if (bytes.length < IMAGE_HEADER_SIZE || bytes.readUInt32LE(0) !== IMAGE_MAGIC) return fail("no firmware image");
	if (crc32(bytes.subarray(0, 252)) !== bytes.readUInt32LE(252)) return fail("the image's header is damaged (CRC)");
	const [format, kind] = [bytes.readUInt16LE(4), bytes.readUInt16LE(6)];
	if (format !== IMAGE_FORMAT) return fail(`the image has format ${format}, these tools know ${IMAGE_FORMAT}`);
	if (kind !== FIRMWARE) return fail(`the image is of kind ${kind}, not a firmware`);
	const [size, signature] = [bytes.readUInt32LE(12), bytes.readUInt32LE(160)];
	if (size <= IMAGE_HEADER_SIZE || size + signature !== bytes.length)
		return fail(`the image says ${size + signature} bytes, the file has ${bytes.length}`);
	const digest = createHash("sha256").update(bytes.subarray(IMAGE_HEADER_SIZE, size)).digest();
	if (!digest.equals(bytes.subarray(128, 160))) return fail("the image is damaged (SHA-256)");
	const text = (at: number) => bytes.toString("utf8", at, bytes.indexOf(0, at));
	return { board: text(16), version: text(48), total: bytes.length };
}
