/// <reference path="./io.d.ts" />

// Modules of ECMA-419 (2nd edition and its successor's drafts) that @moddable/typings 5.6.0 lacks.

/** Bytes in any of the forms that ECMA-419 takes. */
type ByteBuffer = ArrayBuffer | SharedArrayBuffer | Uint8Array | Uint8ClampedArray | Int8Array | DataView;

declare module "embedded:storage/flash" {
	export interface FlashOpenOptions {
		/** The partition's name in the board's partition table. */
		path: string;
		/** `"r"` to read only; default `"r+"`. */
		mode?: "r" | "r+";
	}

	export interface FlashStatus {
		/** Bytes in the partition. */
		size: number;
		/** Bytes that one erase sets to `eraseValue`. */
		blockLength: number;
		/** Number of erase blocks. */
		blocks: number;
		/** Offset and length of a write are multiples of this. */
		writeAlign: number;
		/** What an erased byte reads as. */
		eraseValue: number;
	}

	/** One partition of the flash. A write only clears bits; what was half done when the power went stays half done. */
	export class Flash {
		/** @throws {TypeError} always: made by `open` of the default export. */
		private constructor();
		close(): void;
		/**
		 * Erase the blocks `start` (inclusive) to `end` (exclusive; default `start + 1`).
		 *
		 * @throws {RangeError} past the partition's end.
		 */
		eraseBlock(start: number, end?: number): void;
		read(byteLength: number, byteOffset: number): ArrayBuffer;
		/** @returns the number of bytes read: all of `buffer`, or up to the partition's end. */
		read(buffer: ByteBuffer, byteOffset: number): number;
		write(buffer: ByteBuffer, byteOffset: number): void;
		status(): FlashStatus;
		get format(): "buffer";
		set format(value: "buffer");
	}

	const FlashStorage: {
		/** @throws {Error} when there's no such partition. */
		open(options: FlashOpenOptions): Flash;
		/** Names of the partitions. */
		[Symbol.iterator](): IterableIterator<string>;
	};
	export default FlashStorage;
}

declare module "embedded:storage/key-value" {
	export type StorageFormat =
		| "buffer"
		| "string"
		| "uint8"
		| "int8"
		| "uint16"
		| "int16"
		| "uint32"
		| "int32"
		| "uint64"
		| "int64";

	export interface StorageOpenOptions {
		/** The domain: keys of one domain are unseen from another. */
		path: string;
		/** `"r"` to read only; default `"r+"`. */
		mode?: "r" | "r+";
		/** How values are read and written; default `"buffer"`. */
		format?: StorageFormat;
	}

	/** A domain of named values. A write is seen whole or not at all after a power cut. */
	export class Storage {
		/** @throws {TypeError} always: made by `open` of the default export. */
		private constructor();
		close(): void;
		/** Remove a key; one that isn't there is no error. */
		delete(key: string): void;
		/** @returns the value in the current format, `undefined` when there's no such key. */
		read(key: string): ArrayBuffer | string | number | bigint | undefined;
		/** @returns the number of bytes put into `buffer`, `undefined` when there's no such key. */
		read(key: string, buffer: ByteBuffer): number | undefined;
		write(key: string, value: ByteBuffer | string | number | bigint): void;
		/** The domain's keys. */
		[Symbol.iterator](): IterableIterator<string>;
		get format(): StorageFormat;
		set format(value: StorageFormat);
	}

	const KeyValueStorage: {
		open(options: StorageOpenOptions): Storage;
	};
	export default KeyValueStorage;
}

declare module "mc/config" {
	/** The manifest's `config` object, as `mcconfig` and tools/build give it. */
	const config: Readonly<Record<string, unknown>>;
	export default config;
}

// The network's interfaces: each platform's class has what hal/types/interface.d.ts says, unless a comment says less.

declare module "embedded:network/interface/ethernet" {
	import type { Ethernet as Class, InterfaceOptions } from "hal/interface";

	const Ethernet: new (options: InterfaceOptions) => Class;
	export default Ethernet;
}

declare module "embedded:network/interface/wifi" {
	import type { WiFi as Class, InterfaceOptions } from "hal/interface";

	/** On the SDK a password is a string, and `failure` isn't there: `hal/interface` gives a class that has them. */
	const WiFi: new (options: InterfaceOptions) => Class;
	export default WiFi;
}
