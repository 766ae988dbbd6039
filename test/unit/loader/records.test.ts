// What burning and booting share in a flash file: boot record, board row, an image's header.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { boardRow, readBoardRow } from "../../../tools/lib/board-row";
import { type BootRecord, bootRecordAfter, readBootRecord, taken } from "../../../tools/lib/boot-record";
import { crc32 } from "../../../tools/lib/crc32";
import { readImageHeader } from "../../../tools/lib/image-header";

const blank = () => Buffer.alloc(0x2000, 0xff);

function write(otadata: Buffer, record: BootRecord): Buffer {
	const { offset, bytes } = bootRecordAfter(readBootRecord(otadata), record);
	otadata.fill(0xff, offset, offset + 0x1000);
	otadata.set(bytes, offset);
	return otadata;
}

test("the first record, bit by bit as hal/BOOT.md has it", () => {
	expect(readBootRecord(blank())).toBeUndefined();
	const { offset, bytes } = bootRecordAfter(undefined, taken(0, undefined));
	expect(offset).toBe(0);
	expect(bytes.toString("hex")).toBe(`4c4b58420100400001000000010000ffff00${"00".repeat(42)}079236f6`);
});

test("two copies take turns; a damaged one leaves the former; numbers wrap", () => {
	const otadata = write(write(blank(), taken(0, undefined)), taken(1, taken(0, undefined)));
	expect(readBootRecord(otadata)).toMatchObject({ slot: 1, former: 0, sequence: 2, copy: 1 });
	write(otadata, taken(0, readBootRecord(otadata)));
	expect(readBootRecord(otadata)).toMatchObject({ slot: 0, former: 1, sequence: 3, copy: 0 });
	otadata.writeUInt8(0, 50);
	expect(readBootRecord(otadata)).toMatchObject({ slot: 0, sequence: 3 });
	otadata.writeUInt8(7, 50);
	expect(readBootRecord(otadata)).toMatchObject({ slot: 1, sequence: 2, copy: 1 });
	for (const [offset, sequence] of [
		[0, 0xffff_ffff],
		[0x1000, 0],
	] as const) {
		const record = otadata.subarray(offset, offset + 64);
		record.writeUInt8(0, 50);
		record.writeUInt32LE(sequence, 8);
		record.writeUInt32LE(crc32(record.subarray(0, 60)), 60);
	}
	expect(readBootRecord(otadata)).toMatchObject({ sequence: 0, copy: 1 });
});

test("who burns over a cable confirms, and keeps the slot to go back to", () => {
	const trial: BootRecord = { ...taken(1, undefined), state: "trial", boots: 2, former: 0 };
	expect(taken(1, trial)).toMatchObject({ state: "confirmed", slot: 1, former: 0, boots: 0 });
	expect(taken(0, trial)).toMatchObject({ slot: 0, former: undefined });
	expect(taken(1, taken(1, taken(0, undefined)))).toMatchObject({ slot: 1, former: 0 });
});

test("the board's row", () => {
	const row = boardRow({ board: "chip-c3", flashSize: 0x400000 });
	expect(readBoardRow(row)).toEqual({ board: "chip-c3", flashSize: 0x400000 });
	expect(readBoardRow(Buffer.alloc(64, 0xff))).toBeUndefined();
	expect(readBoardRow(Buffer.from(row).fill(1, 20, 21))).toBeUndefined();
	expect(() => boardRow({ board: "x".repeat(32), flashSize: 1 })).toThrow(RangeError);
});

function image(): Buffer {
	const bytes = Buffer.alloc(300, 1).fill(0, 0, 256);
	bytes.writeUInt32LE(0x31584b4c, 0);
	bytes.writeUInt16LE(1, 4);
	bytes.writeUInt16LE(1, 6);
	bytes.writeUInt32LE(300, 12);
	bytes.write("chip-c3", 16);
	bytes.write("1.2.3", 48);
	createHash("sha256").update(bytes.subarray(256)).digest().copy(bytes, 128);
	return sealed(bytes);
}

function sealed(bytes: Buffer): Buffer {
	bytes.writeUInt32LE(crc32(bytes.subarray(0, 252)), 252);
	return bytes;
}

test("an image's header is read, or what is wrong with it", () => {
	expect(readImageHeader(image(), "x")).toEqual({ board: "chip-c3", version: "1.2.3", total: 300 });
	const wrong = (change: (bytes: Buffer) => void, seal = true): string => {
		const bytes = image();
		change(bytes);
		try {
			readImageHeader(seal ? sealed(bytes) : bytes, "x");
		} catch (error) {
			return (error as Error).message;
		}
		return "";
	};
	expect(() => readImageHeader(Buffer.alloc(10), "x")).toThrow("x: no firmware image");
	expect(wrong((bytes) => bytes.writeUInt8(0, 0))).toBe("x: no firmware image");
	expect(wrong((bytes) => bytes.writeUInt8(1, 60), false)).toContain("header is damaged");
	expect(wrong((bytes) => bytes.writeUInt16LE(2, 4))).toContain("format 2");
	expect(wrong((bytes) => bytes.writeUInt16LE(2, 6))).toContain("kind 2");
	expect(wrong((bytes) => bytes.writeUInt32LE(301, 12))).toContain("says 301 bytes");
	expect(wrong((bytes) => bytes.writeUInt8(9, 280))).toContain("SHA-256");
});
