// TLS 1.2 client as an engine without a socket: bytes in, bytes out. The face with a socket is
// `embedded:io/socket/tcp/tls`. The peer's chain and host name are verified always; there's no switch for that.

import type { Bytes, Key } from "hal/crypto";

/** What to do about a certificate's dates while the device's clock isn't set. A set clock is always believed. */
export type DatePolicy =
	| "when-known" /* dates are not looked at until the clock is set; everything else is verified */
	| "required"; /* no connection before the clock is set: `clock-not-set` */

/** A session to be resumed: kept by the application, secret, single-use is not enforced. About 150 to 400 bytes. */
export type Session = Key;

export interface Psk {
	/** Sent in the clear, at most 128 bytes. */
	readonly identity: string | Bytes;
	/** 1 to 64 bytes. */
	readonly key: Key | Bytes;
}

export interface TlsOptions {
	/** The name that is verified, and sent as SNI unless it is an IP address (which must be in the certificate as such). */
	readonly host: string;
	/** Certificates that are trusted, each PEM (one or more) or DER. Needed unless `psk` is given. */
	readonly roots?: readonly (Bytes | string)[];
	/** The device's own certificate (leaf first, PEM or DER) and private key (PEM or DER), where the server asks for it. */
	readonly certificate?: Bytes | string;
	readonly key?: Key | Bytes | string;
	/** A pre-shared key instead of certificates: only PSK suites are offered then. */
	readonly psk?: Psk;
	/** Protocols to offer, the preferred one first; 7 at most, each 1 to 32 characters. */
	readonly alpn?: readonly string[];
	/** What `session()` gave after an earlier connection to the same host. One that doesn't fit is ignored. */
	readonly session?: Session;
	/** Ask the server for records of at most that many bytes; 0 doesn't ask. Default 4096. */
	readonly maxFragmentLength?: 0 | 512 | 1024 | 2048 | 4096;
	/** The wall clock, ms since 1970, `undefined` while it isn't set. */
	readonly now: number | undefined;
	/** Default `"when-known"`. */
	readonly dates?: DatePolicy;
}

export type TlsErrorCode =
	/* the certificate */
	| "expired"
	| "not-yet-valid"
	| "clock-not-set" /* dates are `required` and the clock isn't set */
	| "wrong-host"
	| "self-signed"
	| "unknown-issuer" /* nothing that we trust issued the chain; also when the server leaves out a link */
	| "broken-chain" /* the server sent further certificates, but they aren't the issuers */
	| "weak-algorithm" /* key too short, or signed with MD5 or SHA-1 */
	| "wrong-usage" /* not a certificate for a server, or its issuer may not issue */
	| "bad-certificate" /* can't be read at all */
	/* the handshake */
	| "protocol-version" /* the server wants TLS 1.1 or older, or only 1.3 */
	| "no-shared-cipher"
	| "handshake" /* any other breach; `detail` is the library's number */
	| "alert" /* the server ended it; `detail` is the alert's number (RFC 5246 7.2) */
	| "truncated" /* the stream ended inside the handshake or a record */
	| "bad-record" /* a record whose MAC, padding or length is wrong */
	| "timeout" /* no handshake in time */
	/* the end */
	| "closed" /* the peer said close_notify: a clean end */
	| "closed-without-notify" /* the stream ended between two records: what came may be cut short */
	| "stream" /* the stream below failed; `cause` tells how */
	/* ours */
	| "no-memory"
	| "no-random"
	| "internal";

/** What became of a connection. Misuse (a bad option) is thrown as `TypeError` or `RangeError` instead. */
export class TlsError extends Error {
	override readonly name: "TlsError";
	constructor(code: TlsErrorCode, detail?: number, cause?: unknown);
	readonly code: TlsErrorCode;
	/** `"never"`: the same attempt fails the same way until somebody changes something. */
	readonly retry: "now" | "later" | "never";
	/** The alert's number for `alert`, otherwise the library's, 0 where there's none. */
	readonly detail: number;
}

/**
 * One connection. Feed what came, send what `drain` gives, after every call. A call that meets an error throws a
 * `TlsError`, and so does each call after it; `drain` may still give the alert that tells the server.
 */
export class Tls {
	/** @throws {TypeError} for a certificate or key that can't be read, {@link TlsError} `no-memory`. */
	constructor(options: TlsOptions);

	/** Whether the handshake is done: only then is there something to read, and may something be written. */
	readonly ready: boolean;
	/** Bytes that `read` would give now. */
	readonly readable: number;
	/** The most that one `write` takes: one record's content. */
	readonly maxWrite: number;
	/** When a core wants to be called again: never over a stream, where nothing is repeated. */
	readonly wakeAt: number | undefined;
	/** After the handshake: whether it resumed `session`, which suite and protocol were agreed on. */
	readonly resumed: boolean;
	readonly cipherSuite: string | undefined;
	readonly protocol: string | undefined;

	/**
	 * Bytes that came from the peer. They are taken whole: what isn't needed yet is kept (up to what was fed). Without
	 * `bytes`: go on with those.
	 *
	 * @returns the bytes that `read` would give now.
	 */
	feed(bytes?: Bytes): number;
	/** The peer's stream has ended. @throws {@link TlsError} always: `closed`, `truncated` or `closed-without-notify`. */
	end(): never;
	/** Bytes for the peer, at most `limit`; `undefined` when there are none. */
	drain(limit?: number): ArrayBuffer | undefined;
	/** Up to `byteLength` decrypted bytes (default all), `undefined` when there are none. */
	read(byteLength?: number): ArrayBuffer | undefined;
	/** Decrypted bytes into `buffer`. @returns how many. */
	read(buffer: Bytes): number;
	/** Encrypt `bytes` as one record. @throws {RangeError} past `maxWrite`, {@link TlsError} when not `ready`. */
	write(bytes: Bytes): void;
	/** What resumes this connection's session, `undefined` before the handshake's end or if the server doesn't resume. */
	session(): Session | undefined;
	/** What ended it, as the calls above throw it. */
	failure(): TlsError;
	/** Say close_notify (one more `drain` gives it). Reading goes on. */
	finish(): void;
	/** Free everything. Calls after it throw, a second close doesn't. */
	close(): void;
}
