// A request as the application gives it, checked, and the bytes that it begins with (RFC 9112, 3).

import { encode } from "hal/text";
import type { HttpError } from "./error";
import type { Response } from "./response";
import { isToken, SPACE, TAB } from "./token";

/** Fields that the client sets itself, or that ask for what it doesn't do. */
const OWN: readonly string[] = Object.freeze([
	"connection",
	"content-length",
	"expect",
	"host",
	"keep-alive",
	"te",
	"trailer",
	"transfer-encoding",
	"upgrade",
]);
const IDEMPOTENT: readonly string[] = Object.freeze(["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"]);
const WITH_BODY: readonly string[] = Object.freeze(["POST", "PUT", "PATCH"]);
const WANTED_MAX = 16;
const LIMIT = 65_536;

/** A request's body that is made while it is sent. It is asked only from the event loop. */
export interface Source {
	/** Bytes in all: sent as Content-Length. Without it the body goes out in chunks, which HTTP/1.0 servers don't know. */
	readonly length?: number;
	/**
	 * Put the next bytes at the start of `into`, as many as there are or as there's room for.
	 *
	 * @returns how many; 0: none yet, `client.more()` follows when there are; undefined: that was all. It isn't asked again
	 * once `length` bytes have come.
	 */
	read(into: Uint8Array): number | undefined;
	/** Begin again from the first byte. Without it a request whose source was asked isn't repeated. */
	rewind?(): void;
}

export interface RequestOptions {
	/** Default `GET`. */
	readonly method?: string;
	/** Path and query, in percent-encoding; it begins with "/". */
	readonly path: string;
	/** More header fields, ASCII. Host, Content-Length, Transfer-Encoding, Connection, … are the client's. */
	readonly headers?: Readonly<Record<string, string>>;
	/** Bytes are not copied: leave them be until `onDone`. */
	readonly body?: Uint8Array | string | Source;
	/** The answer's header fields that are kept, in any case; 16 at most. Nothing else that a peer sends is. */
	readonly wanted?: readonly string[];
	/** The most bytes that the answer's body may have. Default 65,536. */
	readonly limit?: number;
	/**
	 * How long it may take in all, ms, from `request()` to `onDone`: connecting, being sent again, and what the application
	 * takes, too. Default: no bound, as a large download has no right time. `limit` doesn't bound it: a server may send each
	 * byte just before its time-out.
	 */
	readonly total?: number;
	/**
	 * Whether it may be repeated when a kept connection turns out to be dead, as the server may have done it already.
	 * Default: what RFC 9110 (9.2.2) says of the method.
	 */
	readonly idempotent?: boolean;
	/** The answer's head has come, whatever its status. Not told when the request fails before. */
	readonly onResponse?: (response: Response) => void;
	/**
	 * A piece of the body, a view on the client's buffer: what is secret in it may be wiped there. It's good until this
	 * returns, or, if it returns false, until `client.resume()` is called: nothing more comes before. For flash that is
	 * slower than the network.
	 */
	// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing has taken the piece.
	readonly onBody?: (bytes: Uint8Array) => boolean | void;
	/** Told once at the end, unless `cancel()` or `close()` was called. Here the next request can be made. */
	readonly onDone: (error?: HttpError) => void;
}

/** A request that was checked: nothing in it can break the lines that it's written into. */
export interface Checked {
	readonly method: string;
	readonly path: string;
	/** Field lines, each with its end. */
	readonly fields: string;
	readonly bytes: Uint8Array | undefined;
	readonly source: Source | undefined;
	readonly wanted: readonly string[];
	readonly limit: number;
	/** Infinity: no bound. */
	readonly total: number;
	readonly idempotent: boolean;
	readonly onResponse: ((response: Response) => void) | undefined;
	// biome-ignore lint/suspicious/noConfusingVoidType: as above.
	readonly onBody: ((bytes: Uint8Array) => boolean | void) | undefined;
	readonly onDone: (error?: HttpError) => void;
}

