import type { ListenerOptions } from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";

/** ECMA-419 TCP listener. */
class Listener extends Native("xs_listener_destructor") {
	declare target: unknown;

	constructor(options: ListenerOptions) {
		super();
		native("xs_listener_constructor").call(this, options);
	}
	close(): void {
		native("xs_listener_close").call(this);
	}
	read(): TCP | undefined {
		return native("xs_listener_waiting").call(this) ? new TCP({ from: this }) : undefined;
	}
	get port(): number {
		return native("xs_listener_get_port").call(this);
	}
	get format(): "socket/tcp" {
		return "socket/tcp";
	}
	set format(value: "socket/tcp") {
		if (value !== "socket/tcp") throw new RangeError('format: "socket/tcp"');
	}
}

export default Listener;
