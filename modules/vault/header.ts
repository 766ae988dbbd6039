import { crc32 } from "checksum/crc32";
import { get16, get32, put16, put32 } from "./bytes";
import { BLOCK_HEADER, CHECK } from "./geometry";
import type { Seal } from "./types";

export const VERSION = 1;
export const SALT = 16;
/** "LXVT" */
export const magic: readonly number[] = Object.freeze([0x4c, 0x58, 0x56, 0x54]);

const PLAIN = 1;
const WHOLE = 2;
const CRC_AT = 52;
const CHECK_AT = BLOCK_HEADER - CHECK;

/** What begins a block. */
export interface BlockHeader {
	/** The format's; nothing else of a newer one is understood. */
	readonly version: number;
	readonly plain: boolean;
	/** Its generation was whole when the block was opened. */
	readonly whole: boolean;
	readonly unit: number;
	/** Blocks of the whole log, and which of them this is. */
	readonly blocks: number;
	readonly place: number;
	/** Grows with every block that is opened, and never comes twice. */
	readonly epoch: number;
	/** The epoch of its generation's first block. */
	readonly base: number;
	/** The sequence number of its first record. */
	readonly first: number;
	/** The epoch of the block before it; 0 in a generation's first. */
	readonly previous: number;
	/** Erases of this block, and of all blocks. */
	readonly erases: number;
	readonly total: number;
	readonly salt: Uint8Array;
}

/** The header as it's written: twice. */
export function encodeHeader(header: BlockHeader, seal: Seal): Uint8Array {
	const bytes = new Uint8Array(2 * BLOCK_HEADER);
	for (let i = 0; i < 4; i += 1) bytes[i] = magic[i] as number;
	bytes[4] = header.version;
	bytes[5] = (header.plain ? PLAIN : 0) | (header.whole ? WHOLE : 0);
	bytes[6] = header.unit;
	put16(bytes, 8, header.blocks);
	put16(bytes, 10, header.place);
	put32(bytes, 12, header.epoch);
	put32(bytes, 16, header.base);
	put32(bytes, 20, header.first);
	put32(bytes, 24, header.previous);
	put32(bytes, 28, header.erases);
	put32(bytes, 32, header.total);
	for (let i = 0; i < SALT; i += 1) bytes[36 + i] = header.salt[i] as number;
	put32(bytes, CRC_AT, crc32(bytes, 0, CRC_AT));
	const check = seal.check(bytes.subarray(0, CHECK_AT));
	for (let i = 0; i < CHECK; i += 1) bytes[CHECK_AT + i] = check[i] as number;
	for (let i = 0; i < BLOCK_HEADER; i += 1) bytes[BLOCK_HEADER + i] = bytes[i] as number;
	return bytes;
}

/** What one copy says; undefined when it isn't a header, or no whole one. Whether it's ours is for `isOurs`. */
export function decodeHeader(bytes: Uint8Array): BlockHeader | undefined {
	for (let i = 0; i < 4; i += 1) if (bytes[i] !== magic[i]) return undefined;
	if (get32(bytes, CRC_AT) !== crc32(bytes, 0, CRC_AT)) return undefined;
	const flags = bytes[5] as number;
	return {
		version: bytes[4] as number,
		plain: (flags & PLAIN) !== 0,
		whole: (flags & WHOLE) !== 0,
		unit: bytes[6] as number,
		blocks: get16(bytes, 8),
		place: get16(bytes, 10),
		epoch: get32(bytes, 12),
		base: get32(bytes, 16),
		first: get32(bytes, 20),
		previous: get32(bytes, 24),
		erases: get32(bytes, 28),
		total: get32(bytes, 32),
		salt: bytes.slice(36, 36 + SALT),
	};
}

/** Whether the copy was made with this seal's key. */
export function isOurs(bytes: Uint8Array, seal: Seal): boolean {
	const check = seal.check(bytes.subarray(0, CHECK_AT));
	for (let i = 0; i < CHECK; i += 1) if (check[i] !== bytes[CHECK_AT + i]) return false;
	return true;
}
