// ECMA-419's sockets and serial port, as hal/<platform> gives them: the typings of @moddable/typings 5.6.0 know no
// `undefined` from an empty read, no result of write() and no reason in onError.

declare module "embedded:io/socket/tcp" {
	/** What happened to a connection; the platform's own word or number is in `detail`. */
	export type TCPErrorCode =
		| "resolve" /* the name has no address, or nobody answered */
		| "refused"
		| "unreachable"
		| "timeout"
		| "reset" /* the peer or the network ended it without a word */
		| "closed" /* the peer says no more: a clean end; what it sent before has been read */
		| "system"; /* the platform has no memory, no socket, … */

	/** On a platform of the Moddable SDK `onError` may come without it. */
	export interface TCPError extends Error {
		readonly code: TCPErrorCode;
		readonly retry: "now" | "later";
		readonly detail: string;
	}

	export interface TCPCallbacks {
		/** `bytes` can be read now. Called again only when more have come. */
		onReadable?: (this: TCP, bytes: number) => void;
		/** Connected, and `bytes` may be written; later: there is room for so many again. */
		onWritable?: (this: TCP, bytes: number) => void;
		/** The end of the connection. Called once; then only `close()` makes sense, or `write` after `"closed"`. */
		onError?: (this: TCP, error?: TCPError) => void;
		/** Default `"buffer"`. `"number"` reads and writes single bytes. */
		format?: "number" | "buffer";
		target?: unknown;
	}

	/** Either `from`, or `port` with `address` or `host`: the constructor throws otherwise. */
	export interface Options extends TCPCallbacks {
		/** A name for the resolver (or an address). `address` goes before it. */
		host?: string;
		/** An IPv4 or IPv6 address in text. */
		address?: string;
		/** 1 to 65535. */
		port?: number;
		/** TCP_NODELAY; default false. */
		nodelay?: boolean;
		/** A connected socket that this one takes over (it counts as closed afterwards), or a Listener with one waiting. */
		from?: unknown;
		/** Of a subclass or a class around this one. */
		[more: string]: unknown;
	}

	/** A TCP connection. No callback comes before the constructor has returned, or once `close()` was called. */
	export default class TCP {
		/** @throws {TypeError} {RangeError} for options that can't be right; what the network does comes by `onError`. */
		constructor(options: Options);
		target: unknown;
		/** `undefined` until connected. */
		readonly remoteAddress: string | undefined;
		readonly remotePort: number | undefined;
		/**
		 * What has come: all of it, or at most `byteLength` bytes; one byte in format `"number"`.
		 *
		 * @returns `undefined` when nothing is there.
		 */
		read(byteLength?: number): ArrayBuffer | number | undefined;
		/** @returns how many bytes were put into `buffer`, `undefined` when nothing is there. */
		read(buffer: ByteBuffer): number | undefined;
		/**
		 * Send all of it, or nothing.
		 *
		 * @returns how many bytes may be written now: a truth that later writes diminish, `onWritable` renews.
		 * @throws {Error} before the connection stands, when it doesn't fit, and when closed.
		 */
		write(value: number | ByteBuffer): number;
		/** Bytes written before are sent yet. A second close is harmless. */
		close(): void;
		get format(): "number" | "buffer";
		set format(value: "number" | "buffer");
	}
}

declare module "embedded:io/socket/listener" {
	import type TCP from "embedded:io/socket/tcp";

	export interface ListenerOptions {
		/** Default 0: the system chooses one, see `port`. */
		port?: number;
		/** The address to listen at; default all of them, IPv4 and IPv6. */
		address?: string;
		/** `requests` connections wait for `read()`. */
		onReadable?: (this: Listener, requests: number) => void;
		format?: "socket/tcp";
		target?: unknown;
	}

	export default class Listener {
		/** @throws {Error} when the port is taken. */
		constructor(options: ListenerOptions);
		target: unknown;
		readonly port: number;
		/** A connected socket without callbacks: hand it to `new TCP({ from, … })`. `undefined` when none waits. */
		read(): TCP | undefined;
		close(): void;
		get format(): "socket/tcp";
		set format(value: "socket/tcp");
	}
}

declare module "embedded:io/socket/udp" {
	/** On a platform of the Moddable SDK `onError` may come without it. The socket goes on. */
	export interface UDPError extends Error {
		readonly code: "resolve" | "system";
		readonly retry: "later";
		readonly detail: string;
	}

	export interface UDPOptions {
		/** The local port; default 0: the system chooses one. */
		port?: number;
		/** The local address; default all of them, IPv4 and IPv6. */
		address?: string;
		/** A group to join; needs `timeToLive`, and receives on `port`. */
		multicast?: string;
		/** Hops of multicast packets, 1 to 255. */
		timeToLive?: number;
		/** `packets` wait for `read()`. */
		onReadable?: (this: UDP, packets: number) => void;
		onError?: (this: UDP, error?: UDPError) => void;
		format?: "buffer";
		target?: unknown;
		[more: string]: unknown;
	}

	/** One packet with its sender. */
	export type Packet = ArrayBuffer & { address: string; port: number };

	export default class UDP {
		/** @throws {Error} when the port is taken. */
		constructor(options?: UDPOptions);
		target: unknown;
		/** The oldest packet that waits. */
		read(): Packet | undefined;
		/**
		 * Send one packet; as everywhere in UDP it may get lost without a word. `address` may be a name, too: it is looked
		 * up once a minute; up to four packets wait for the answer, and when there's none `onError` is told (code
		 * `"resolve"`).
		 *
		 * @throws {RangeError} for an address that can't be one, or a packet that is too long.
		 */
		write(buffer: ByteBuffer, address: string, port: number): void;
		close(): void;
		get format(): "buffer";
		set format(value: "buffer");
	}
}

declare module "embedded:io/serial" {
	export interface SerialOptions {
		/** `1`, or `"console"`: the second UART. */
		port: number | string;
		/** 300 to 5,000,000. */
		baud: number;
		/** Pins, where the platform has a choice. */
		receive?: number;
		transmit?: number;
		flowControl?: "none" | "hardware";
		onReadable?: (this: Serial, bytes: number) => void;
		onWritable?: (this: Serial, bytes: number) => void;
		/** Default `"number"`, as ECMA-419 has it. */
		format?: "number" | "buffer";
		target?: unknown;
	}

	export default class Serial {
		/** @throws {Error} when the port is in use by another object. */
		constructor(options: SerialOptions);
		target: unknown;
		read(byteLength?: number): ArrayBuffer | number | undefined;
		read(buffer: ByteBuffer): number | undefined;
		/** @throws {Error} when it doesn't fit: more than `onWritable` said. */
		write(value: number | ByteBuffer): void;
		/** Throw away what waits: in both directions, or in those that are true. */
		flush(input?: boolean, output?: boolean): void;
		close(): void;
		get format(): "number" | "buffer";
		set format(value: "number" | "buffer");
	}
}
