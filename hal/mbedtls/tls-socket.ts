// embedded:io/socket/tcp/tls: a Tls engine between a stream and the application. Every event of the stream ends in #pump,
// which moves bytes as far as they go; whatever fails ends in #fail, once. A packet each way passes #pump, read and write:
// those three take the engine's native functions themselves, since a call of a method costs as much as its AES.

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

/** What xs_tls_open says beside the bytes that can be read. */
const READABLE = 0xff_ffff;
const MORE = 1 << 24;
const WAITING = 1 << 25;
const READY = 1 << 26;

/** The first `length` bytes of a buffer or view. */
function part(of: ByteBuffer, length: number): Uint8Array {
	if (ArrayBuffer.isView(of)) return new Uint8Array(of.buffer, of.byteOffset, length);
	return new Uint8Array(of, 0, length);
}

class TLSSocket {
	readonly target: unknown;
	readonly #options: TLSSocketOptions;
	/** Called as `this.#onReadable(…)`, which costs XS half of what `call` does. */
	readonly #onReadable: ((bytes: number) => void) | undefined;
	#tls: Tls | undefined;
	#stream: Stream | undefined;
	#timer: Timer | undefined;
	/** Bytes that the stream has for us and that we left there. */
	#available = 0;
	/** Bytes that it takes from us, as far as that is less than `#enough` for any record. */
	#room = 0;
	#enough = Number.MAX_SAFE_INTEGER;
	/** What the next write may have: 0 before the handshake's end. */
	#writable = 0;
	#record = 0;
	/** Bytes announced to the application and not read yet. */
	#announced = 0;
	/** MORE when the engine was left with records that it hasn't decrypted. */
	#kept = 0;
	#connected = false;
	#pumping = false;
	#streamEnd: { readonly error: unknown } | undefined;

