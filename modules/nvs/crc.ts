import { crc32 } from "checksum/crc32";

/**
 * ESP-IDF's CRC-32 of an NVS partition: zlib's, begun with 0xffffffff as the value so far, which makes the register begin
 * with 0. `before` is what the bytes before gave.
 */
export function nvsCrc(bytes: Uint8Array, start = 0, end = bytes.length, before = 0xffff_ffff): number {
	return crc32(bytes, start, end, before);
}
