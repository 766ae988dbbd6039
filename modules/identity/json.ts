// JSON read where it lies, since a secret in it must not become a string on the way: the values' places instead of values.
// Sections of RFC 8259.

/** Where a value is. A string's bytes are its characters in UTF-8, without quotes and escapes. */
export interface Span {
	readonly kind: "string" | "number" | "true" | "false" | "null";
	readonly start: number;
	readonly end: number;
}

/** The text isn't JSON, or more of it than a device takes. It shows nothing of the text. */
export class JsonError extends Error {
	override readonly name = "JsonError";
	readonly code: "bad-json" | "too-large";

	constructor(code: "bad-json" | "too-large", what: string) {
		super(`${code}: ${what}`);
		this.code = code;
	}
}

/** How deep objects and arrays may lie in each other, and how many values there may be. */
const DEPTH_MAX = 6;
const SPANS_MAX = 256;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Where all values are that are no object or array, by their paths: `data.0.deviceSecret`. Strings are rid of their
 * escapes where they lie, so `bytes` is changed.
 *
 * @throws {JsonError} for what is no JSON text, has a name twice, a name with a dot, or is too large. No half of it counts.
 */
export function spansIn(bytes: Uint8Array): ReadonlyMap<string, Span> {
	return new Scanner(bytes).text();
}

/** An ASCII text or number. `undefined` where there's none of that kind. */
export function textAt(bytes: Uint8Array, span: Span | undefined, kind: Span["kind"] = "string"): string | undefined {
	if (span === undefined || span.kind !== kind) return undefined;
	let text = "";
	for (let i = span.start; i < span.end; i += 1) {
		const byte = bytes[i] as number;
		if (byte > 127) return undefined;
		text += String.fromCharCode(byte);
	}
	return text;
}

class Scanner {
	#bytes: Uint8Array;
	#at = 0;
	#spans = new Map<string, Span>();

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	text(): ReadonlyMap<string, Span> {
		this.#value("", 0);
		this.#space();
		if (this.#at < this.#bytes.byteLength) throw bad("something behind its end");
		return this.#spans;
	}

	/** The next byte that is no white space, not taken; −1: there's none. */
	#space(): number {
		for (;;) {
			const byte = this.#bytes[this.#at];
			if (byte === undefined) return -1;
			if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
			this.#at += 1;
		}
	}

	#value(path: string, depth: number): void {
		const byte = this.#space();
		if (byte === 0x7b) this.#object(path, depth + 1);
		else if (byte === 0x5b) this.#array(path, depth + 1);
		else {
			if (this.#spans.size === SPANS_MAX) throw new JsonError("too-large", "too many values");
			this.#spans.set(path, this.#scalar(byte));
		}
	}

