// The answers that a client receives (RFC 9112, sections in brackets), out of chunks of any size.

import type { AnswerErrorCode } from "./error";
import { Head, NONE } from "./head";
import { Response } from "./response";
import { hexDigit, isBlank, SPACE, TAB, tokenEnd } from "./token";

/** Told of an answer's parts, in order. Any of them may begin the next answer, or forget this one. */
export interface Receiver {
	/** The final head; interim ones (1xx) are passed over. */
	onHead(response: Response): void;
	/** A piece of the body: a view on the reader's buffer, good until this returns, or `resume` when it set `paused`. */
	onData(bytes: Uint8Array): void;
	onEnd(): void;
}

/** What an answer is read by. */
export interface Expected {
	/** To HEAD: no body follows, whatever the header says. */
	readonly head: boolean;
	/** Names of fields to be kept, in lower case. */
	readonly wanted: readonly string[];
	/** The most bytes of the body. */
	readonly limit: number;
}

/** The smallest buffer: it takes the lines that must fit. */
export const BUFFER_MIN = 256;
/** Lines of header and trailers, those of interim answers too. */
const FIELDS_MAX = 100;
/** A chunk's size with its extensions. */
const CHUNK_LINE_MAX = 128;

/** What comes next. */
const STATUS = 0;
const FIELD = 1;
/** The rest of a field line that doesn't fit and that nobody wants. */
const REST = 2;
const LENGTH_BODY = 3;
const CLOSE_BODY = 4;
const CHUNK_SIZE = 5;
const CHUNK_BODY = 6;
const CHUNK_END = 7;
const TRAILER = 8;
const NOTHING = 9;

const CR = 13;
const LF = 10;
const SEMICOLON = 59;

/**
 * One answer after the other out of a stream. The owner puts bytes where `space` says and calls `filled`. Its memory is one
 * buffer, whatever the peer sends: bodies come in pieces, fields that nobody wants pass by, all else is bounded.
 */
export class Reader {
	/** Set by the owner (from `onData`): nothing more is told until it's cleared and `resume` is called. */
	paused = false;
	// What each piece needs comes first, and methods are not #private: XS looks for a field from the first one on, and
	// gives each instance its own slot for every #method.
	#bytes: Uint8Array;
	#from = 0;
	#to = 0;
	#state = NOTHING;
	/** Bytes that are left of the body (by Content-Length) or of the chunk. */
	#left = 0;
	#receiver: Receiver;
	/** How far the present line is known to have no control character. */
	#seen = 0;
	/** Bytes and lines that header and trailers may have yet. */
	#room: number;
	#fields = 0;
	#headerMax: number;
	/** Bytes that the body may have yet. */
	#bodyRoom = 0;
	#expected: Expected | undefined;
	#head = new Head();
	#inTrailer = false;
	#begun = false;

	/** @param headerMax the most bytes of status line, header and trailers. @throws {RangeError} for a buffer below BUFFER_MIN. */
	constructor(receiver: Receiver, size: number, headerMax: number) {
		if (!(size >= BUFFER_MIN)) throw new RangeError(`buffer: ${BUFFER_MIN} bytes at least`);
		if (!(headerMax >= 128)) throw new RangeError("header: 128 bytes at least");
		this.#receiver = receiver;
		this.#bytes = new Uint8Array(size);
		this.#headerMax = headerMax;
		this.#room = headerMax;
	}

	/** Whether any of the answer has come. */
	get begun(): boolean {
		return this.#begun;
	}

