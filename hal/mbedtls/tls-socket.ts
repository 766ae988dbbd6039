// embedded:io/socket/tcp/tls: a Tls engine between a stream and the application. Every event of the stream ends in #pump,
// which moves bytes as far as they go; whatever fails ends in #fail, once.

import TCP from "embedded:io/socket/tcp";
import type { Stream, StreamOptions, TLSSocketOptions } from "embedded:io/socket/tcp/tls";
import type { Key } from "hal/crypto";
import { time } from "hal/system";
import Timer from "hal/timer";
import { Tls, TlsError } from "hal/tls";

/** Bytes taken from the stream at a time: what the engine must keep at most when the application doesn't read on. */
const CHUNK = 2048;
/** What a record adds to its content, at most: header 5, nonce 8, tag 16. */
const OVERHEAD = 29;
const TIMEOUT = 30_000;

class TLSSocket {
	readonly target: unknown;
	readonly #options: TLSSocketOptions;
	#tls: Tls | undefined;
	#stream: Stream | undefined;
	#timer: Timer | undefined;
	/** Bytes that the stream has for us, and that it takes from us. */
	#available = 0;
	#room = 0;
	/** Bytes announced to the application and not read yet. */
	#announced = 0;
	#connected = false;
	#ready = false;
	#pumping = false;
	#streamEnd: { readonly error: unknown } | undefined;

