// The answers that a client receives (RFC 9112, sections in brackets), out of chunks of any size.

import { decode } from "hal/text";
import type { AnswerErrorCode } from "./error";
import { Response } from "./response";
import { SPACE, TAB, tokenEnd } from "./token";

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

/** The value of a field that hasn't come. */
const NONE = -1;
/** 10 ^ 15 - 1 is exact as a number, and no body's length. */
const DIGITS_MAX = 15;

const CR = 13;
const LF = 10;
const DOT = 46;
const COLON = 58;
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
	#status = 0;
	#minor = 0;
	#length = NONE;
	#chunked = false;
	#close = false;
	#keepAlive = false;
	#values: (string | undefined)[] = [];
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
		if (this.#state !== NOTHING || this.#from < this.#to || this.#close) return false;
		return this.#minor > 0 || this.#keepAlive;
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
		this.clear();
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
			const colon = tokenEnd(this.#bytes, from, at);
			if (colon === at) return "header-too-long";
			if (colon === from || this.#bytes[colon] !== COLON) return "header";
			if (!this.#inTrailer && this.kept(from, colon) !== undefined) return "header-too-long";
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
		if (state === STATUS) return this.status(from, end);
		if (state === REST) {
			this.#state = this.#inTrailer ? TRAILER : FIELD;
			return undefined;
		}
		if (from < end) return this.count() ?? this.field(from, end);
		return this.#inTrailer ? this.finish() : this.head();
	}

	/** HTTP/1.1 200 OK: the reason, and the space before it, may be missing. */
	private status(from: number, end: number): AnswerErrorCode | undefined {
		const bytes = this.#bytes;
		if (end - from < 12 || decode(bytes.subarray(from, from + 5)) !== "HTTP/") return "status-line";
		const major = digit(bytes[from + 5]);
		const minor = digit(bytes[from + 7]);
		if (major < 0 || minor < 0 || bytes[from + 6] !== DOT || bytes[from + 8] !== SPACE) return "status-line";
		if (major !== 1) return "version";
		let status = 0;
		for (let at = from + 9; at < from + 12; at += 1) {
			const value = digit(bytes[at]);
			if (value < 0) return "status-line";
			status = status * 10 + value;
		}
		if (status < 100 || status === 101 || (end > from + 12 && bytes[from + 12] !== SPACE)) return "status-line";
		this.#status = status;
		this.#minor = minor;
		this.#state = FIELD;
		return undefined;
	}

	/** A name that somebody wants, in lower case; undefined for any other. */
	private kept(from: number, colon: number): string | undefined {
		const { wanted } = this.#expected as Expected;
		const length = colon - from;
		// Most lines end here, without a string of theirs.
		if (length !== 10 && length !== 14 && length !== 17 && !wanted.some((name) => name.length === length))
			return undefined;
		const name = decode(this.#bytes, from, colon).toLowerCase();
		const own = name === "connection" || name === "content-length" || name === "transfer-encoding";
		return own || wanted.includes(name) ? name : undefined;
	}

	private field(from: number, end: number): AnswerErrorCode | undefined {
		const bytes = this.#bytes;
		const colon = tokenEnd(bytes, from, end);
		if (colon === from || colon === end || bytes[colon] !== COLON) return "header";
		if (this.#inTrailer) return undefined;
		const name = this.kept(from, colon);
		if (name === undefined) return undefined;
		const value = text(bytes, colon + 1, end);
		const index = (this.#expected as Expected).wanted.indexOf(name);
		if (index >= 0) {
			const before = this.#values[index];
			this.#values[index] = before === undefined ? value : `${before}, ${value}`;
		}
		switch (name) {
			case "content-length": {
				const length = lengthOf(value);
				if (length === NONE || (this.#length !== NONE && this.#length !== length)) return "length";
				this.#length = length;
				break;
			}
			case "transfer-encoding":
				if (this.#chunked || this.#minor === 0 || value.toLowerCase() !== "chunked") return "encoding";
				this.#chunked = true;
				break;
			case "connection":
				for (const option of value.toLowerCase().split(",")) {
					if (option.trim() === "close") this.#close = true;
					else if (option.trim() === "keep-alive") this.#keepAlive = true;
				}
		}
		return undefined;
	}

	/** The empty line behind the fields. */
	private head(): AnswerErrorCode | undefined {
		const status = this.#status;
		if (status < 200) {
			this.clear();
			this.#state = STATUS;
			return undefined;
		}
		if (this.#chunked && this.#length !== NONE) return "length";
		const expected = this.#expected as Expected;
		const { head, wanted, limit } = expected;
		const told = this.#length === NONE ? undefined : this.#length;
		const none = head || status === 204 || status === 304;
		this.#left = none ? 0 : this.#length;
		if (none || told !== undefined) this.#state = LENGTH_BODY;
		else this.#state = this.#chunked ? CHUNK_SIZE : CLOSE_BODY;
		this.#receiver.onHead(new Response(status, this.#minor === 0 ? "1.0" : "1.1", told, wanted, this.#values));
		return this.#expected === expected && this.#left > limit ? "body-too-long" : undefined;
	}

	/** What belongs to one head. */
	private clear(): void {
		this.#length = NONE;
		this.#chunked = false;
		this.#close = false;
		this.#keepAlive = false;
		this.#inTrailer = false;
		this.#values = [];
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
		if (this.#state === CLOSE_BODY) this.#close = true;
		this.#state = NOTHING;
		this.#receiver.onEnd();
		return undefined;
	}
}

function isBlank(byte: number | undefined): boolean {
	return byte === SPACE || byte === TAB;
}

/** A decimal digit's value, or -1. */
function digit(byte: number | undefined): number {
	return byte !== undefined && byte >= 48 && byte <= 57 ? byte - 48 : -1;
}

function hexDigit(byte: number): number {
	if (byte <= 57) return digit(byte);
	const letter = byte | 0x20;
	return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** A field's value without the white space around it. */
function text(bytes: Uint8Array, start: number, end: number): string {
	let from = start;
	let to = end;
	while (from < to && isBlank(bytes[from])) from += 1;
	while (to > from && isBlank(bytes[to - 1])) to -= 1;
	for (let at = from; at < to; at += 1) if ((bytes[at] as number) > 127) return latin1(bytes, from, to);
	return decode(bytes, from, to);
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
	let value = "";
	for (let at = from; at < to; at += 1) value += String.fromCharCode(bytes[at] as number);
	return value;
}

/** A Content-Length, or NONE for what isn't one. */
function lengthOf(value: string): number {
	if (value.length === 0 || value.length > DIGITS_MAX) return NONE;
	let length = 0;
	for (let at = 0; at < value.length; at += 1) {
		const number = digit(value.charCodeAt(at));
		if (number < 0) return NONE;
		length = length * 10 + number;
	}
	return length;
}