	/** Once the answer has ended: whether another may follow on this connection. */
	get reusable(): boolean {
		const { close, keepAlive, minor } = this.#head;
		if (this.#state !== NOTHING || this.#from < this.#to || close) return false;
		return minor > 0 || keepAlive;
	}

	/** An answer is to come; what is left of the last one is wiped, as it may be secret. */
	begin(expected: Expected): void {
		this.forget();
		this.#expected = expected;
		this.#state = STATUS;
		this.#room = this.#headerMax;
		this.#fields = 0;
		this.#bodyRoom = expected.limit;
		this.#begun = false;
		this.#inTrailer = false;
		this.#head.wanted = expected.wanted;
		this.#head.clear();
	}

	/** No answer is to come any more. */
	forget(): void {
		this.#bytes.fill(0);
		this.#from = 0;
		this.#to = 0;
		this.#seen = 0;
		this.#state = NOTHING;
		this.#expected = undefined;
		this.paused = false;
	}

	/** Where the next bytes go: `available` of them, or as many as there's room for (0 only while paused). */
	space(available: number): Uint8Array {
		const bytes = this.#bytes;
		if (this.#from > 0) {
			if (this.#from < this.#to) bytes.copyWithin(0, this.#from, this.#to);
			this.#to -= this.#from;
			this.#seen -= this.#from;
			this.#from = 0;
		}
		return new Uint8Array(bytes.buffer, this.#to, Math.min(available, bytes.byteLength - this.#to));
	}

	/** `count` bytes were put into the last `space`. @returns what is wrong with them: then the connection is over. */
	filled(count: number): AnswerErrorCode | undefined {
		this.#begun = true;
		this.#to += count;
		return this.resume();
	}

	/** The stream has ended, with a clean end or not. @returns whether the answer is whole; if so, `onEnd` was told. */
	ended(clean: boolean): boolean {
		if (this.#state === CLOSE_BODY && clean) this.finish();
		return this.#state === NOTHING;
	}

	/** Go on after a pause with what is in the buffer. */
	resume(): AnswerErrorCode | undefined {
		while (!this.paused) {
			const from = this.#from;
			let wrong: AnswerErrorCode | undefined;
			switch (this.#state) {
				case LENGTH_BODY:
					if (this.#left === 0) this.finish();
					else if (from === this.#to) return this.settle();
					else this.data(this.#left);
					break;
				case CLOSE_BODY:
					if (from === this.#to) return this.settle();
					if (this.#bodyRoom === 0) return "body-too-long";
					this.data(this.#bodyRoom);
					break;
				case CHUNK_BODY:
					if (from === this.#to) return this.settle();
					this.data(this.#left);
					break;
				case CHUNK_END:
					if (from === this.#to) return this.settle();
					if (this.#bytes[from] !== CR) return "chunk";
					if (from + 1 === this.#to) return undefined;
					if (this.#bytes[from + 1] !== LF) return "chunk";
					this.#from = from + 2;
					this.#seen = from + 2;
					this.#state = CHUNK_SIZE;
					break;
				case NOTHING:
					return undefined;
				default: {
					const end = this.line();
					if (end === undefined) return undefined;
					wrong = typeof end === "string" ? end : this.take(from, end);
				}
			}
			if (wrong) return wrong;
		}
		return undefined;
	}

	/** An empty buffer begins at its start again. */
	private settle(): undefined {
		this.#from = 0;
		this.#to = 0;
		this.#seen = 0;
		return undefined;
	}

	private data(most: number): void {
		const from = this.#from;
		const there = this.#to - from;
		const length = Math.min(there, most);
		this.#from = from + length;
		this.#seen = from + length;
		this.#bodyRoom -= length;
		if (this.#state !== CLOSE_BODY) {
			this.#left -= length;
			if (this.#left === 0 && this.#state === CHUNK_BODY) this.#state = CHUNK_END;
		}
		this.#receiver.onData(new Uint8Array(this.#bytes.buffer, from, length));
	}

	/**
	 * Look for the end of the line that begins at `#from`, past what was looked at before.
	 *
	 * @returns where its CR is, what is wrong with it, or undefined when more is needed.
	 */
	private line(): number | AnswerErrorCode | undefined {
		const bytes = this.#bytes;
		const from = this.#from;
		const to = this.#to;
		const size = this.#state === CHUNK_SIZE;
		const stop = from + (size ? CHUNK_LINE_MAX : this.#room);
		const end = Math.min(to, stop);
		let at = this.#seen;
		for (; at < end; at += 1) {
			const byte = bytes[at] as number;
			if (byte < SPACE ? byte !== TAB : byte === 127) break;
		}
		this.#seen = at;
		const isCr = at < end && bytes[at] === CR;
		// Decided in an order that doesn't depend on how much of what follows has come already.
		if (at === to || (isCr && at + 1 === to)) return this.unfinished(at);
		if (at === stop || (isCr && at + 1 === stop)) return size ? "chunk" : "header-too-long";
		if (isCr && bytes[at + 1] === LF) return at;
		return this.#state === STATUS ? "status-line" : size ? "chunk" : "header";
	}

	/** A line without its end, up to `at`, where a CR may wait for its LF. @returns what is wrong when it doesn't fit. */
	private unfinished(at: number): AnswerErrorCode | undefined {
		const from = this.#from;
		if (this.#state !== REST) {
			if (this.#to - from < this.#bytes.byteLength) return undefined;
			if (this.#state === STATUS) return "header-too-long";
			const wrong = this.count();
			if (wrong) return wrong;
			if (tokenEnd(this.#bytes, from, at) === at) return "header-too-long";
			const colon = this.#head.name(this.#bytes, from, at);
			if (colon === NONE) return "header";
			if (!this.#inTrailer && this.#head.kept(this.#bytes, from, colon) !== undefined) return "header-too-long";
			this.#state = REST;
		}
		this.#room -= at - from;
		this.#from = at;
		return undefined;
	}

	private count(): AnswerErrorCode | undefined {
		this.#fields += 1;
		return this.#fields > FIELDS_MAX ? "header-too-long" : undefined;
	}

	/** The line from `from` to its CR at `end` has come. */
	private take(from: number, end: number): AnswerErrorCode | undefined {
		const state = this.#state;
		this.#from = end + 2;
		this.#seen = end + 2;
		if (state === CHUNK_SIZE) return this.size(from, end);
		this.#room -= end + 2 - from;
		if (state === STATUS) {
			this.#state = FIELD;
			return this.#head.statusLine(this.#bytes, from, end);
		}
		if (state === REST) {
			this.#state = this.#inTrailer ? TRAILER : FIELD;
			return undefined;
		}
		if (from < end) return this.count() ?? this.field(from, end);
		return this.#inTrailer ? this.finish() : this.headEnd();
	}

	private field(from: number, end: number): AnswerErrorCode | undefined {
		const head = this.#head;
		const colon = head.name(this.#bytes, from, end);
		if (colon === NONE) return "header";
		if (this.#inTrailer) return undefined; // trailers are checked and left
		const name = head.kept(this.#bytes, from, colon);
		return name === undefined ? undefined : head.field(this.#bytes, name, colon, end);
	}

	/** The empty line behind the fields. */
	private headEnd(): AnswerErrorCode | undefined {
		const { status, minor, length, chunked, values } = this.#head;
		if (status < 200) {
			this.#head.clear();
			this.#state = STATUS;
			return undefined;
		}
		if (chunked && length !== NONE) return "length";
		const expected = this.#expected as Expected;
		const { wanted, limit } = expected;
		const none = expected.head || status === 204 || status === 304;
		this.#left = none ? 0 : length;
		if (none || length !== NONE) this.#state = LENGTH_BODY;
		else this.#state = chunked ? CHUNK_SIZE : CLOSE_BODY;
		const told = length === NONE ? undefined : length;
		this.#receiver.onHead(new Response(status, minor === 0 ? "1.0" : "1.1", told, wanted, values));
		return this.#expected === expected && this.#left > limit ? "body-too-long" : undefined;
	}

	/** 1a2b ; extension=value: extensions are passed over (7.1.1). */
	private size(from: number, end: number): AnswerErrorCode | undefined {
		const bytes = this.#bytes;
		let size = 0;
		let at = from;
		for (; at < end; at += 1) {
			const value = hexDigit(bytes[at] as number);
			if (value < 0) break;
			size = size * 16 + value;
			if (size > Number.MAX_SAFE_INTEGER) return "chunk";
		}
		if (at === from) return "chunk";
		while (at < end && isBlank(bytes[at])) at += 1;
		if (at < end ? bytes[at] !== SEMICOLON : isBlank(bytes[end - 1])) return "chunk";
		if (size > this.#bodyRoom) return "body-too-long";
		this.#left = size;
		this.#state = size > 0 ? CHUNK_BODY : TRAILER;
		this.#inTrailer = size === 0;
		return undefined;
	}

	private finish(): undefined {
		if (this.#state === CLOSE_BODY) this.#head.close = true;
		this.#state = NOTHING;
		this.#receiver.onEnd();
		return undefined;
	}
}
