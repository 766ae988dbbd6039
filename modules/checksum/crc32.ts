/** A row for four bits: 16 numbers instead of 256, which would cost a kilobyte of flash. */
const table: readonly number[] = Object.freeze([
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320,
	0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
]);

/**
 * CRC-32 of ISO-HDLC (zlib's, Ethernet's) over `bytes` from `start` to `end`. `before` is what the bytes before gave.
 */
export function crc32(bytes: Uint8Array, start = 0, end = bytes.length, before = 0): number {
	let value = ~before;
	for (let at = start; at < end; at++) {
		value ^= bytes[at] as number;
		value = (value >>> 4) ^ (table[value & 15] as number);
		value = (value >>> 4) ^ (table[value & 15] as number);
	}
	return ~value >>> 0;
}
