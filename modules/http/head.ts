// The head of an answer, line by line (RFC 9112, 4 to 6).

import { decode } from "hal/text";
import type { AnswerErrorCode } from "./error";
import { digit, isBlank, SPACE, tokenEnd } from "./token";

/** What a length is that hasn't come. */
export const NONE = -1;
/** 10 ^ 15 - 1 is exact as a number, and no body's length. */
const DIGITS_MAX = 15;

/** HTTP/ */
const HTTP: readonly number[] = Object.freeze([72, 84, 84, 80, 47]);
const COLON = 58;
const DOT = 46;

/** Status and fields: those that say how the body is framed, and those that are wanted. */
export class Head {
	status = 0;
	/** The version's digit behind the dot: 0 is HTTP/1.0, more is 1.1. */
	minor = 0;
	/** Content-Length, or NONE. */
	length = NONE;
	chunked = false;
	/** What Connection says. */
	close = false;
	keepAlive = false;
	/** In the order of `wanted`. */
	values: (string | undefined)[] = [];
	/** Names of fields to be kept, in lower case. */
	wanted: readonly string[] = [];

	/** A new head, not before `wanted` is set. */
	clear(): void {
		this.length = NONE;
		this.chunked = false;
		this.close = false;
		this.keepAlive = false;
		this.values = this.wanted.map(() => undefined);
	}

	/** HTTP/1.1 200 OK: the reason, and the space before it, may be missing. */
	statusLine(bytes: Uint8Array, from: number, end: number): AnswerErrorCode | undefined {
		if (end - from < 12) return "status-line";
		for (let i = 0; i < HTTP.length; i += 1) if (bytes[from + i] !== HTTP[i]) return "status-line";
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
		this.status = status;
		this.minor = minor;
		return undefined;
	}

	/** The end of a field's name, where its colon is; NONE when there's no name or no colon. */
	name(bytes: Uint8Array, from: number, end: number): number {
		const colon = tokenEnd(bytes, from, end);
		return colon > from && colon < end && bytes[colon] === COLON ? colon : NONE;
	}

	/** A name that somebody wants, in lower case; undefined for any other. */
	kept(bytes: Uint8Array, from: number, colon: number): string | undefined {
		const { wanted } = this;
		const length = colon - from;
		// Most lines end here, without a string of theirs.
		if (length !== 10 && length !== 14 && length !== 17 && !wanted.some((name) => name.length === length))
			return undefined;
		const name = decode(bytes, from, colon).toLowerCase();
		const own = name === "connection" || name === "content-length" || name === "transfer-encoding";
		return own || wanted.includes(name) ? name : undefined;
	}

	/** A line with the name that `kept` told of. */
	field(bytes: Uint8Array, name: string, colon: number, end: number): AnswerErrorCode | undefined {
		const value = text(bytes, colon + 1, end);
		const index = this.wanted.indexOf(name);
		if (index >= 0) {
			const before = this.values[index];
			this.values[index] = before === undefined ? value : `${before}, ${value}`;
		}
		switch (name) {
			case "content-length": {
				const length = lengthOf(value);
				if (length === NONE || (this.length !== NONE && this.length !== length)) return "length";
				this.length = length;
				break;
			}
			case "transfer-encoding":
				if (this.chunked || this.minor === 0 || value.toLowerCase() !== "chunked") return "encoding";
				this.chunked = true;
				break;
			case "connection":
				for (const option of value.toLowerCase().split(",")) {
					if (option.trim() === "close") this.close = true;
					else if (option.trim() === "keep-alive") this.keepAlive = true;
				}
		}
		return undefined;
	}
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
