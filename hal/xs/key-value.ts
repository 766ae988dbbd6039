import type { StorageFormat, StorageOpenOptions } from "embedded:storage/key-value";
import { decode, encode } from "hal/text";

// ECMA-419 key-value storage: formats here, names and power cuts in hal/xs/key-value.c.

type Value = ByteBuffer | string | number | bigint;
/** What the C half is asked: `format` is the record's format byte, an index of `formats`. */
type Read = (path: string, key: string, format: number) => ArrayBuffer | undefined;
type Write = (path: string, key: string, format: number, bytes: ByteBuffer) => void;

/** Position = the format byte in flash: append only. */
const formats: readonly StorageFormat[] = Object.freeze([
	"buffer",
	"string",
	"uint8",
	"int8",
	"uint16",
	"int16",
	"uint32",
	"int32",
	"uint64",
	"int64",
]);

function checkFormat(format: unknown): StorageFormat {
	const known = formats.find((one) => one === format);
	if (known === undefined) throw new RangeError("key-value: no such format");
	return known;
}

const bitsOf = (format: StorageFormat): number => Number(format.slice(format.indexOf("t") + 1));

/** Little-endian, as many bytes as the format's name says. */
function encodeNumber(format: StorageFormat, value: Value): ByteBuffer {
	const bits = bitsOf(format);
	const isWanted = bits === 64 ? typeof value === "bigint" : typeof value === "number" && Number.isInteger(value);
	if (!isWanted) throw new TypeError(`key-value: ${format} takes ${bits === 64 ? "a BigInt" : "an integer"}`);
	const whole = BigInt(value as number | bigint);
	const low = format[0] === "i" ? -(1n << BigInt(bits - 1)) : 0n;
	if (whole < low || whole >= low + (1n << BigInt(bits))) throw new RangeError(`key-value: out of ${format}'s range`);
	const view = new DataView(new ArrayBuffer(bits / 8));
	if (bits === 64) view.setBigUint64(0, BigInt.asUintN(64, whole), true);
	else if (bits === 32) view.setUint32(0, Number(BigInt.asUintN(32, whole)), true);
	else if (bits === 16) view.setUint16(0, Number(BigInt.asUintN(16, whole)), true);
	else view.setUint8(0, Number(BigInt.asUintN(8, whole)));
	return view.buffer;
}

function decodeNumber(format: StorageFormat, bytes: ArrayBuffer): number | bigint {
	const view = new DataView(bytes);
	switch (format) {
		case "uint8":
			return view.getUint8(0);
		case "int8":
			return view.getInt8(0);
		case "uint16":
			return view.getUint16(0, true);
		case "int16":
			return view.getInt16(0, true);
		case "uint32":
			return view.getUint32(0, true);
		case "int32":
			return view.getInt32(0, true);
		case "uint64":
			return view.getBigUint64(0, true);
		default: {
			// Not getBigInt64: XS 13.3 makes -0n of the lowest one.
			const value = view.getBigUint64(0, true);
			return value >> 63n ? value - (1n << 64n) : value;
		}
	}
}

function toBytes(format: StorageFormat, value: Value): ByteBuffer {
	if (format === "string") {
		if (typeof value !== "string") throw new TypeError("key-value: a string is needed");
		return encode(value);
	}
	if (format !== "buffer") return encodeNumber(format, value);
	if (typeof value !== "object" || value === null) throw new TypeError("key-value: a buffer is needed");
	return value;
}

function bytesOf(buffer: ByteBuffer): Uint8Array {
	return ArrayBuffer.isView(buffer)
		? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
		: new Uint8Array(buffer);
}

/** Proof that `open` makes the object, not a stranger. */
const made = Symbol("made by open");

class Storage {
	#path: string;
	#isReadOnly: boolean;
	#format: StorageFormat;
	#isClosed = false;

	constructor(by: unknown, options: StorageOpenOptions) {
		if (by !== made) throw new TypeError("key-value: made by open()");
		if (typeof options !== "object" || options === null) throw new TypeError("key-value: options are needed");
		const { path, mode = "r+", format = "buffer" } = options;
		if (typeof path !== "string") throw new TypeError("key-value: path is needed");
		if (mode !== "r" && mode !== "r+") throw new RangeError('key-value: mode is "r" or "r+"');
		this.#path = path;
		this.#isReadOnly = mode === "r";
		this.#format = checkFormat(format);
		native("xs_keyvalue_mount").call(undefined, path);
	}
	close(): void {
		this.#isClosed = true;
	}
	#opened(): void {
		if (this.#isClosed) throw new Error("key-value: closed");
	}
	#writable(): void {
		this.#opened();
		if (this.#isReadOnly) throw new Error("key-value: read only");
	}
	delete(key: string): void {
		this.#writable();
		native("xs_keyvalue_delete").call(undefined, this.#path, key);
	}
	read(key: string, buffer?: ByteBuffer): ArrayBuffer | string | number | bigint | undefined {
		this.#opened();
		const format = this.#format;
		const bytes = native<Read>("xs_keyvalue_read")(this.#path, key, formats.indexOf(format));
		if (bytes === undefined) return undefined;
		if (format === "string") return decode(new Uint8Array(bytes));
		if (format !== "buffer") return decodeNumber(format, bytes);
		if (buffer === undefined) return bytes;
		if (bytes.byteLength > buffer.byteLength) throw new RangeError("key-value: the buffer is too small");
		bytesOf(buffer).set(new Uint8Array(bytes));
		return bytes.byteLength;
	}
	write(key: string, value: Value): void {
		this.#writable();
		const format = this.#format;
		native<Write>("xs_keyvalue_write")(this.#path, key, formats.indexOf(format), toBytes(format, value));
	}
	[Symbol.iterator](): IterableIterator<string> {
		this.#opened();
		const keys: string[] = native("xs_keyvalue_keys").call(undefined, this.#path);
		return keys[Symbol.iterator]();
	}
	get format(): StorageFormat {
		this.#opened();
		return this.#format;
	}
	set format(value: StorageFormat) {
		this.#opened();
		this.#format = checkFormat(value);
	}
}

export default Object.freeze(
	{
		open(options: StorageOpenOptions): Storage {
			return new Storage(made, options);
		},
	},
	true,
);
