import { createHash } from "node:crypto";

/** One partition, in ESP-IDF's terms. */
export interface Partition {
	readonly name: string;
	/** 0 app, 1 data, or a type of ours from 0x40. */
	readonly type: number;
	readonly subtype: number;
	/** Bytes from the start of flash. */
	readonly offset: number;
	readonly size: number;
	readonly encrypted: boolean;
	readonly readonly: boolean;
}

/** Where the binary table lies in flash, and the sector that is its own. */
export const TABLE_OFFSET = 0x8000;
export const SECTOR = 0x1000;
/** The table with its MD5 row and 0xff after it; ESP-IDF's boot loader reads no more. */
export const TABLE_SIZE = 0xc00;
const ROW = 32;
const ROW_MAGIC = 0x50aa;
const MD5_MAGIC = 0xebeb;
/** App partitions begin at multiples of this: the size of a flash cache page. */
const APP_ALIGNMENT = 0x10000;

const TYPES: Readonly<Record<string, number>> = { app: 0, data: 1 };
const APP_SUBTYPES: Readonly<Record<string, number>> = { factory: 0, test: 0x20 };
const DATA_SUBTYPES: Readonly<Record<string, number>> = {
	ota: 0,
	phy: 1,
	nvs: 2,
	coredump: 3,
	nvs_keys: 4,
	efuse: 5,
	undefined: 6,
	esphttpd: 0x80,
	fat: 0x81,
	spiffs: 0x82,
	littlefs: 0x83,
};

export class PartitionError extends Error {
	override readonly name = "PartitionError";
	readonly code: "syntax" | "value" | "overlap" | "alignment" | "flash" | "table";
	readonly retry = "never";
	/** The line of the CSV, counted from 1. */
	readonly detail: string | undefined;

	constructor(code: PartitionError["code"], message: string, line?: number) {
		super(line === undefined ? message : `line ${line}: ${message}`);
		this.code = code;
		this.detail = line === undefined ? undefined : String(line);
	}
}

/**
 * Reads `partitions.csv`: name, type, subtype, offset, size, flags. A missing offset is the end of the partition before,
 * rounded up to the sector (apps: to 64 KB); numbers are decimal, 0x… or with K or M.
 *
 * @param flashSize bytes; nothing may reach beyond.
 * @throws {PartitionError}
 */