/** @throws {RangeError | TypeError} for what can't be right or could be read as more than one line, one request. */
export function checked(options: RequestOptions): Checked {
	const { method = "GET", path, headers = {}, body, limit = LIMIT, onResponse, onBody, onDone } = options;
	if (typeof onDone !== "function") throw new TypeError("onDone: a function");
	if (!isName(method) || method === "CONNECT") throw new RangeError("method: a token, not CONNECT");
	if (typeof path !== "string" || !path.startsWith("/") || !isText(path, SPACE + 1))
		throw new RangeError("path: begins with /, visible ASCII");
	if (!(limit >= 0)) throw new RangeError("limit: bytes");
	const { total = Number.POSITIVE_INFINITY } = options;
	if (!(total > 0)) throw new RangeError("total: ms");
	const wanted = (options.wanted ?? []).map((name) => name.toLowerCase());
	if (wanted.length > WANTED_MAX || !wanted.every(isName)) throw new RangeError("wanted: at most 16 names");
	let fields = "";
	for (const [name, value] of Object.entries(headers)) {
		if (!isName(name) || OWN.includes(name.toLowerCase())) throw new RangeError(`headers: no name for you: ${name}`);
		// The value may be a secret.
		if (typeof value !== "string" || !isText(value, SPACE)) throw new RangeError(`headers: ${name} isn't ASCII`);
		fields += `${name}: ${value}\r\n`;
	}
	let bytes: Uint8Array | undefined;
	let source: Source | undefined;
	if (typeof body === "string") bytes = encode(body);
	else if (body instanceof Uint8Array) bytes = body;
	else if (body !== undefined) source = body;
	if (source && typeof source.read !== "function") throw new TypeError("body: bytes, a string or a source");
	const length = source ? source.length : bytes ? bytes.byteLength : WITH_BODY.includes(method) ? 0 : undefined;
	if (length !== undefined) {
		if (!Number.isSafeInteger(length) || length < 0) throw new RangeError("body.length: bytes");
		fields += `Content-Length: ${length}\r\n`;
	} else if (source) fields += "Transfer-Encoding: chunked\r\n";
	const idempotent = options.idempotent ?? IDEMPOTENT.includes(method);
	return { method, path, fields, bytes, source, wanted, limit, total, idempotent, onResponse, onBody, onDone };
}

/**
 * What a request begins with.
 *
 * @param authority of whom it is asked: the Host field.
 * @param kept whether the connection may serve for more.
 */
export function encodeHead(request: Checked, authority: string, kept: boolean): Uint8Array {
	const { method, path, fields } = request;
	const close = kept ? "" : "Connection: close\r\n";
	return encode(`${method} ${path} HTTP/1.1\r\nHost: ${authority}\r\n${fields}${close}\r\n`);
}

/**
 * The Host field's value (RFC 9110, 7.2) for a stream's options: the port is left out where it's the scheme's own.
 *
 * @throws {RangeError} for a host that is none.
 */
export function authorityOf(host: unknown, port: unknown, secure: boolean): string {
	if (typeof host !== "string" || host === "" || !isText(host, SPACE + 1) || /[/?#@\\]/.test(host))
		throw new RangeError("host: a name or an address");
	const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
	return port === (secure ? 443 : 80) ? name : `${name}:${port}`;
}

function isName(text: string): boolean {
	if (typeof text !== "string" || text === "") return false;
	const bytes = encode(text);
	return bytes.every(isToken);
}

/** Whether a text is ASCII without control characters (but TAB where spaces may be), none below `least`. */
function isText(text: string, least: number): boolean {
	const bytes = encode(text);
	for (let at = 0; at < bytes.byteLength; at += 1) {
		const byte = bytes[at] as number;
		if ((byte < least && !(byte === TAB && least === SPACE)) || byte > 126) return false;
	}
	return true;
}
