import type { Packet, UDPOptions } from "embedded:io/socket/udp";

/** ECMA-419 UDP socket. */
class UDP extends Native("xs_udp_destructor") {
	declare target: unknown;

	constructor(options?: UDPOptions) {
		super();
		native("xs_udp_constructor").call(this, options);
	}
	close(): void {
		native("xs_udp_close").call(this);
	}
	read(): Packet | undefined {
		return native("xs_udp_read").call(this);
	}
	write(buffer: ByteBuffer, address: string, port: number): void {
		native("xs_udp_write").call(this, buffer, address, port);
	}
	get format(): "buffer" {
		return "buffer";
	}
	set format(value: "buffer") {
		if (value !== "buffer") throw new RangeError('format: "buffer"');
	}
}

export default UDP;
