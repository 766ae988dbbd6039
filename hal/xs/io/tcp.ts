import type { Options } from "embedded:io/socket/tcp";

/** ECMA-419 TCP socket over stream.h. */
class TCP extends Native("xs_tcp_destructor") {
	declare target: unknown;

	constructor(options: Options) {
		super();
		native("xs_tcp_constructor").call(this, options);
	}
	close(): void {
		native("xs_tcp_close").call(this);
	}
	declare read: (byteLengthOrBuffer?: number | ByteBuffer) => ArrayBuffer | number | undefined;
	declare write: (value: number | ByteBuffer) => number;

	static {
		// The host functions themselves: once a packet, and a function around one costs more than it does.
		TCP.prototype.read = native("xs_tcp_read");
		TCP.prototype.write = native("xs_tcp_write");
	}
	get remoteAddress(): string | undefined {
		return native("xs_tcp_get_remoteAddress").call(this);
	}
	get remotePort(): number | undefined {
		return native("xs_tcp_get_remotePort").call(this);
	}
	get format(): "number" | "buffer" {
		return native("xs_tcp_get_format").call(this);
	}
	set format(value: "number" | "buffer") {
		native("xs_tcp_set_format").call(this, value);
	}
}

export default TCP;
