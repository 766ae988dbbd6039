// Which board a flash is, in the partition table's sector behind ESP-IDF's table (hal/BURN.md 5): the boot loader, which is
// the machine's, then refuses another board's image.
import { closeSync, openSync, readSync } from "node:fs";
import { crc32 } from "./crc32";
import { TABLE_OFFSET, TABLE_SIZE } from "./partitions";

export interface BoardRow {
	readonly board: string;
	/** Bytes that the board's partitions may use. */
	readonly flashSize: number;
}

export const BOARD_ROW_OFFSET = TABLE_OFFSET + TABLE_SIZE;
export const BOARD_ROW_SIZE = 64;
const MAGIC = 0x42584c42;
const FORMAT = 1;

export function boardRow({ board, flashSize }: BoardRow): Buffer {
	const row = Buffer.alloc(BOARD_ROW_SIZE);
	row.writeUInt32LE(MAGIC, 0);
	row.writeUInt32LE(FORMAT, 4);
	row.writeUInt32LE(flashSize, 8);
	if (Buffer.byteLength(board) > 31) throw new RangeError(`the board's name ${board} is longer than 31 bytes`);
	row.write(board, 16);
	row.writeUInt32LE(crc32(row.subarray(0, BOARD_ROW_SIZE - 4)), BOARD_ROW_SIZE - 4);
	return row;
}

/** Of the 64 bytes at {@link BOARD_ROW_OFFSET}; undefined: the flash doesn't say. */
export function readBoardRow(bytes: Uint8Array): BoardRow | undefined {
	const row = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const isRight =
		row.length === BOARD_ROW_SIZE &&
		row.readUInt32LE(0) === MAGIC &&
		row.readUInt32LE(4) === FORMAT &&
		row.readUInt32LE(BOARD_ROW_SIZE - 4) === crc32(row.subarray(0, BOARD_ROW_SIZE - 4));
	if (!isRight) return undefined;
	return { board: row.toString("utf8", 16, row.indexOf(0, 16)), flashSize: row.readUInt32LE(8) };
}

/** The board of a flash file; undefined: it doesn't say. */
export function boardOfFlash(path: string): string | undefined {
	const row = Buffer.alloc(BOARD_ROW_SIZE);
	const file = openSync(path, "r");
	try {
		readSync(file, row, 0, row.length, BOARD_ROW_OFFSET);
	} finally {
		closeSync(file);
	}
	return readBoardRow(row)?.board;
}
