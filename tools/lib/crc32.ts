const TABLE = new Uint32Array(256).map((_, byte) => {
	let value = byte;
	for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
	return value;
});

/** CRC-32 of ISO-HDLC (zlib's, Ethernet's). `seed` continues an earlier result. */
export function crc32(bytes: Uint8Array, seed = 0): number {
	let value = ~seed >>> 0;
	for (const byte of bytes) value = (value >>> 8) ^ (TABLE[(value ^ byte) & 0xff] ?? 0);
	return ~value >>> 0;
}
