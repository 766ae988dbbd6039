import type { InterfaceOptions } from "hal/interface";

/** ECMA-419 Ethernet: the board's cable. Its address is asked for from the start, with or without an object of this class. */
class Ethernet extends Native("xs_ethernet_destructor") {
	constructor(options: InterfaceOptions) {
		super();
		native("xs_ethernet_constructor").call(this, options);
	}
	close(): void {
		native("xs_ethernet_close").call(this);
	}
	connect(): void {
		native("xs_ethernet_connect").call(this);
	}
	/** The address is given back, and what was connected is reset. */
	disconnect(): void {
		native("xs_ethernet_disconnect").call(this);
	}
	get connection(): number {
		return native("xs_ethernet_get_connection").call(this);
	}
	get address(): string | undefined {
		return native("xs_ethernet_get_address").call(this);
	}
	get MAC(): string | undefined {
		return native("xs_ethernet_get_MAC").call(this);
	}
}

export default Ethernet;