	#scalar(first: number): Span {
		switch (first) {
			case QUOTE:
				return this.#string();
			case 0x74:
				return this.#word("true");
			case 0x66:
				return this.#word("false");
			case 0x6e:
				return this.#word("null");
			default:
				return this.#number();
		}
	}

	#object(path: string, depth: number): void {
		if (depth > DEPTH_MAX) throw new JsonError("too-large", "too deep");
		this.#at += 1;
		if (this.#space() === 0x7d) {
			this.#at += 1;
			return;
		}
		const names = new Set<string>();
		for (;;) {
			if (this.#space() !== QUOTE) throw bad("a name expected");
			const name = textAt(this.#bytes, this.#string());
			// A dot would make two paths one; a name twice leaves open which value counts.
			if (name === undefined || name.includes(".") || names.has(name)) throw bad("a name that can't be, or twice");
			names.add(name);
			if (this.#space() !== 0x3a) throw bad("a colon expected");
			this.#at += 1;
			this.#value(path === "" ? name : `${path}.${name}`, depth);
			if (this.#end(0x7d)) return;
		}
	}

	#array(path: string, depth: number): void {
		if (depth > DEPTH_MAX) throw new JsonError("too-large", "too deep");
		this.#at += 1;
		if (this.#space() === 0x5d) {
			this.#at += 1;
			return;
		}
		for (let index = 0; ; index += 1) {
			this.#value(path === "" ? `${index}` : `${path}.${index}`, depth);
			if (this.#end(0x5d)) return;
		}
	}

	/** Behind a member. @returns whether it was the last. */
	#end(close: number): boolean {
		const byte = this.#space();
		this.#at += 1;
		if (byte === close) return true;
		if (byte !== 0x2c) throw bad("a comma expected");
		return false;
	}

	#word(word: "true" | "false" | "null"): Span {
		const start = this.#at;
		for (let i = 0; i < word.length; i += 1) {
			if (this.#bytes[start + i] !== word.charCodeAt(i)) throw bad("no value");
		}
		this.#at += word.length;
		return { kind: word, start, end: this.#at };
	}

	/** Section 6, by its grammar. */
	#number(): Span {
		const start = this.#at;
		let end = start;
		while (isOfNumber(this.#bytes[end])) end += 1;
		this.#at = end;
		const span: Span = { kind: "number", start, end };
		// Bounded before it becomes a string: whatever lies there, it's no secret's length.
		const text = end - start > 32 ? undefined : textAt(this.#bytes, span, "number");
		if (text === undefined || !/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)) throw bad("no value");
		return span;
	}

	/** Section 7: its characters are moved together to where it begins; what that leaves over is wiped. */
	#string(): Span {
		const bytes = this.#bytes;
		const start = this.#at + 1;
		let from = start;
		let to = start;
		for (;;) {
			const byte = bytes[from];
			if (byte === undefined || byte < 0x20) throw bad("an open string");
			from += 1;
			if (byte === QUOTE) break;
			if (byte !== BACKSLASH) {
				bytes[to] = byte;
				to += 1;
				continue;
			}
			const code = this.#escape(from);
			from = this.#at;
			to = write(bytes, to, code);
		}
		this.#at = from;
		bytes.fill(QUOTE, to, from);
		return { kind: "string", start, end: to };
	}

	/** What stands behind a backslash. @returns its code point; `#at` is behind it. */
	#escape(at: number): number {
		const byte = this.#bytes[at];
		this.#at = at + 1;
		switch (byte) {
			case QUOTE:
			case BACKSLASH:
			case 0x2f:
				return byte;
			case 0x62:
				return 8;
			case 0x66:
				return 12;
			case 0x6e:
				return 10;
			case 0x72:
				return 13;
			case 0x74:
				return 9;
			case 0x75: {
				const high = this.#unit(at + 1);
				if (high < 0xd800 || high > 0xdfff) return high;
				if (high > 0xdbff || this.#bytes[at + 5] !== BACKSLASH || this.#bytes[at + 6] !== 0x75)
					throw bad("a surrogate");
				const low = this.#unit(at + 7);
				if (low < 0xdc00 || low > 0xdfff) throw bad("a surrogate");
				return 0x1_0000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
			}
			default:
				throw bad("an unknown escape");
		}
	}

	#unit(at: number): number {
		let value = 0;
		for (let i = at; i < at + 4; i += 1) {
			const digit = digitOf(this.#bytes[i] ?? 0);
			if (digit < 0) throw bad("no hex digit");
			value = (value << 4) | digit;
		}
		this.#at = at + 4;
		return value;
	}
}

function bad(what: string): JsonError {
	return new JsonError("bad-json", what);
}

/** Digits, sign, point, exponent. */
function isOfNumber(byte: number | undefined): boolean {
	if (byte === undefined) return false;
	return (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2d || byte === 0x2e || (byte | 0x20) === 0x65;
}

function digitOf(byte: number): number {
	if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
	const letter = byte | 0x20;
	return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** UTF-8, which never takes more bytes than the escape did. @returns where the next byte goes. */
function write(bytes: Uint8Array, to: number, code: number): number {
	if (code < 0x80) {
		bytes[to] = code;
		return to + 1;
	}
	let at = to;
	if (code < 0x800) bytes[at++] = 0xc0 | (code >> 6);
	else {
		if (code < 0x1_0000) bytes[at++] = 0xe0 | (code >> 12);
		else {
			bytes[at++] = 0xf0 | (code >> 18);
			bytes[at++] = 0x80 | ((code >> 12) & 63);
		}
		bytes[at++] = 0x80 | ((code >> 6) & 63);
	}
	bytes[at++] = 0x80 | (code & 63);
	return at;
}
