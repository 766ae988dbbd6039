import type { Options, TCPError, TCPErrorCode } from "embedded:io/socket/tcp";
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

/** The address of a host that needs no resolver: IPv4 in dotted form, IPv6, this computer (RFC 6761 6.3). */
function addressOf(host: string): string | undefined {
	// The SDK's resolver on Linux looks at a name's first address only, and at that only if it is IPv4.
	if (host === "localhost") return "127.0.0.1";
	return /^\d{1,3}(\.\d{1,3}){3}$|:/.test(host) ? host : undefined;
}

/**
 * The SDK's TCP socket, which knows addresses only and takes no other number of bytes to read than what is there:
 * with names, and with partial reads. Its Listener makes one without options and connects it in C.
 */
export default class TCP extends Native("xs_tcp_destructor") {
	target: unknown;
	/** Bytes that the SDK has told of and nobody has read. */
	#readable = 0;
	/** Only an `open` one has the SDK's socket behind it. */
	#state: "resolving" | "open" | "failed" | "closed" = "open";
	#format: "number" | "buffer";

	constructor(options?: Options) {
		super();
		this.#format = options?.format ?? "buffer";
		if (options === undefined) {
			native("xs_tcp_constructor").call(this);
			return;
		}
		this.target = options.target;
		const host = "from" in options ? undefined : (options.address ?? options.host);
		const address = host === undefined ? undefined : addressOf(host);
		if (host === undefined || address !== undefined) this.#open(options, address);
		else this.#resolve(options, host);
	}

	#resolve(options: Options, host: string): void {
		this.#state = "resolving";
		Net.resolve(host, (_name, address) => {
			if (this.#state !== "resolving") return;
			this.#state = "failed";
			if (address === undefined) return this.#fail(options, new SocketError("resolve", host));
			try {
				this.#open(options, address);
				this.#state = "open";
			} catch (error) {
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
		const { onReadable } = options;
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
			if (what <= 0) return undefined;
			this.#readable -= what;
			return native("xs_tcp_read").call(this, what);
		}
		const size = Math.min(what.byteLength, this.#readable);
		if (size === 0) return undefined;
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
		const open = this.#state === "open";
		this.#state = "closed";
		this.#readable = 0;
		if (open) native("xs_tcp_close").call(this);
	}

	get format(): "number" | "buffer" {
		return this.#format;
	}

	set format(value: "number" | "buffer") {
		if (value !== "number" && value !== "buffer") throw new RangeError(`no such format: ${String(value)}`);
		this.#format = value;
		if (this.#state === "open") native("xs_tcp_set_format").call(this, value);
	}
}
