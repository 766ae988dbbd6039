import type { FlashOpenOptions, FlashStatus } from "embedded:storage/flash";

/** ECMA-419 flash storage: partitions of the board's NOR flash, see hal/xs/flash-class.c. */
class Flash extends Native("xs_flash_destructor") {
	constructor() {
		super();
		throw new TypeError("Flash: made by open()");
	}
	close(): void {
		native("xs_flash_close").call(this);
	}
	eraseBlock(start: number, end?: number): void {
		native("xs_flash_eraseBlock").call(this, start, end);
	}
	read(byteLengthOrBuffer: number | ByteBuffer, byteOffset: number): ArrayBuffer | number {
		return native("xs_flash_read").call(this, byteLengthOrBuffer, byteOffset);
	}
	write(buffer: ByteBuffer, byteOffset: number): void {
		native("xs_flash_write").call(this, buffer, byteOffset);
	}
	status(): FlashStatus {
		return native("xs_flash_status").call(this);
	}
	get format(): "buffer" {
		return "buffer";
	}
	set format(value: "buffer") {
		if (value !== "buffer") throw new RangeError('format: "buffer"');
	}
}

export default Object.freeze(
	{
		open(options: FlashOpenOptions): Flash {
			return native("xs_flash_open").call(undefined, options, Flash.prototype);
		},
		*[Symbol.iterator](): IterableIterator<string> {
			for (let index = 0; ; index++) {
				const name = native("xs_flash_name").call(undefined, index);
				if (name === undefined) return;
				yield name;
			}
		},
	},
	true,
);
