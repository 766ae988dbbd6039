import type { End } from "stream/stream";
import { HttpError, type HttpErrorCode } from "./error";
import { Outgoing } from "./outgoing";
import { Reader, type Receiver } from "./reader";
import { type Checked, encodeHead } from "./request";
import type { Response } from "./response";

/** What the session's owner does for it. */
export interface Sink {
	/** Make a stream: `opened` follows, or `lost`. @returns the Host field's value. */
	open(): string;
	/** Write `bytes` from `from`, or as much of it as there's room for. @returns how many bytes are left. */
	write(bytes: Uint8Array, from: number): number;
	/** Bytes that the stream has for us beyond what `received` was told of. */
	unread(): number;
	/** Close the stream. */
	drop(): void;
	/** What a callback of the application threw. */
	exception(error: unknown): void;
}

export interface SessionOptions {
	/** Bytes of the receive buffer, and, if a source is ever sent, of another one. Default 1,024, at least 256. */
	readonly buffer?: number;
	/** The most bytes of an answer's status line, header and trailers. Default 8,192. */
	readonly header?: number;
	/**
	 * How long each step may take, ms: connecting (with TLS), writing on, the answer's head, the next bytes of its body. Not
	 * what the application takes itself. Default 30,000.
	 */
	readonly timeout?: number;
	/** How long a connection is kept for the next request, ms; 0: not at all. Default 15,000. */
	readonly keep?: number;
}

/** What the next time-out is about. */
type Step = "connect" | "send" | "answer" | "body";

/** A request under way. */
interface Exchange {
	readonly request: Checked;
	readonly out: Outgoing;
	/** On a connection that served before: it may be dead without anybody having heard of it. */
	readonly reused: boolean;
	step: Step;
}

const NEVER = Number.POSITIVE_INFINITY;

/**
 * The rules of an HTTP/1.1 client with one request at a time, without I/O: it's told events and the time (monotonic ms),
 * writes into the sink and says when it wants to be woken. Calls of the application never lead to a callback at once:
 * what they cause is told from `tick`.
 *
 * No stream: offline (no request), opening (one that waits). A stream: kept (no request), busy.
 */
export class Session implements Receiver {
	readonly reader: Reader;
	#sink: Sink;
	#exchange: Exchange | undefined;
	/** The request that waits for its connection. */
	#waiting: Checked | undefined;
	/** Whether there's a stream that is connected. */
	#open = false;
	#authority = "";
	#closed = false;
	/** When the present step has taken too long, or a kept connection been kept long enough. */
	#until = NEVER;
	/** When the request has taken too long, with all its steps, whatever drips in. */
	#deadline = NEVER;
	/** Whether `tick` has something to do at once. */
	#due = false;
	#now = 0;
	/** The stream's end, where the application hasn't yet taken what came before. */
	#end: End | undefined;
	/** The piece was given back: maybe before onBody has returned. */
	#resumed = false;
	#sendBuffer: Uint8Array | undefined;
	#buffer: number;
	#timeout: number;
	#keep: number;

	/** @throws {RangeError} for options that can't be right. */
	constructor(options: SessionOptions, sink: Sink) {
		const { buffer = 1024, header = 8192, timeout = 30_000, keep = 15_000 } = options;
		if (!(buffer <= 0x10_0000)) throw new RangeError("buffer: 1 MiB at most");
		if (!(timeout > 0)) throw new RangeError("timeout: ms");
		if (!(keep >= 0)) throw new RangeError("keep: ms");
		this.reader = new Reader(this, buffer, header);
		this.#sink = sink;
		this.#buffer = buffer;
		this.#timeout = timeout;
		this.#keep = keep;
	}

	get busy(): boolean {
		return this.#exchange !== undefined || this.#waiting !== undefined;
	}

	/** When `tick` is wanted next, ms; maybe in the past. */
	get wakeAt(): number {
		return this.#due ? 0 : Math.min(this.#until, this.#deadline);
	}

	// The application's calls.

