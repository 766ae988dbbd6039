import type { Options, TCPError, TCPErrorCode } from "embedded:io/socket/tcp";
import { addressOf, checkOptions, checkPort, isAddress } from "hal/socket-options";
// biome-ignore lint/style/useNodejsImportProtocol: the SDK's module, not Node's.
import Net from "net";

/** What the SDK can tell of a failure: that a name has no address, or that there was no socket to be had. */
class SocketError extends Error implements TCPError {
	/** A field, as assigning to the inherited name throws: that one is in flash. */
	override readonly name = "TCPError";
	readonly code: TCPErrorCode;
	readonly retry = "later";
	readonly detail: string;

	constructor(code: TCPErrorCode, detail: string) {
		super(`${code}: ${detail}`);
		this.code = code;
		this.detail = detail;
	}
}

type Format = "number" | "buffer";

function checkFormat(format: unknown): Format {
	if (format !== "number" && format !== "buffer") throw new RangeError(`no such format: ${String(format)}`);
	return format;
}

/**
 * The SDK's TCP socket, which knows addresses only and takes no other number of bytes to read than what is there:
 * with names, and with partial reads. Its Listener makes one without options and connects it in C.
 */
export default class TCP extends Native("xs_tcp_destructor") {
	target: unknown;
	/** Bytes that the SDK has told of and nobody has read. */
	#readable = 0;
	/** Behind a `connecting` or `open` one is the SDK's socket. */
	#state: "resolving" | "connecting" | "open" | "failed" | "closed" = "open";
	#format: Format = "buffer";

	constructor(options?: Options) {
		super();
		// biome-ignore lint/complexity/noArguments: the Listener's `new TCP` is told from `new TCP(undefined)`, which is wrong.
		if (arguments.length === 0) {
			native("xs_tcp_constructor").call(this);
			return;
		}
		checkOptions(options, "onReadable", "onWritable", "onError");
		this.#begin(options as Options);
	}

	#begin(options: Options): void {
		if (options.format !== undefined) this.#format = checkFormat(options.format);
		this.target = options.target;
		if ("from" in options) {
			if (!(options.from instanceof TCP)) throw new TypeError("from: a connected TCP is needed");
			this.#open(options);
			return;
		}
		const { host, address, port } = options;
		checkPort(port, 1);
		if (address !== undefined && !isAddress(address)) throw new RangeError("address: no address");
		const place = address ?? addressOf(host);
		this.#state = place === undefined ? "resolving" : "connecting";
		if (place === undefined) this.#resolve(options, host as string);
		else this.#open(options, place);
	}

	#resolve(options: Options, host: string): void {
		Net.resolve(host, (_name, address) => {
			if (this.#state !== "resolving") return;
			this.#state = "failed";
			if (address === undefined) return this.#fail(options, new SocketError("resolve", host));
			try {
				this.#state = "connecting";
				this.#open(options, address);
			} catch (error) {
				this.#state = "failed";
				// Thrown here it would end the machine.
				this.#fail(options, new SocketError("system", String(error)));
			}
		});
	}

	#fail(options: Options, error: TCPError): void {
		options.onError?.call(this, error);
	}

	#open(options: Options, address?: string): void {
		const inner: Record<string, unknown> = { ...options, format: this.#format };
		if (address !== undefined) inner.address = address;
		const { onReadable, onWritable } = options;
		inner.onWritable = (bytes: number) => {
			this.#state = "open";
			onWritable?.call(this, bytes);
		};
		if (onReadable)
			inner.onReadable = (bytes: number) => {
				this.#readable = bytes;
				onReadable.call(this, bytes);
			};
		native("xs_tcp_constructor").call(this, inner);
	}

	get remoteAddress(): string | undefined {
		return this.#state === "open" ? native("xs_tcp_get_remoteAddress").call(this) : undefined;
	}

	get remotePort(): number | undefined {
		return this.#state === "open" ? native("xs_tcp_get_remotePort").call(this) : undefined;
	}

	read(byteLength?: number): ArrayBuffer | number | undefined;
	read(buffer: ByteBuffer): number | undefined;
	read(what?: number | ByteBuffer): ArrayBuffer | number | undefined {
		if (what === null || (what !== undefined && typeof what !== "number" && typeof what !== "object"))
			throw new TypeError("read: a number or a buffer is needed");
		if (typeof what === "number" && !(Number.isInteger(what) && what >= 0))
			throw new RangeError("read: no count of bytes");
		if (this.#state !== "open" || this.#readable <= 0) return undefined;
		if (this.#format === "number") {
			this.#readable -= 1;
			return native("xs_tcp_read").call(this);
		}
		if (what === undefined || (typeof what === "number" && what >= this.#readable)) {
			this.#readable = 0;
			return native("xs_tcp_read").call(this);
		}
		return this.#readPart(what);
	}

	/** The SDK throws when asked for more than there is, or for nothing. */
	#readPart(what: number | ByteBuffer): ArrayBuffer | number | undefined {
		if (typeof what === "number") {
			if (what === 0) return new ArrayBuffer(0);
			this.#readable -= what;
			return native("xs_tcp_read").call(this, what);
		}
		const size = Math.min(what.byteLength, this.#readable);
		if (!(size >= 0)) throw new TypeError("read: a number or a buffer is needed");
		if (size === 0) return 0;
		this.#readable -= size;
		const part = ArrayBuffer.isView(what)
			? new Uint8Array(what.buffer, what.byteOffset, size)
			: new Uint8Array(what, 0, size);
		return native("xs_tcp_read").call(this, part);
	}

	write(value: number | ByteBuffer): number {
		if (this.#state !== "open") throw new Error(`socket is ${this.#state}`);
		return native("xs_tcp_write").call(this, value) ?? 0;
	}

	close(): void {
		const open = this.#state === "open" || this.#state === "connecting";
		this.#state = "closed";
		this.#readable = 0;
		if (open) native("xs_tcp_close").call(this);
	}

	get format(): Format {
		return this.#format;
	}

	set format(value: Format) {
		this.#format = checkFormat(value);
		if (this.#state === "open" || this.#state === "connecting") native("xs_tcp_set_format").call(this, value);
	}
}
