import {
	closeSync,
	fstatSync,
	mkdirSync,
	openSync,
	readFileSync,
	readSync,
	rmSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { shownPath } from "../build/places";
import { Variables } from "../build/variables";
import { BOARD_ROW_OFFSET, boardRow } from "./board-row";
import { boardFolder, boardVariables } from "./boards";
import {
	type Partition,
	PartitionError,
	partitionTable,
	readPartitionsCsv,
	readPartitionTable,
	TABLE_OFFSET,
	TABLE_SIZE,
} from "./partitions";

/** The emulated NOR flash is an is25wp256, whose file has exactly so many bytes. */
const CHIP_CAPACITY = 32 << 20;

/** What a board's folder says of its flash. */
export interface BoardFlash {
	/** Bytes. */
	readonly size: number;
	/** Bytes of a flash file: an emulated chip's NOR has more of them than its board uses. */
	readonly capacity: number;
	readonly partitions: readonly Partition[];
}

/**
 * Reads `boards/<board>` (or a folder elsewhere, by its path): FLASH_SIZE of its manifest and its partitions.csv.
 *
 * @throws {PartitionError} for a table that does not fit the flash.
 */
export function readBoardFlash(board: string): BoardFlash {
	const folder = boardFolder(board);
	const refuse = (message: string) => new PartitionError("flash", `${shownPath(folder)}/manifest.json: ${message}`);
	const size = Number(new Variables(boardVariables(board)).expand("$(FLASH_SIZE)", refuse));
	if (!Number.isInteger(size) || size <= 0) throw refuse("FLASH_SIZE is no number of bytes");
	const capacity = boardVariables(board)["HOST"] === "chip" ? CHIP_CAPACITY : size;
	return { size, capacity, partitions: readPartitionsCsv(readFileSync(join(folder, "partitions.csv"), "utf8"), size) };
}

export interface CreateFlashOptions {
	readonly board: string;
	/** An image file for {@link CreateFlashOptions.slot}. */
	readonly image?: string;
	/** Default "ota_0". */
	readonly slot?: string;
	/** The flash file; its folder is made, an old file is replaced. */
	readonly path: string;
}

/**
 * Makes a flash file as a board leaves the line: erased (0xff), its partition table with the board's name, and an image if one is given. Only its
 * owner may read it.
 */
export function createFlash({ board, image, slot = "ota_0", path }: CreateFlashOptions): void {
	const { capacity, size, partitions } = readBoardFlash(board);
	const flash = Buffer.alloc(capacity, 0xff);
	partitionTable(partitions).copy(flash, TABLE_OFFSET);
	boardRow({ board, flashSize: size }).copy(flash, BOARD_ROW_OFFSET);
	if (image) {
		const bytes = readFileSync(image);
		const partition = find(partitions, slot);
		fits(bytes, partition);
		bytes.copy(flash, partition.offset);
	}
	mkdirSync(dirname(path), { recursive: true });
	// A device's secret will lie in it; the mode is only a new file's.
	rmSync(path, { force: true });
	writeFileSync(path, flash, { mode: 0o600 });
}

/**
 * Erases a partition of a flash file and writes `bytes` to its start; nothing else of the file changes. Not for the flash
 * of a device that runs.
 *
 * @throws {PartitionError} "table", "flash" when there is no such partition or it is too small.
 */
export function writePartition(path: string, name: string, bytes: Uint8Array): void {
	withFlash(path, "r+", (file, partitions) => {
		const partition = find(partitions, name);
		fits(bytes, partition);
		const content = Buffer.alloc(partition.size, 0xff);
		content.set(bytes);
		writeSync(file, content, 0, content.length, partition.offset);
	});
}

/** A partition's bytes, all of them. */
export function readPartition(path: string, name: string): Buffer {
	return withFlash(path, "r", (file, partitions) => {
		const { offset, size } = find(partitions, name);
		const content = Buffer.alloc(size);
		readSync(file, content, 0, size, offset);
		return content;
	});
}

/** The partitions of a flash file, by the table inside. */
export function readFlashTable(path: string): Partition[] {
	return withFlash(path, "r", (_, partitions) => partitions);
}

function withFlash<T>(path: string, mode: "r" | "r+", use: (file: number, partitions: Partition[]) => T): T {
	const file = openSync(path, mode);
	try {
		const table = Buffer.alloc(TABLE_SIZE);
		if (fstatSync(file).size < TABLE_OFFSET + TABLE_SIZE) throw new PartitionError("table", `${path} is no flash file`);
		readSync(file, table, 0, table.length, TABLE_OFFSET);
		return use(file, readPartitionTable(table));
	} finally {
		closeSync(file);
	}
}

function find(partitions: readonly Partition[], name: string): Partition {
	const partition = partitions.find((partition) => partition.name === name);
	if (!partition) throw new PartitionError("flash", `there is no partition ${name}`);
	return partition;
}

function fits(bytes: Uint8Array, { name, size }: Partition): void {
	if (bytes.length > size)
		throw new PartitionError("flash", `${bytes.length} bytes do not fit into ${name}, which has ${size}`);
}