	constructor(options: TLSSocketOptions) {
		const { host, port, address, secure, timeout = TIMEOUT } = options;
		if (!(port >= 1 && port <= 65535)) throw new RangeError("port: 1 to 65535");
		if (options.format !== undefined && options.format !== "buffer") throw new RangeError("format: only buffer");
		this.#options = options;
		this.target = options.target;
		this.#tls = new Tls({ ...secure, host, now: time() });
		const { io = TCP, ...more } = options.TCP ?? {};
		const below: StreamOptions = {
			...more,
			host,
			port,
			nodelay: true,
			onReadable: (bytes) => this.#onStreamReadable(bytes),
			onWritable: (bytes) => this.#onStreamWritable(bytes),
			onError: (error) => this.#onStreamError(error),
		};
		if (address !== undefined) below.address = address;
		try {
			this.#stream = new (io as new (options: StreamOptions) => Stream)(below);
		} catch (error) {
			this.#free();
			throw error;
		}
		this.#timer = Timer.set(() => {
			this.#timer = undefined;
			this.#fail(new TlsError("timeout"));
		}, timeout);
	}

	get resumed(): boolean {
		return this.#tls?.resumed ?? false;
	}

	get cipherSuite(): string | undefined {
		return this.#tls?.cipherSuite;
	}

	get protocol(): string | undefined {
		return this.#tls?.protocol;
	}

	get format(): "buffer" {
		return "buffer";
	}

	set format(value: "buffer") {
		if (value !== "buffer") throw new RangeError("format: only buffer");
	}

	session(): Key | undefined {
		return this.#tls?.session();
	}

	read(byteLength?: number): ArrayBuffer | undefined;
	read(buffer: ByteBuffer): number;
	read(into?: number | ByteBuffer): ArrayBuffer | number | undefined {
		const tls = this.#tls;
		if (!tls) throw new Error("closed");
		// Never past what was announced: the next record is decrypted by #pump, which has somewhere to tell its errors.
		if (this.#announced === 0) return typeof into === "object" ? 0 : undefined;
		const result = this.#take(tls, into);
		this.#announced -= typeof result === "number" ? result : (result?.byteLength ?? 0);
		// The application comes back to what it had left: go on, but not inside its call.
		if (this.#announced === 0 && !this.#pumping) Timer.set(() => this.#pump());
		return result;
	}

	#take(tls: Tls, into: number | ByteBuffer | undefined): ArrayBuffer | number | undefined {
		if (typeof into !== "object") return tls.read(into ?? this.#announced);
		const { byteLength } = into;
		if (byteLength === 0) return 0;
		const bytes = into instanceof ArrayBuffer ? new Uint8Array(into) : (into as Uint8Array);
		if (byteLength <= this.#announced) return tls.read(bytes);
		return tls.read(new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, this.#announced));
	}

	write(bytes: ByteBuffer): number {
		const tls = this.#tls;
		if (!tls) throw new Error("closed");
		if (bytes.byteLength > this.#writable(tls)) throw new Error("doesn't fit");
		tls.write(bytes as Uint8Array);
		this.#flush(tls);
		return this.#writable(tls);
	}

	close(): void {
		const tls = this.#tls;
		if (!tls) return;
		try {
			tls.finish();
			this.#flush(tls);
		} catch {
			// It can't be told any more; it's closed all the same.
		}
		this.#free();
	}

	/** What one write may have now: one record, as far as the stream has room. */
	#writable(tls: Tls): number {
		if (!this.#ready) return 0;
		return Math.max(0, Math.min(tls.maxWrite, this.#room - OVERHEAD));
	}

	#flush(tls: Tls): void {
		const stream = this.#stream;
		while (stream && this.#room > 0) {
			const bytes = tls.drain(this.#room);
			if (!bytes) return;
			const room = stream.write(bytes);
			this.#room = typeof room === "number" ? room : this.#room - bytes.byteLength;
		}
	}

	#onStreamReadable(bytes: number): void {
		this.#available = bytes;
		this.#pump();
	}

	#onStreamWritable(bytes: number): void {
		const tls = this.#tls;
		if (!tls) return;
		this.#connected = true;
		this.#room = bytes;
		try {
			this.#flush(tls);
		} catch (error) {
			this.#fail(new TlsError("stream", 0, error));
			return;
		}
		if (this.#ready) this.#tellWritable(tls);
	}

	#onStreamError(error: unknown): void {
		this.#streamEnd = { error };
		this.#available = 0;
		this.#pump();
	}

	/** Decrypt and announce, until the application leaves something unread or nothing is there. */
	#pump(): void {
		if (this.#pumping || !this.#tls) return;
		this.#pumping = true;
		try {
			while (this.#tls && this.#announced === 0 && this.#step(this.#tls));
		} catch (error) {
			this.#fail(error instanceof TlsError ? error : new TlsError("stream", 0, error));
		} finally {
			this.#pumping = false;
		}
	}

	/** @returns whether there may be more to do. */
	#step(tls: Tls): boolean {
		let readable = tls.feed();
		if (readable === 0 && this.#available > 0) {
			const bytes = this.#stream?.read(Math.min(this.#available, CHUNK));
			if (!(bytes instanceof ArrayBuffer)) {
				this.#available = 0;
				return false;
			}
			this.#available -= bytes.byteLength;
			readable = tls.feed(bytes);
			this.#flush(tls);
			if (!this.#ready && tls.ready) this.#becomeReady(tls);
			if (readable === 0) return true;
		}
		if (readable > 0) {
			if (!this.#tls) return false; // closed by its onWritable
			this.#announced = readable;
			this.#call(() => this.#options.onReadable?.call(this as never, readable));
			return true;
		}
		if (this.#streamEnd) this.#endOfStream(tls, this.#streamEnd.error);
		return false;
	}

	#becomeReady(tls: Tls): void {
		this.#ready = true;
		Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#tellWritable(tls);
	}

	#tellWritable(tls: Tls): void {
		const bytes = this.#writable(tls);
		if (bytes > 0) this.#call(() => this.#options.onWritable?.call(this as never, bytes));
	}

	/** A stream that knows no reasons (the SDK's) can only have ended; before it was connected it can only have failed. */
	#endOfStream(tls: Tls, error: unknown): void {
		const code = (error as { code?: unknown } | undefined)?.code;
		if (this.#connected && (code === undefined || code === "closed")) tls.end();
		throw new TlsError("stream", 0, error);
	}

	#fail(error: TlsError): void {
		const tls = this.#tls;
		if (!tls) return;
		try {
			tls.finish(); // answers the peer's close_notify; after a failure of ours the alert waits already
			this.#flush(tls);
		} catch {
			// The stream is gone: nobody to tell.
		}
		this.#free();
		this.#call(() => this.#options.onError?.call(this as never, error));
	}

	/** The application's mistakes are reported and end nothing: neither the device nor the connection. */
	#call(callback: () => void): void {
		try {
			callback();
		} catch (error) {
			console.error("tls: exception in a callback:", (error as Error | undefined)?.stack ?? error);
		}
	}

	#free(): void {
		Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#tls?.close();
		this.#tls = undefined;
		this.#stream?.close();
		this.#stream = undefined;
	}
}

export default TLSSocket;
