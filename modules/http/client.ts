import { ticks } from "hal/system";
import Timer from "hal/timer";
import { type End, endOf, type SocketOptions, type Stream, type StreamOptions } from "stream/stream";
import { authorityOf, checked, type RequestOptions } from "./request";
import { Session, type SessionOptions } from "./session";

export type { SocketOptions } from "stream/stream";
export type { RequestOptions, Source } from "./request";
export type { Response } from "./response";

export interface ClientOptions extends SessionOptions {
	/** The server. A function is asked for each connection: it may give the TLS session of the last one. */
	readonly socket: SocketOptions | (() => SocketOptions);
	/** What an application's callback threw. Default: nothing is done with it. */
	readonly onException?: (error: unknown) => void;
}

/** The timer repeats so that it can be scheduled again; it always is, before that. */
const DAY = 86_400_000;

/**
 * HTTP/1.1 with one server over a stream class: one request at a time, on one connection that is kept between them.
 * ECMA-419 manners: options, callbacks from the event loop only, silence after close().
 */
export default class Client {
	// What each piece needs comes first, and methods are not #private: see reader.ts.
	#stream: Stream | undefined;
	#session: Session;
	/** The room for writing that the stream last told of, less what was written since. */
	#room = 0;
	#readable = 0;
	/** Whether the present stream was ever writable. */
	#connected = false;
	#timerAt = Number.POSITIVE_INFINITY;
	#timer: Timer | undefined;
	#closed = false;
	#options: ClientOptions;

	/** Nothing is connected before there's a request. @throws {RangeError | TypeError} for options that can't be right. */
	constructor(options: ClientOptions) {
		this.#options = options;
		const { socket } = options;
		if (typeof socket !== "function" && typeof socket?.io !== "function") throw new TypeError("socket: with io");
		this.#session = new Session(options, {
			open: () => this.open(),
			write: (bytes, from) => this.write(bytes, from),
			unread: () => this.#readable,
			drop: () => this.drop(),
			exception: (error) => this.#options.onException?.(error),
		});
	}

	/** Whether a request is under way. */
	get busy(): boolean {
		return this.#session.busy;
	}

	/** The present connection's stream, if there's one: a TLS class tells its session. */
	get stream(): Stream | undefined {
		return this.#stream;
	}

	/**
	 * Send a request: on the kept connection, or on a new one.
	 *
	 * @throws {RangeError | TypeError} a request, or options of the stream, that can't be right.
	 * @throws {HttpError} `busy`: the last one hasn't ended; `closed`: after close().
	 */
	request(options: RequestOptions): void {
		const request = checked(options);
		const now = ticks();
		this.#session.request(request, now);
		this.schedule(now);
	}

	/** The source that gave 0 bytes has more. */
	more(): void {
		this.#session.more();
		this.schedule(ticks());
	}

	/** The piece for which `onBody` returned false is taken. */
	resume(): void {
		this.#session.resume();
		this.schedule(ticks());
	}

	/** Give up the request under way: its callbacks aren't called any more, its connection is closed. */
	cancel(): void {
		this.#session.cancel();
	}

	/** Cancel, and no more requests. A second one is harmless. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#session.close();
		Timer.clear(this.#timer);
		this.#timer = undefined;
	}

	private open(): string {
		const { socket } = this.#options;
		const { io, ...more } = typeof socket === "function" ? socket() : socket;
		const authority = authorityOf(more["host"], more["port"], more["secure"] !== undefined);
		this.#room = 0;
		this.#readable = 0;
		this.#connected = false;
		const stream = new (io as new (options: StreamOptions) => Stream)({
			...more,
			nodelay: true,
			onReadable: (bytes) => {
				if (stream === this.#stream) this.onReadable(bytes);
			},
			onWritable: (bytes) => {
				if (stream === this.#stream) this.onWritable(bytes);
			},
			onError: (error) => {
				if (stream === this.#stream) this.lost(endOf(error));
			},
		});
		this.#stream = stream;
		return authority;
	}

	private write(bytes: Uint8Array, from: number): number {
		const stream = this.#stream;
		const room = this.#room;
		const length = bytes.byteLength - from;
		if (stream === undefined || room === 0) return length;
		const left = length > room ? length - room : 0;
		try {
			const more = stream.write(left + from === 0 ? bytes : bytes.subarray(from, from + length - left));
			this.#room = typeof more === "number" ? more : room - length + left;
			return left;
		} catch (error) {
			this.#room = 0;
			this.#session.broken({ kind: "network", detail: "write", cause: error });
			return length;
		}
	}

	private onReadable(bytes: number): void {
		this.#readable = bytes;
		const now = ticks();
		this.read(now);
		this.schedule(now);
	}

	private read(now: number): void {
		const { reader } = this.#session;
		const stream = this.#stream;
		// A callback may close this stream or make the next one.
		while (this.#readable > 0 && !reader.paused && stream !== undefined && stream === this.#stream) {
			const count = stream.read(reader.space(this.#readable));
			if (!count) break; // it had promised more than there is
			this.#readable -= count;
			this.#session.received(count, now);
		}
	}

	private onWritable(bytes: number): void {
		const now = ticks();
		this.#room = bytes;
		if (this.#connected) this.#session.writable(now);
		else {
			this.#connected = true;
			this.#session.opened(now);
		}
		this.schedule(now);
	}

	private lost(end: End): void {
		const now = ticks();
		this.#session.lost(end, now);
		this.schedule(now);
	}

	private drop(): void {
		const stream = this.#stream;
		this.#stream = undefined;
		this.#room = 0;
		this.#readable = 0;
		stream?.close();
	}

	/** One timer. It may fire too early, never too late: moving it with each packet costs more. */
	private schedule(now: number): void {
		const at = this.#session.wakeAt;
		if (at >= this.#timerAt || this.#closed) return;
		this.#timerAt = at;
		const ms = Math.max(0, Math.ceil(at - now));
		if (this.#timer === undefined) this.#timer = Timer.set(() => this.onTimer(), ms, DAY);
		else Timer.schedule(this.#timer, ms, DAY);
	}

	private onTimer(): void {
		const now = ticks();
		this.#timerAt = Number.POSITIVE_INFINITY;
		this.#session.tick(now);
		this.read(now);
		this.schedule(now);
		if (this.#timerAt === Number.POSITIVE_INFINITY && this.#timer) Timer.schedule(this.#timer); // nothing to wake for
	}
}
