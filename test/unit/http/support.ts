// What the tests of modules/http share.
import { encode } from "hal/text";
import type { Expected } from "http/reader";
import { Reader, type Receiver } from "http/reader";
import type { Response } from "http/response";

/** Text as the bytes of Latin-1. */
export function latin1(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
	return bytes;
}

export function textOf(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes) text += String.fromCharCode(byte);
	return text;
}

export const bytes = encode;

/** What came of one answer. */
export interface Outcome {
	readonly heads: Response[];
	body: string;
	/** `end`, or the error's code; undefined: more is needed. */
	end: string | undefined;
}

/** Notes what a reader tells. */
export class Notes implements Receiver, Outcome {
	readonly heads: Response[] = [];
	body = "";
	end: string | undefined;

	onHead(response: Response): void {
		this.heads.push(response);
	}
	onData(data: Uint8Array): void {
		this.body += textOf(data);
	}
	onEnd(): void {
		this.end = "end";
	}
}

export const ANY: Expected = Object.freeze({ head: false, wanted: Object.freeze([]), limit: 1_000_000 });

export interface ReadOptions extends Partial<Expected> {
	/** Bytes at a time. */
	readonly chunk?: number | ((left: number) => number);
	readonly size?: number;
	readonly header?: number;
	/** The stream ends behind the bytes: cleanly or not. */
	readonly ends?: "clean" | "cut";
}

/** What a reader makes of `stream`, and the reader. */
export function read(stream: Uint8Array | string, options: ReadOptions = {}): Notes & { reader: Reader } {
	const { chunk = Number.POSITIVE_INFINITY, size = 256, header = 8192, ends, ...expected } = options;
	const all = typeof stream === "string" ? latin1(stream) : stream;
	const notes = new Notes();
	const reader = new Reader(notes, size, header);
	const result = Object.assign(notes, { reader });
	reader.begin({ ...ANY, ...expected });
	for (let at = 0; at < all.byteLength; ) {
		const left = all.byteLength - at;
		const space = reader.space(Math.min(typeof chunk === "number" ? chunk : chunk(left), left));
		for (let i = 0; i < space.byteLength; i += 1) space[i] = all[at + i] as number;
		at += space.byteLength;
		const wrong = reader.filled(space.byteLength);
		if (wrong) {
			notes.end = wrong;
			return result;
		}
		if (notes.end) return result;
	}
	if (ends && !reader.ended(ends === "clean")) notes.end = "truncated";
	return result;
}

/** What can be compared. */
export function summary({ heads, body, end }: Outcome): string {
	const lines = heads.map(({ status, version, length }) => `${version} ${status} ${length ?? "-"}`);
	return JSON.stringify([lines, body, end]);
}

/** A small generator of repeatable numbers (mulberry32). */
export function generator(seed: number): (below: number) => number {
	let state = seed >>> 0;
	return (below) => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) % below;
	};
}
