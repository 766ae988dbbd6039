// The face of TLS: `embedded:io/socket/tcp/tls`, shaped as ECMA-419's TCP.

declare module "embedded:io/socket/tcp/tls" {
	import type { Session, TlsError, TlsOptions } from "hal/tls";

	/** The stream below: a class like `embedded:io/socket/tcp`. */
	export interface StreamOptions {
		host: string;
		address?: string;
		port: number;
		nodelay?: boolean;
		onReadable?: (this: unknown, bytes: number) => void;
		onWritable?: (this: unknown, bytes: number) => void;
		onError?: (this: unknown, error?: unknown) => void;
		[more: string]: unknown;
	}

	export interface Stream {
		read(byteLength?: number): ArrayBuffer | number | undefined;
		write(bytes: ByteBuffer): unknown;
		close(): void;
	}

	export interface TLSSocketOptions {
		/** The name that is verified; resolved too unless `address` is given. */
		host: string;
		/** Spares the resolver: where to connect to. */
		address?: string;
		port: number;
		/** The stream class, with options of its own beside `io`. Default `embedded:io/socket/tcp`. */
		TCP?: { io: new (options: StreamOptions) => Stream; [more: string]: unknown };
		/** Milliseconds from the start to the handshake's end. Default 30,000. */
		timeout?: number;
		/** What `hal/tls` takes, but `host` and `now`. */
		secure: Omit<TlsOptions, "host" | "now">;
		/** The handshake is done, `bytes` may be written; and again whenever there's room after a write. */
		onWritable?: (this: TLSSocket, bytes: number) => void;
		/** `bytes` can be read. */
		onReadable?: (this: TLSSocket, bytes: number) => void;
		/** The end, whatever it was: `error.code` is `"closed"` for a clean one. Nothing is called after it. */
		onError?: (this: TLSSocket, error: TlsError) => void;
		format?: "buffer";
		target?: unknown;
	}

	/**
	 * A TLS 1.2 connection. An exception that one of its callbacks throws is reported on the console and ends nothing.
	 */
	export default class TLSSocket {
		/** @throws {TypeError} {RangeError} for options that can't be right; what the network does comes by `onError`. */
		constructor(options: TLSSocketOptions);
		readonly target: unknown;
		/** As of `Tls`: meaningful from the first `onWritable`. */
		readonly resumed: boolean;
		readonly cipherSuite: string | undefined;
		readonly protocol: string | undefined;
		/** What resumes this session in a later connection: a `Key` for the application to keep. */
		session(): Session | undefined;
		read(byteLength?: number): ArrayBuffer | undefined;
		/** @returns how many bytes were put into `buffer`. */
		read(buffer: ByteBuffer): number;
		/** @returns how many bytes may be written yet. @throws {Error} when more are written than `onWritable` said. */
		write(bytes: ByteBuffer): number;
		/** Says close_notify and closes the stream. */
		close(): void;
		get format(): "buffer";
		set format(value: "buffer");
	}
}
