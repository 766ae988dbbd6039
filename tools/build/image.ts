import { createHash } from "node:crypto";
import { crc32 } from "../lib/crc32";
import { IMAGE_FORMAT, IMAGE_HEADER_SIZE, IMAGE_MAGIC } from "../lib/image-header";
import { BuildError } from "./error";

/** XS's creation record as a board gives it. Slots are 16 bytes on a chip; everything else is in bytes or counts. */
export interface Creation {
	readonly initialChunk: number;
	readonly incrementalChunk: number;
	readonly initialHeap: number;
	readonly incrementalHeap: number;
	readonly stack: number;
	readonly initialKeys: number;
	readonly incrementalKeys: number;
	readonly nameModulo: number;
	readonly symbolModulo: number;
	readonly parserBuffer: number;
	readonly parserTable: number;
	/** Bytes for slots, chunks and stack together; 0: they are taken apart. */
	readonly static: number;
}

export interface ImageModule {
	readonly name: string;
	readonly symbols: Uint8Array;
	readonly code: Uint8Array;
	readonly preload: boolean;
}

export interface ImageData {
	readonly name: string;
	readonly bytes: Uint8Array;
}

export interface ImageContent {
	readonly kind: "firmware" | "app";
	readonly board: string;
	readonly version: string;
	readonly engine: string;
	/** SHA-256 over engine, id width and native names: see {@link engineHash}. */
	readonly engineHash: Uint8Array;
	readonly debug: boolean;
	readonly creation: Creation;
	readonly main: string;
	readonly config: unknown;
	readonly modules: readonly ImageModule[];
	readonly data: readonly ImageData[];
}

/** hal/IMAGE.md has every bit of it. */
export const ENGINE = "xs-13.3.0";
const ID_BITS = 16;
/** Of the table of sections. */
const ROW = 12;
const SECTIONS_MOST = 16;

/** What ties an image to the hosts that can run it: the engine's byte code and the C functions that it may name. */
export function engineHash(natives: readonly string[], engine = ENGINE): Buffer {
	const names = [...new Set(natives)].sort();
	return createHash("sha256")
		.update(`${engine}\n${ID_BITS}\n${names.join("\n")}`)
		.digest();
}

/** A part of an image's body. `write` is told where it will lie; the part ends at a multiple of 4. */
interface Section {
	readonly tag: string;
	readonly write: (at: number) => Buffer;
	/** Where it has to lie, which is behind what comes before it. */
	readonly at?: number;
}

/** Writes header and body; a signature, if any, is put behind by whoever has the key. */
export function writeImage(content: ImageContent): Buffer {
	const modules = { tag: "MODS", write: (at: number) => moduleBytes(content.modules, at) };
	return assemble(content, [...settings(content), modules, data(content)]);
}

/** What a chip runs as it lies in flash: machine code, and the ROM with its modules in it. */
export interface ChipContent extends Omit<ImageContent, "modules"> {
	readonly code: Uint8Array;
	readonly rom: Uint8Array;
	/** Bytes from the start of the image. */
	readonly codeAt: number;
	readonly romAt: number;
	/** Of the board, in bytes. */
	readonly ram: number;
	readonly flash: number;
}

/** The same for a chip. */
export function writeChipImage(content: ChipContent): Buffer {
	return assemble(content, [
		{ tag: "CODE", at: content.codeAt, write: () => Buffer.from(content.code) },
		{ tag: "ROM ", at: content.romAt, write: () => Buffer.from(content.rom) },
		...settings(content),
		data(content),
		{ tag: "CHIP", write: () => numbers([content.ram, content.flash, 0, 0]) },
	]);
}

type Settings = Omit<ImageContent, "modules">;

function settings(content: Settings): Section[] {
	return [
		{ tag: "CREA", write: () => creationBytes(content.creation) },
		{ tag: "MAIN", write: () => Buffer.from(`${content.main}\0`) },
		{ tag: "CONF", write: () => Buffer.from(`${JSON.stringify(content.config)}\0`) },
	];
}

function data(content: Settings): Section {
	return { tag: "DATA", write: (at) => dataBytes(content.data, at) };
}

function assemble(content: Settings, sections: readonly Section[]): Buffer {
	const table = Buffer.alloc(4 + sections.length * ROW);
	table.writeUInt32LE(sections.length, 0);
	const parts: Buffer[] = [table];
	let end = IMAGE_HEADER_SIZE + table.length;
	sections.forEach(({ tag, write, at = end }, index) => {
		if (at < end || at % 4) throw new RangeError(`${tag} can't lie at ${at}`);
		const bytes = write(at);
		table.write(tag, 4 + index * ROW, "latin1");
		table.writeUInt32LE(at, 8 + index * ROW);
		table.writeUInt32LE(bytes.length, 12 + index * ROW);
		const padding = Buffer.alloc(-bytes.length & 3);
		parts.push(Buffer.alloc(at - end), bytes, padding);
		end = at + bytes.length + padding.length;
	});
	const body = Buffer.concat(parts);
	return Buffer.concat([header(content, body), body]);
}

/** What an image says of itself. */
export interface ImageHeader {
	readonly kind: "firmware" | "app";
	readonly board: string;
	readonly version: string;
	readonly debug: boolean;
	/** Bytes of header and body. */
	readonly size: number;
}

