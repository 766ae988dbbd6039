import type { SerialOptions } from "embedded:io/serial";

/** ECMA-419 serial port: the second UART. */
class Serial extends Native("xs_serial_destructor") {
	declare target: unknown;

	constructor(options: SerialOptions) {
		super();
		native("xs_serial_constructor").call(this, options);
	}
	close(): void {
		native("xs_serial_close").call(this);
	}
	read(byteLengthOrBuffer?: number | ByteBuffer): ArrayBuffer | number | undefined {
		return native("xs_serial_read").call(this, byteLengthOrBuffer);
	}
	write(value: number | ByteBuffer): void {
		native("xs_serial_write").call(this, value);
	}
	flush(input?: boolean, output?: boolean): void {
		native("xs_serial_flush").call(this, input, output);
	}
	get format(): "number" | "buffer" {
		return native("xs_serial_get_format").call(this);
	}
	set format(value: "number" | "buffer") {
		native("xs_serial_set_format").call(this, value);
	}
}

export default Serial;
