import { createHash } from "node:crypto";
import { crc32 } from "../lib/crc32";
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
export const IMAGE_MAGIC = 0x31584b4c;
export const IMAGE_FORMAT = 1;
export const HEADER_SIZE = 256;
export const ENGINE = "xs-13.3.0";
const ID_BITS = 16;

/** What ties an image to the hosts that can run it: the engine's byte code and the C functions that it may name. */
export function engineHash(natives: readonly string[], engine = ENGINE): Buffer {
	const names = [...new Set(natives)].sort();
	return createHash("sha256")
		.update(`${engine}\n${ID_BITS}\n${names.join("\n")}`)
		.digest();
}

/** Writes header and body; a signature, if any, is put behind by whoever has the key. */
export function writeImage(content: ImageContent): Buffer {
	const sections: [tag: string, write: (at: number) => Buffer][] = [
		["CREA", () => creationBytes(content.creation)],
		["MAIN", () => Buffer.from(`${content.main}\0`)],
		["CONF", () => Buffer.from(`${JSON.stringify(content.config)}\0`)],
		["MODS", (at) => moduleBytes(content.modules, at)],
		["DATA", (at) => dataBytes(content.data, at)],
	];
	const table = Buffer.alloc(4 + sections.length * 12);
	table.writeUInt32LE(sections.length, 0);
	const parts: Buffer[] = [table];
	let at = HEADER_SIZE + table.length;
	sections.forEach(([tag, write], index) => {
		const bytes = write(at);
		table.write(tag, 4 + index * 12, "latin1");
		table.writeUInt32LE(at, 8 + index * 12);
		table.writeUInt32LE(bytes.length, 12 + index * 12);
		const padding = Buffer.alloc(-bytes.length & 3);
		parts.push(bytes, padding);
		at += bytes.length + padding.length;
	});
	const body = Buffer.concat(parts);
	return Buffer.concat([header(content, body), body]);
}

function header(content: ImageContent, body: Buffer): Buffer {
	const bytes = Buffer.alloc(HEADER_SIZE);
	bytes.writeUInt32LE(IMAGE_MAGIC, 0);
	bytes.writeUInt16LE(IMAGE_FORMAT, 4);
	bytes.writeUInt16LE(content.kind === "firmware" ? 1 : 2, 6);
	bytes.writeUInt32LE(HEADER_SIZE, 8);
	bytes.writeUInt32LE(HEADER_SIZE + body.length, 12);
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
	const bytes = Buffer.alloc(14 * 4);
	const fields = [
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
	];
	fields.forEach((value, index) => {
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