/** The header at the start of `bytes`; undefined: there is none, or a damaged one. The body is not looked at. */
export function readHeader(bytes: Buffer): ImageHeader | undefined {
	if (bytes.length < IMAGE_HEADER_SIZE || bytes.readUInt32LE(0) !== IMAGE_MAGIC) return undefined;
	if (crc32(bytes.subarray(0, 252)) !== bytes.readUInt32LE(252)) return undefined;
	const text = (at: number) => bytes.toString("utf8", at, bytes.indexOf(0, at)).replace(/\p{C}/gu, "?");
	return {
		kind: bytes.readUInt16LE(6) === 1 ? "firmware" : "app",
		board: text(16),
		version: text(48),
		debug: (bytes.readUInt32LE(164) & 1) !== 0,
		size: bytes.readUInt32LE(12),
	};
}

/** Where the parts of an image lie, by their tags: the inverse of what is written, for tools that look into one. */
export function readSections(image: Buffer): Map<string, { at: number; size: number }> {
	// A body that was torn may say anything.
	const most = Math.floor((image.length - IMAGE_HEADER_SIZE - 4) / ROW);
	const count = most < 0 ? 0 : Math.min(image.readUInt32LE(IMAGE_HEADER_SIZE), most, SECTIONS_MOST);
	return new Map(
		Array.from({ length: count }, (_, index) => {
			const row = IMAGE_HEADER_SIZE + 4 + index * ROW;
			const place = { at: image.readUInt32LE(row + 4), size: image.readUInt32LE(row + 8) };
			return [image.toString("latin1", row, row + 4), place] as const;
		}),
	);
}

function header(content: Settings, body: Buffer): Buffer {
	const bytes = Buffer.alloc(IMAGE_HEADER_SIZE);
	bytes.writeUInt32LE(IMAGE_MAGIC, 0);
	bytes.writeUInt16LE(IMAGE_FORMAT, 4);
	bytes.writeUInt16LE(content.kind === "firmware" ? 1 : 2, 6);
	bytes.writeUInt32LE(IMAGE_HEADER_SIZE, 8);
	bytes.writeUInt32LE(IMAGE_HEADER_SIZE + body.length, 12);
	writeText(bytes, "board", content.board, 16, 32);
	writeText(bytes, "version", content.version, 48, 32);
	writeText(bytes, "engine", content.engine, 80, 16);
	if (content.engineHash.length !== 32) throw new RangeError("engineHash has 32 bytes");
	bytes.set(content.engineHash, 96);
	createHash("sha256").update(body).digest().copy(bytes, 128);
	bytes.writeUInt32LE(0, 160);
	bytes.writeUInt32LE(content.debug ? 1 : 0, 164);
	bytes.writeUInt32LE(crc32(bytes.subarray(0, 252)), 252);
	return bytes;
}

function writeText(into: Buffer, what: string, text: string, at: number, size: number): void {
	const bytes = Buffer.from(text);
	if (bytes.length >= size || bytes.includes(0))
		throw new BuildError("board", `the ${what} ${JSON.stringify(text)} is longer than ${size - 1} bytes`);
	bytes.copy(into, at);
}

function creationBytes(creation: Creation): Buffer {
	return numbers([
		creation.initialChunk,
		creation.incrementalChunk,
		creation.initialHeap,
		creation.incrementalHeap,
		creation.stack,
		creation.initialKeys,
		creation.incrementalKeys,
		creation.nameModulo,
		creation.symbolModulo,
		creation.parserBuffer,
		creation.parserTable,
		creation.static,
		0,
		0,
	]);
}

function numbers(values: readonly number[]): Buffer {
	const bytes = Buffer.alloc(values.length * 4);
	values.forEach((value, index) => {
		bytes.writeUInt32LE(value, index * 4);
	});
	return bytes;
}

/** A table of offsets (from the start of the image), then the bytes it points at. */
class Table {
	readonly #table: Buffer;
	readonly #parts: Buffer[] = [];
	readonly #at: number;
	#end: number;
	#field = 4;

	constructor(count: number, fieldsPerRow: number, at: number) {
		this.#table = Buffer.alloc(4 + count * fieldsPerRow * 4);
		this.#table.writeUInt32LE(count, 0);
		this.#at = at;
		this.#end = this.#table.length;
	}

	number(value: number): void {
		this.#table.writeUInt32LE(value, this.#field);
		this.#field += 4;
	}

	/** `size` counts the bytes without the padding after them. */
	blob(bytes: Uint8Array, size = bytes.length): void {
		this.number(this.#at + this.#end);
		this.number(size);
		this.#parts.push(Buffer.from(bytes), Buffer.alloc(-bytes.length & 3));
		this.#end += bytes.length + (-bytes.length & 3);
	}

	/** NUL-ended, so that C uses it in place; the size leaves the NUL out. */
	text(text: string): void {
		const bytes = Buffer.from(`${text}\0`);
		this.blob(bytes, bytes.length - 1);
	}

	bytes(): Buffer {
		return Buffer.concat([this.#table, ...this.#parts]);
	}
}

function moduleBytes(modules: readonly ImageModule[], at: number): Buffer {
	const table = new Table(modules.length, 7, at);
	for (const { name, symbols, code, preload } of modules) {
		table.text(name);
		table.blob(symbols);
		table.blob(code);
		table.number(preload ? 1 : 0);
	}
	return table.bytes();
}

function dataBytes(data: readonly ImageData[], at: number): Buffer {
	const table = new Table(data.length, 4, at);
	for (const { name, bytes } of data) {
		table.text(name);
		table.blob(bytes);
	}
	return table.bytes();
}
