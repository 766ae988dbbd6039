// An image into a flash file, by the rules of the boot loader (hal/BURN.md 4): what a cut leaves is the old image, none, or
// the new one.
import { closeSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { BOARD_ROW_OFFSET, BOARD_ROW_SIZE, readBoardRow } from "../lib/board-row";
import { type BootRecord, bootRecordAfter, readBootRecord, taken } from "../lib/boot-record";
import { readFlashTable } from "../lib/flash-image";
import { IMAGE_HEADER_SIZE, readImageHeader } from "../lib/image-header";
import { type Partition, SECTOR } from "../lib/partitions";
import { checkFree } from "./flash";
import type { BurnedImage, BurnImageOptions } from "./image";

const APP = 0;
const FIRST_SLOT = 0x10;

const numberOf = ({ subtype }: Partition): number => subtype - FIRST_SLOT;

/** @throws {PartitionError | Error} */
export function burnFlash(flash: string, { slot, imageFor, say }: BurnImageOptions): BurnedImage {
	checkFree(flash);
	const partitions = readFlashTable(flash);
	const slots = partitions
		.filter(({ type, subtype }) => type === APP && subtype >= FIRST_SLOT && subtype < FIRST_SLOT + 16)
		.sort((a, b) => a.subtype - b.subtype);
	const otadata = partitions.find(({ name }) => name === "otadata");
	if (slots.length === 0 || !otadata) throw new Error(`${flash}: its partition table has no slot or no otadata`);
	const begun = performance.now();
	const file = openSync(flash, "r+");
	try {
		const present = readBoardRow(read(file, BOARD_ROW_OFFSET, BOARD_ROW_SIZE))?.board ?? "";
		const image = imageFor(present);
		const { board, version } = readImageHeader(image, "the image");
		if (present && present !== board) throw new Error(`the image is for ${board}, the flash is of ${present}`);
		const record = readBootRecord(read(file, otadata.offset, 2 * SECTOR));
		const target = slots.find((it) => numberOf(it) === (slot ?? freeSlot(file, slots, record)));
		if (!target)
			throw new Error(`${flash} has no slot ota_${slot}; it has ${slots.map(({ name }) => name).join(", ")}`);
		if (image.length > target.size)
			throw new Error(`the image has ${image.length} bytes, ${target.name} has ${target.size}`);
		say(`${flash}: writing ${target.name}`);
		writeSlot(file, target, image);
		const { offset, bytes } = bootRecordAfter(record, taken(numberOf(target), record));
		write(file, otadata.offset + offset, padded(bytes));
		const seconds = (performance.now() - begun) / 1000;
		const size = image.length;
		return { board, version, slot: target.name, bytes: size, sent: size, seconds, started: false };
	} finally {
		closeSync(file);
	}
}

/** The header goes first and comes last: without it there is no image. */
function writeSlot(file: number, { offset, size }: Partition, image: Buffer): void {
	const content = Buffer.alloc(size, 0xff);
	write(file, offset, content.subarray(0, SECTOR));
	content.set(image.subarray(IMAGE_HEADER_SIZE), IMAGE_HEADER_SIZE);
	write(file, offset, content);
	write(file, offset, image.subarray(0, IMAGE_HEADER_SIZE));
}

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(SECTOR - bytes.length, 0xff)]);

/** On the disk before what comes next is begun. */
function write(file: number, offset: number, bytes: Uint8Array): void {
	writeSync(file, bytes, 0, bytes.length, offset);
	fsyncSync(file);
}

function read(file: number, offset: number, size: number): Buffer {
	const bytes = Buffer.alloc(size);
	readSync(file, bytes, 0, size, offset);
	return bytes;
}

/** As bootWould and bootBurnSlot of hal/xs/boot.h: one that doesn't start, if the board has another. */
function freeSlot(file: number, slots: readonly Partition[], record: BootRecord | undefined): number | undefined {
	const good = slots.filter((it) => isImage(file, it)).map(numberOf);
	const decided = record?.state === "trial" ? record.former : record?.slot;
	const starts = decided !== undefined && (record?.state === "trial" || good.includes(decided)) ? decided : good[0];
	const free = slots.find((it) => numberOf(it) !== starts) ?? slots[0];
	return free && numberOf(free);
}

function isImage(file: number, { offset, size }: Partition): boolean {
	const header = read(file, offset, IMAGE_HEADER_SIZE);
	const total = header.readUInt32LE(12) + header.readUInt32LE(160);
	if (total > size) return false;
	try {
		readImageHeader(read(file, offset, total), "");
		return true;
	} catch {
		return false; // Whatever is wrong with it: nothing starts from there.
	}
}
