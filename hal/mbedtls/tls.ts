// hal/tls: options are checked here, the rest is engine.c's. What it answers below 0 becomes a TlsError.

import { type Bytes, Key } from "hal/crypto";
import type { Psk, TlsErrorCode, TlsOptions } from "hal/tls";
import { addressBytes } from "./address";

function retryOf(code: TlsErrorCode): "now" | "later" | "never" {
	switch (code) {
		case "closed":
		case "closed-without-notify":
			return "now";
		case "clock-not-set":
		case "not-yet-valid":
		case "truncated":
		case "bad-record":
		case "timeout":
		case "stream":
		case "alert":
		case "no-memory":
		case "no-random":
			return "later";
		case "expired":
		case "wrong-host":
		case "self-signed":
		case "unknown-issuer":
		case "broken-chain":
		case "weak-algorithm":
		case "wrong-usage":
		case "bad-certificate":
		case "protocol-version":
		case "no-shared-cipher":
		case "handshake":
		case "internal":
			return "never";
		default:
			return assertNever(code);
	}
}

/** A code that was added and not decided about fails to compile; one that C made up is nobody's to try again. */
function assertNever(_: never): "never" {
	return "never";
}

export class TlsError extends Error {
	override readonly name = "TlsError";
	readonly code: TlsErrorCode;
	readonly retry: "now" | "later" | "never";
	readonly detail: number;

	constructor(code: TlsErrorCode, detail = 0, cause?: unknown) {
		super(detail ? `TLS: ${code} (${detail})` : `TLS: ${code}`, cause === undefined ? undefined : { cause });
		this.code = code;
		this.retry = retryOf(code);
		this.detail = detail;
	}
}

/** As tls.c takes them: each option checked, in the form that C reads. */
interface Settings {
	readonly host: string;
	readonly address: Uint8Array | undefined;
	readonly roots: readonly (Bytes | string)[];
	readonly certificate: Bytes | string | undefined;
	readonly key: Key | Bytes | string | undefined;
	readonly identity: Bytes | string | undefined;
	readonly psk: Key | Bytes | undefined;
	readonly alpn: string | undefined;
	readonly session: Key | undefined;
	readonly maxFragmentLength: number;
	readonly now: number | undefined;
}

function hostOf(host: unknown): string {
	if (typeof host !== "string" || host === "") throw new TypeError("host: a name is needed");
	if (host.length > 253 || !/^[\x21-\x7e]+$/.test(host)) throw new RangeError("host: no such name");
	return host;
}

/** `undefined` for no protocols; they go to C in one string, a line each. */
function alpnOf(protocols: readonly string[] | undefined): string | undefined {
	if (!protocols || protocols.length === 0) return undefined;
	if (protocols.length > 7) throw new RangeError("alpn: 7 protocols at most");
	for (const it of protocols)
		if (!/^[\x21-\x7e]{1,32}$/.test(it)) throw new RangeError("alpn: 1 to 32 characters each");
	return protocols.join("\n");
}

function checkPsk({ identity, key }: Psk): void {
	const length = typeof identity === "string" ? identity.length : identity.byteLength;
	if (length < 1 || length > 128) throw new RangeError("psk.identity: 1 to 128 bytes");
	if (key.byteLength < 1 || key.byteLength > 64) throw new RangeError("psk.key: 1 to 64 bytes");
}

function settingsOf(options: TlsOptions): Settings {
	const { roots, psk, certificate, key, now, maxFragmentLength = 4096 } = options;
	const host = hostOf(options.host);
	if (psk) checkPsk(psk);
	else if (!roots || roots.length === 0) throw new TypeError("roots or psk is needed: a server is verified always");
	if ((certificate === undefined) !== (key === undefined)) throw new TypeError("certificate and key belong together");
	if (now !== undefined && !(now >= 0)) throw new RangeError("now: ms since 1970");
	if (![0, 512, 1024, 2048, 4096].includes(maxFragmentLength))
		throw new RangeError("maxFragmentLength: 0, 512, 1024, 2048 or 4096");
	return {
		host,
		address: addressBytes(host),
		roots: roots ?? [],
		certificate,
		key,
		identity: psk?.identity,
		psk: psk?.key,
		alpn: alpnOf(options.alpn),
		session: options.session,
		maxFragmentLength,
		now,
	};
}

/** What tls.c says of options that it can't use. */
function refuse(status: number): void {
	switch (status) {
		case 0:
			return;
		case -1:
			throw new TypeError("roots: not a certificate");
		case -2:
			throw new TypeError("certificate: not a certificate");
		case -3:
			throw new TypeError("key: not a private key, or one of another certificate");
		case -4:
			throw new RangeError("psk: longer than this platform's mbedTLS takes");
		case -5:
			throw new RangeError("alpn: not taken by this platform's mbedTLS");
		case -7:
			throw new TlsError("no-random");
		default:
			throw new TlsError("no-memory");
	}
}

export class Tls extends Native("xs_tls_destructor") {
	#session: Key | undefined;

	constructor(options: TlsOptions) {
		super();
		const settings = settingsOf(options);
		if (options.dates === "required" && settings.now === undefined && !options.psk) throw new TlsError("clock-not-set");
		refuse(native("xs_tls_constructor").call(this, settings, Key.prototype));
	}

	get ready(): boolean {
		return native("xs_tls_get_ready").call(this);
	}

	get readable(): number {
		return this.feed();
	}

	get maxWrite(): number {
		return native("xs_tls_get_maxWrite").call(this);
	}

	get wakeAt(): number | undefined {
		return undefined;
	}

	get resumed(): boolean {
		return native("xs_tls_get_resumed").call(this);
	}

	get cipherSuite(): string | undefined {
		return native("xs_tls_get_cipherSuite").call(this);
	}

	get protocol(): string | undefined {
		return native("xs_tls_get_protocol").call(this);
	}

	feed(bytes?: Bytes): number {
		const readable: number = native("xs_tls_feed").call(this, bytes);
		if (readable < 0) throw this.failure();
		return readable;
	}

	end(): never {
		native("xs_tls_end").call(this);
		throw this.failure();
	}

	drain(limit?: number): ArrayBuffer | undefined {
		return native("xs_tls_drain").call(this, limit);
	}

	read(byteLength?: number): ArrayBuffer | undefined;
	read(buffer: Bytes): number;
	read(into?: number | Bytes): ArrayBuffer | number | undefined {
		const result: ArrayBuffer | number | undefined = native("xs_tls_read").call(this, into);
		if (result === -1) throw this.failure();
		return result;
	}

	write(bytes: Bytes): void {
		const status: number = native("xs_tls_write").call(this, bytes);
		if (status === -2) throw new RangeError("more than one record");
		if (status < 0) throw this.failure();
	}

	session(): Key | undefined {
		if (this.#session) return this.#session;
		// An empty key, which the C side fills: only hal/crypto can make one.
		const key = Key.from(new ArrayBuffer(0));
		if (native("xs_tls_session").call(this, key)) this.#session = key;
		return this.#session;
	}

	finish(): void {
		native("xs_tls_finish").call(this);
	}

	close(): void {
		native("xs_tls_close").call(this);
	}

	failure(): TlsError {
		const code: TlsErrorCode | "" = native("xs_tls_get_code").call(this);
		if (code === "") return new TlsError("closed");
		return new TlsError(code, native("xs_tls_get_detail").call(this));
	}
}