	constructor(options: TLSSocketOptions) {
		const { host, port, address, secure, timeout = TIMEOUT } = options;
		if (!(port >= 1 && port <= 65535)) throw new RangeError("port: 1 to 65535");
		if (options.format !== undefined && options.format !== "buffer") throw new RangeError("format: only buffer");
		this.#options = options;
		this.#onReadable = options.onReadable as ((bytes: number) => void) | undefined;
		this.target = options.target;
		this.#tls = new Tls({ ...secure, host, now: time() });
		const { io = TCP, ...more } = options.TCP ?? {};
		const below: StreamOptions = {
			...more,
			host,
			port,
			nodelay: true,
			onReadable: (bytes) => this.#pump(bytes),
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
		const announced = this.#announced;
		// Never past what was announced: the next record is decrypted by #pump, which has somewhere to tell its errors.
		if (announced === 0) return typeof into === "object" ? 0 : undefined;
		let result: ArrayBuffer | number;
		let got: number;
		if (typeof into === "object") {
			const size = into.byteLength;
			if (size === 0) return 0;
			const room = size <= announced ? into : part(into, announced);
			result = got = native<(tls: Tls, into: ByteBuffer) => number>("xs_tls_take")(tls, room);
			if (got < 0) throw tls.failure();
		} else {
			result = native<(tls: Tls, bytes: number) => ArrayBuffer>("xs_tls_take")(tls, into ?? announced);
			got = result.byteLength;
		}
		this.#announced = announced - got;
		// The application comes back to what it had left: go on, but not inside its call.
		if (announced === got && !this.#pumping) Timer.set(() => this.#pump(this.#available));
		return result;
	}

	write(bytes: ByteBuffer): number {
		const stream = this.#stream;
		if (!stream) throw new Error("closed");
		if (bytes.byteLength > this.#writable) throw new Error("doesn't fit");
		const sealed = native<(tls: Tls | undefined, bytes: ByteBuffer) => ArrayBuffer | number>("xs_tls_seal")(
			this.#tls,
			bytes,
		);
		if (typeof sealed === "number") throw this.#tls?.failure() ?? new Error("closed");
		const told = stream.write(sealed);
		if (this.#room === this.#enough && typeof told === "number" && told >= this.#room) return this.#writable;
		return this.#setRoom(told, sealed);
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

	/** After a write to the stream, which may say how much it takes now. @returns what one write of ours may have. */
	#setRoom(told: unknown, written?: ArrayBuffer): number {
		const room = typeof told === "number" ? told : this.#room - (written?.byteLength ?? 0);
		this.#room = Math.min(room, this.#enough);
		this.#writable = this.#record === 0 ? 0 : Math.max(0, Math.min(this.#room - OVERHEAD, this.#record));
		return this.#writable;
	}

	#flush(tls: Tls): void {
		const stream = this.#stream;
		while (stream && this.#room > 0) {
			const bytes = tls.drain(this.#room);
			if (!bytes) return;
			this.#setRoom(stream.write(bytes), bytes);
		}
	}

	#onStreamWritable(bytes: number): void {
		const tls = this.#tls;
		if (!tls) return;
		this.#connected = true;
		this.#setRoom(bytes);
		try {
			this.#flush(tls);
		} catch (error) {
			this.#fail(new TlsError("stream", 0, error));
			return;
		}
		this.#tellWritable();
	}

	#onStreamError(error: unknown): void {
		this.#streamEnd = { error };
		this.#pump(this.#available); // a stream class may tell of its end while what came before is unread
	}

	/**
	 * Decrypt and announce, until the application leaves something unread or nothing is there.
	 *
	 * @param available bytes that the stream has for us.
	 */
	#pump(available: number): void {
		if (this.#pumping || this.#announced !== 0) {
			this.#available = available;
			return;
		}
		const tls = this.#tls;
		if (!tls) return;
		this.#pumping = true;
		try {
			this.#move(tls, available);
		} catch (error) {
			this.#fail(error instanceof TlsError ? error : new TlsError("stream", 0, error));
		}
		this.#pumping = false;
	}

	#move(tls: Tls, unread: number): void {
		const stream = this.#stream;
		let available = unread;
		let state = this.#kept;
		for (;;) {
			if (state & MORE) state = native<(tls: Tls) => number>("xs_tls_open")(tls);
			else {
				if (available === 0) break;
				// biome-ignore lint/complexity/useMathMinMax: once a packet, and a call costs XS more.
				const bytes = stream?.read(available < CHUNK ? available : CHUNK);
				if (typeof bytes !== "object") break;
				available -= bytes.byteLength;
				state = native<(tls: Tls, bytes: ArrayBuffer) => number>("xs_tls_open")(tls, bytes);
			}
			if (state < 0) throw tls.failure();
			if (state > MORE + READABLE) {
				if (state & WAITING) this.#flush(tls);
				if (state & READY) this.#becomeReady(tls);
				if (this.#tls !== tls) return; // closed by its onWritable
			}
			const readable = state & READABLE;
			if (readable === 0) {
				state = 0; // what is kept is a part of a record: it needs what comes
				continue;
			}
			this.#announced = readable;
			try {
				this.#onReadable?.(readable);
			} catch (error) {
				report(error);
			}
			if (this.#announced !== 0) {
				this.#kept = state & MORE;
				this.#available = available;
				return;
			}
		}
		this.#kept = 0;
		this.#available = 0;
		if (this.#streamEnd) this.#endOfStream(tls, this.#streamEnd.error);
	}

	#becomeReady(tls: Tls): void {
		this.#record = tls.maxWrite;
		this.#enough = this.#record + OVERHEAD;
		this.#setRoom(this.#room);
		Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#tellWritable();
	}

	#tellWritable(): void {
		const bytes = this.#writable;
		if (bytes === 0) return;
		try {
			this.#options.onWritable?.call(this as never, bytes);
		} catch (error) {
			report(error);
		}
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
		try {
			this.#options.onError?.call(this as never, error);
		} catch (thrown) {
			report(thrown);
		}
	}

	#free(): void {
		Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#tls?.close();
		this.#tls = undefined;
		this.#stream?.close();
		this.#stream = undefined;
		this.#writable = 0;
		this.#announced = -1; // so that #pump, where this may be called, does nothing any more
	}
}

/** The application's mistakes are reported and end nothing: neither the device nor the connection. */
function report(error: unknown): void {
	console.error("tls: exception in a callback:", (error as Error | undefined)?.stack ?? error);
}

export default TLSSocket;
