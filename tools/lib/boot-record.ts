// The boot record in a flash file's partition "otadata", bit by bit as hal/BOOT.md has it.
import { crc32 } from "./crc32";
import { SECTOR } from "./partitions";

/** Why the last trial did not become the confirmed slot. */
export type BootOutcome = "none" | "unconfirmed" | "failed" | "invalid";

export interface BootRecord {
	/** A slot on trial starts `boots` times more, then `former` is confirmed again. */
	readonly state: "confirmed" | "trial";
	/** 0 is ota_0; none only after a roll back on a board that had no other slot. */
	readonly slot: number | undefined;
	readonly boots: number;
	readonly former: number | undefined;
	/** The slot of the last trial that failed. */
	readonly failed: number | undefined;
	readonly outcome: BootOutcome;
}

export interface StoredBootRecord extends BootRecord {
	readonly sequence: number;
	/** Which of the two copies it is. */
	readonly copy: number;
}

export const BOOT_RECORD_SIZE = 64;
const MAGIC = 0x42584b4c;
const FORMAT = 1;
const NO_SLOT = 0xff;
const STATES = [undefined, "confirmed", "trial"] as const;
const OUTCOMES: readonly BootOutcome[] = ["none", "unconfirmed", "failed", "invalid"];

const slotByte = (slot: number | undefined): number => slot ?? NO_SLOT;
const slotOf = (byte: number | undefined): number | undefined => (byte === NO_SLOT ? undefined : byte);

function decode(bytes: Buffer, copy: number): StoredBootRecord | undefined {
	const isRight =
		bytes.length === BOOT_RECORD_SIZE &&
		bytes.readUInt32LE(0) === MAGIC &&
		bytes.readUInt16LE(4) === FORMAT &&
		bytes.readUInt16LE(6) === BOOT_RECORD_SIZE &&
		bytes.readUInt32LE(60) === crc32(bytes.subarray(0, 60));
	const state = STATES[bytes[12] ?? 0];
	if (!isRight || !state) return undefined;
	return {
		sequence: bytes.readUInt32LE(8),
		copy,
		state,
		slot: slotOf(bytes[13]),
		boots: bytes[14] ?? 0,
		former: slotOf(bytes[15]),
		failed: slotOf(bytes[16]),
		outcome: OUTCOMES[bytes[17] ?? 0] ?? "none",
	};
}

/** The record that holds, of the partition's bytes; undefined: none does. */
export function readBootRecord(otadata: Uint8Array): StoredBootRecord | undefined {
	const bytes = Buffer.from(otadata.buffer, otadata.byteOffset, otadata.byteLength);
	const [first, second] = [0, 1].map((copy) =>
		decode(bytes.subarray(copy * SECTOR, copy * SECTOR + BOOT_RECORD_SIZE), copy),
	);
	if (!first || !second) return first ?? second;
	// Numbers may wrap: the newer one is ahead by less than half of them.
	return ((second.sequence - first.sequence) | 0) >= 0 ? second : first;
}

/** What to write, and where in the partition (its block is erased before), to have `record` take the place of `former`. */
export function bootRecordAfter(
	former: StoredBootRecord | undefined,
	record: BootRecord,
): { offset: number; bytes: Buffer } {
	const bytes = Buffer.alloc(BOOT_RECORD_SIZE);
	bytes.writeUInt32LE(MAGIC, 0);
	bytes.writeUInt16LE(FORMAT, 4);
	bytes.writeUInt16LE(BOOT_RECORD_SIZE, 6);
	bytes.writeUInt32LE(former ? (former.sequence + 1) >>> 0 : 1, 8);
	bytes.set(
		[
			STATES.indexOf(record.state),
			slotByte(record.slot),
			record.boots,
			slotByte(record.former),
			slotByte(record.failed),
			OUTCOMES.indexOf(record.outcome),
		],
		12,
	);
	bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
	return { offset: former?.copy === 0 ? SECTOR : 0, bytes };
}

/** The record of somebody at the cable: `slot` starts from now on, without a trial (bootTake of hal/xs/boot.h). */
export function taken(slot: number, record: BootRecord | undefined): BootRecord {
	const former = record?.state === "trial" || record?.slot === slot ? record.former : record?.slot;
	return {
		state: "confirmed",
		slot,
		boots: 0,
		former: former === slot ? undefined : former,
		failed: undefined,
		outcome: "none",
	};
}