	/** @throws {HttpError} `busy`, `closed`. @throws {RangeError | TypeError} what `Sink.open` says of its options. */
	request(request: Checked, now: number): void {
		if (this.#closed) throw new HttpError("closed");
		if (this.busy) throw new HttpError("busy");
		if (this.#open) {
			this.#deadline = now + request.total;
			this.begin(request, true, now);
			return;
		}
		try {
			this.#authority = this.#sink.open();
		} catch (error) {
			if (error instanceof RangeError || error instanceof TypeError) throw error;
			this.broken({ kind: "network", detail: "no stream", cause: error });
		}
		this.#waiting = request;
		this.#until = now + this.#timeout;
		this.#deadline = now + request.total;
	}

	/** The source has bytes again. */
	more(): void {
		if (this.#exchange?.out.waiting) this.#due = true;
	}

	/** The application has taken the piece for which `onBody` returned false. */
	resume(): void {
		this.#resumed = true;
		if (this.reader.paused) this.#due = true;
	}

	/** Give up the request under way: nothing more is told of it. */
	cancel(): void {
		if (this.busy) this.drop();
	}

	close(): void {
		this.#closed = true;
		this.drop();
	}

	// Events of the stream.

	/** The stream can be written for the first time. */
	opened(now: number): void {
		this.#open = true;
		const request = this.#waiting as Checked; // whoever gives it up drops the stream, too
		this.#waiting = undefined;
		this.begin(request, false, now);
	}

	/** There's room for writing (again). */
	writable(now: number): void {
		this.flush(now, true);
	}

	/** `count` bytes were put where `reader.space` said. */
	received(count: number, now: number): void {
		this.#now = now;
		const exchange = this.#exchange;
		if (exchange === undefined) {
			this.drop(); // nobody has asked for anything
			return;
		}
		if (now >= this.#deadline) {
			this.late();
			return;
		}
		if (exchange.step === "body") this.#until = now + this.#timeout;
		const wrong = this.reader.filled(count);
		if (wrong) this.fail(new HttpError(wrong));
	}

	/** The stream doesn't take bytes any more: told from `tick`. */
	broken(end: End): void {
		this.#end = end;
		this.#due = true;
	}

	/** The stream has ended. */
	lost(end: End, now: number): void {
		this.#now = now;
		if (this.reader.paused) this.#end = end;
		else this.ended(end);
	}

	/** The time that `wakeAt` said has come (earlier is no harm). */
	tick(now: number): void {
		this.#now = now;
		if (now >= this.#deadline) {
			this.late();
			return;
		}
		if (this.#due) this.goOn(now);
		if (now < this.#until) return;
		this.#until = NEVER;
		const step = this.#waiting ? "connect" : this.#exchange?.step;
		if (step === undefined) this.drop();
		else this.fail(new HttpError("timeout", { detail: step }));
	}

	// What the reader tells: only while there's an exchange.

	onHead(response: Response): void {
		const exchange = this.#exchange as Exchange;
		exchange.step = "body";
		this.#until = this.#now + this.#timeout;
		this.call(() => exchange.request.onResponse?.(response));
	}

	onData(bytes: Uint8Array): void {
		const exchange = this.#exchange as Exchange;
		this.#resumed = false;
		let taken: unknown;
		try {
			taken = exchange.request.onBody?.(bytes);
		} catch (error) {
			this.#sink.exception(error);
		}
		if (taken !== false || this.#resumed || this.#exchange !== exchange) return;
		this.reader.paused = true;
		this.#until = NEVER;
	}

	onEnd(): void {
		const exchange = this.#exchange as Exchange;
		const keeps = this.#keep > 0 && exchange.out.done && this.reader.reusable && this.#end === undefined;
		if (keeps && this.#sink.unread() === 0) {
			exchange.out.forget();
			this.reader.forget();
			this.#exchange = undefined;
			this.#until = this.#now + this.#keep;
			this.#deadline = NEVER;
		} else this.drop();
		this.call(() => exchange.request.onDone());
	}

	/** Begin with a request on the connection. */
	private begin(request: Checked, reused: boolean, now: number): void {
		const { method, wanted, limit } = request;
		const head = encodeHead(request, this.#authority, this.#keep > 0);
		const out = new Outgoing(head, request, () => {
			this.#sendBuffer ??= new Uint8Array(this.#buffer);
			return this.#sendBuffer;
		});
		this.#exchange = { request, out, reused, step: "send" };
		this.reader.begin({ head: method === "HEAD", wanted, limit });
		this.#until = now + this.#timeout;
		this.flush(now, !reused);
	}

	private flush(now: number, ask: boolean): void {
		const exchange = this.#exchange;
		if (exchange === undefined || exchange.out.done) return;
		const { out } = exchange;
		let progress = false;
		try {
			progress = out.write((bytes, from) => this.#sink.write(bytes, from), ask);
		} catch (error) {
			this.fail(new HttpError("body", { cause: error }));
			return;
		}
		if (out.waiting && !ask) this.#due = true;
		if (exchange.step !== "send") return;
		if (out.done) exchange.step = "answer";
		// A source that has nothing yet takes its own time.
		if (out.waiting) this.#until = NEVER;
		else if (progress || this.#until === NEVER) this.#until = now + this.#timeout;
	}

	/** What the application's calls have left to do. */
	private goOn(now: number): void {
		this.#due = false;
		if (this.reader.paused && this.#resumed) {
			this.reader.paused = false;
			this.#until = now + this.#timeout;
			const wrong = this.reader.resume();
			if (wrong) this.fail(new HttpError(wrong));
		}
		this.flush(now, true);
		const end = this.#end;
		if (end === undefined || this.reader.paused) return;
		this.#end = undefined;
		this.ended(end);
	}

	private ended(end: End): void {
		const { kind, detail, cause } = end;
		const exchange = this.#exchange;
		const request = exchange?.request ?? this.#waiting;
		if (request === undefined) {
			this.drop();
			return;
		}
		if (exchange !== undefined && this.reader.begun) {
			// By the streams' contract nothing is unread at a clean end; what isn't wouldn't be missed in a body until the end.
			if (this.reader.ended(kind === "closed" && this.#sink.unread() === 0)) return;
			const code = kind === "tls" ? "tls" : "truncated";
			this.fail(new HttpError(code, { detail: detail ?? kind, cause }));
			return;
		}
		if (exchange !== undefined && repeatable(exchange)) {
			this.again(request);
			return;
		}
		this.fail(new HttpError(codeOf(end), { detail, cause }));
	}

	/** The kept connection was dead: once more, on a new one. */
	private again(request: Checked): void {
		const rewinds = this.#exchange?.out.asked;
		const deadline = this.#deadline;
		this.drop();
		this.#waiting = request;
		this.#deadline = deadline;
		this.#until = this.#now + this.#timeout;
		try {
			if (rewinds) request.source?.rewind?.();
		} catch (error) {
			this.fail(new HttpError("body", { cause: error }));
			return;
		}
		try {
			this.#authority = this.#sink.open();
		} catch (error) {
			this.fail(new HttpError("network", { detail: "no stream", cause: error }));
		}
	}

	private late(): void {
		this.fail(new HttpError("timeout", { detail: "total" }));
	}

	private fail(error: HttpError): void {
		const request = (this.#exchange?.request ?? this.#waiting) as Checked;
		this.drop();
		this.call(() => request.onDone(error));
	}

	/** No request and no stream. */
	private drop(): void {
		this.#exchange?.out.forget();
		this.#exchange = undefined;
		this.#waiting = undefined;
		this.#open = false;
		this.#end = undefined;
		this.#due = false;
		this.#until = NEVER;
		this.#deadline = NEVER;
		this.reader.forget();
		this.#sink.drop();
	}

	/** Call the application: what it throws is its own affair, the client goes on. */
	private call(callback: () => void): void {
		try {
			callback();
		} catch (error) {
			this.#sink.exception(error);
		}
	}
}

/** Whether a request whose kept connection ended without a word may be sent again: once, as the next one is new. */
function repeatable({ request, out, reused }: Exchange): boolean {
	if (!reused || !request.idempotent) return false;
	return !out.asked || request.source?.rewind !== undefined;
}

function codeOf({ kind }: End): HttpErrorCode {
	return kind === "closed" || kind === "cut" ? "closed-by-server" : kind;
}
