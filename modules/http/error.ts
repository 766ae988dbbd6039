/** What came is no answer of HTTP/1.0 or 1.1 (RFC 9112, sections in brackets). The connection is closed. */
export type AnswerErrorCode =
	| "status-line" // no HTTP status line (4), or 101, which nobody asked for
	| "version" // an HTTP of another major version (2.3)
	| "header" // no field line: bad name, control characters, folded, bare CR or LF (2.2, 5)
	| "header-too-long" // status line, header and trailers longer or more than the limits; or a wanted line than the buffer
	| "encoding" // a transfer coding that isn't `chunked` alone, or any from HTTP/1.0 (6.1)
	| "length" // a Content-Length that is none, two different ones, or one beside chunks (6.3)
	| "chunk" // broken chunks (7.1)
	| "body-too-long"; // more than the request's `limit`

/** No answer, or not all of it. */
export type ConnectionErrorCode =
	| "network" // no connection, or it broke before the answer: see `detail` and `cause`
	| "tls" // the secure stream was refused or broke: see `detail` and `cause`
	| "closed-by-server" // before the answer
	| "truncated" // ended in the answer: `detail` says how
	| "timeout"; // `detail`: the step, connect, send, answer, body; or total, the request's own bound

/** Of the caller. */
export type RequestErrorCode =
	| "body" // the request's source threw (see `cause`), or gave another number of bytes than its `length`
	| "busy" // thrown: a request is under way
	| "closed"; // thrown: after close()

export type HttpErrorCode = AnswerErrorCode | ConnectionErrorCode | RequestErrorCode;

/** Whether it makes sense to try again: at once, after a while, not without a change. */
export type Retry = "now" | "later" | "never";

export interface HttpErrorOptions {
	readonly detail?: string | undefined;
	readonly cause?: unknown;
}

function retryOf(code: HttpErrorCode, cause: unknown): Retry {
	switch (code) {
		case "closed-by-server":
			return "now";
		case "body-too-long":
		case "closed":
			return "never";
		case "tls":
			return tlsRetry(cause);
		default:
			return "later";
	}
}

/** A TlsError knows whether its reason can pass by itself. */
function tlsRetry(cause: unknown): Retry {
	const retry = cause instanceof Error && "retry" in cause ? cause.retry : undefined;
	return retry === "now" || retry === "never" ? retry : "later";
}

/** Everything that fails in `http` but misuse, which is a RangeError or TypeError. An answer like 404 is no error. */
export class HttpError extends Error {
	/** Its own property: the inherited one is in flash on the SDK, where assigning to it throws. */
	override readonly name = "HttpError";
	readonly code: HttpErrorCode;
	readonly retry: Retry;
	readonly detail: string | undefined;

	constructor(code: HttpErrorCode, options: HttpErrorOptions = {}) {
		super(options.detail === undefined ? code : `${code}: ${options.detail}`);
		this.code = code;
		this.retry = retryOf(code, options.cause);
		this.detail = options.detail;
		if (options.cause !== undefined) this.cause = options.cause;
	}
}