export function readPartitionsCsv(text: string, flashSize?: number): Partition[] {
	const result: Partition[] = [];
	let end = TABLE_OFFSET + SECTOR;
	text.split(/\r?\n/).forEach((raw, index) => {
		const line = raw.replace(/#.*/, "").trim();
		if (!line) return;
		const partition = readRow(line, end, index + 1);
		if (result.some(({ name }) => name === partition.name))
			throw new PartitionError("value", `a second partition ${partition.name}`, index + 1);
		result.push(partition);
		end = partition.offset + partition.size;
	});
	check(result, flashSize);
	return result;
}

function readRow(line: string, end: number, at: number): Partition {
	const fields = line.split(",").map((field) => field.trim());
	if (fields.length < 5 || fields.length > 7)
		throw new PartitionError("syntax", "name, type, subtype, offset, size and flags are wanted", at);
	const [name = "", typeText = "", subtypeText = "", offsetText = "", sizeText = "", ...flags] = fields;
	if (!name || Buffer.byteLength(name) > 15)
		throw new PartitionError("value", `the name ${JSON.stringify(name)} has not 1 to 15 bytes`, at);
	const type = named(typeText, TYPES, "type", at);
	const subtype = readSubtype(type, subtypeText, at);
	const alignment = type === 0 ? APP_ALIGNMENT : SECTOR;
	const offset = offsetText ? number(offsetText, at) : Math.ceil(end / alignment) * alignment;
	const size = number(sizeText, at);
	if (offset % alignment)
		throw new PartitionError(
			"alignment",
			`${name} begins at 0x${offset.toString(16)}, no multiple of ${alignment}`,
			at,
		);
	if (size === 0 || size % SECTOR)
		throw new PartitionError("alignment", `the size of ${name} is no multiple of ${SECTOR}`, at);
	const words = flags.flatMap((flag) => flag.split(":").map((word) => word.trim())).filter(Boolean);
	for (const word of words)
		if (word !== "encrypted" && word !== "readonly") throw new PartitionError("value", `no such flag: ${word}`, at);
	return {
		name,
		type,
		subtype,
		offset,
		size,
		encrypted: words.includes("encrypted"),
		readonly: words.includes("readonly"),
	};
}

function readSubtype(type: number, text: string, at: number): number {
	if (type === 0) {
		const slot = /^ota_(\d{1,2})$/.exec(text);
		if (slot && Number(slot[1]) < 16) return 0x10 + Number(slot[1]);
		return named(text, APP_SUBTYPES, "app subtype", at);
	}
	if (type === 1) return text ? named(text, DATA_SUBTYPES, "data subtype", at) : 6;
	return text ? number(text, at, 0xfe) : 0;
}

function named(text: string, names: Readonly<Record<string, number>>, what: string, at: number): number {
	const value = names[text];
	if (value !== undefined) return value;
	if (/^\d/.test(text)) return number(text, at, 0xfe);
	throw new PartitionError("value", `no such ${what}: ${text}`, at);
}

function number(text: string, at: number, maximum = 0xffff_ffff): number {
	const match = /^(0x[0-9a-f]+|\d+)([km]?)$/i.exec(text);
	const unit = { "": 1, k: 1024, m: 1024 * 1024 }[(match?.[2] ?? "").toLowerCase()] ?? 1;
	const value = match ? Number(match[1]) * unit : Number.NaN;
	if (!Number.isInteger(value) || value > maximum) throw new PartitionError("value", `no number: ${text}`, at);
	return value;
}

function check(partitions: readonly Partition[], flashSize: number | undefined): void {
	const sorted = [...partitions].sort((a, b) => a.offset - b.offset);
	let last: { name: string; end: number } = { name: "the partition table", end: TABLE_OFFSET + SECTOR };
	for (const { name, offset, size } of sorted) {
		if (offset < last.end) throw new PartitionError("overlap", `${name} lies over ${last.name}`);
		last = { name, end: offset + size };
	}
	if (flashSize !== undefined && last.end > flashSize)
		throw new PartitionError("flash", `${last.name} ends at ${last.end}, the flash at ${flashSize}`);
}

/** The table as it lies at {@link TABLE_OFFSET}: rows, the row with their MD5, 0xff up to {@link TABLE_SIZE}. */
export function partitionTable(partitions: readonly Partition[]): Buffer {
	const table = Buffer.alloc(TABLE_SIZE, 0xff);
	if ((partitions.length + 1) * ROW > TABLE_SIZE) throw new PartitionError("table", "too many partitions");
	partitions.forEach((partition, index) => {
		const row = table.subarray(index * ROW, (index + 1) * ROW).fill(0);
		row.writeUInt16LE(ROW_MAGIC, 0);
		row.writeUInt8(partition.type, 2);
		row.writeUInt8(partition.subtype, 3);
		row.writeUInt32LE(partition.offset, 4);
		row.writeUInt32LE(partition.size, 8);
		row.write(partition.name, 12, 16);
		row.writeUInt32LE((partition.encrypted ? 1 : 0) | (partition.readonly ? 2 : 0), 28);
	});
	const rows = table.subarray(0, partitions.length * ROW);
	const last = table.subarray(rows.length, rows.length + ROW);
	last.writeUInt16LE(MD5_MAGIC, 0);
	createHash("md5").update(rows).digest().copy(last, 16);
	return table;
}

/**
 * The inverse of {@link partitionTable}.
 *
 * @throws {PartitionError} "table" when a row or the MD5 is not right.
 */
export function readPartitionTable(table: Uint8Array): Partition[] {
	const bytes = Buffer.from(table.buffer, table.byteOffset, table.byteLength);
	const result: Partition[] = [];
	for (let at = 0; at + ROW <= bytes.length; at += ROW) {
		const row = bytes.subarray(at, at + ROW);
		const magic = row.readUInt16LE(0);
		if (magic === MD5_MAGIC) {
			const md5 = createHash("md5").update(bytes.subarray(0, at)).digest();
			if (!md5.equals(row.subarray(16))) throw new PartitionError("table", "the partition table's MD5 is wrong");
			return result;
		}
		if (magic !== ROW_MAGIC) break;
		const flags = row.readUInt32LE(28);
		const name = row.subarray(12, 28);
		const nul = name.indexOf(0);
		result.push({
			name: name.subarray(0, nul < 0 ? 16 : nul).toString(),
			type: row.readUInt8(2),
			subtype: row.readUInt8(3),
			offset: row.readUInt32LE(4),
			size: row.readUInt32LE(8),
			encrypted: (flags & 1) !== 0,
			readonly: (flags & 2) !== 0,
		});
	}
	throw new PartitionError("table", "there is no partition table with an MD5 row");
}
