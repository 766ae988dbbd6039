// ESP-IDF's NVS partition, as its guide "Non-Volatile Storage Library", chapter "Internals", has it. Numbers are
// little-endian. A page is a block of 4,096 bytes:
//
//     0   state 4, sequence 4, version 1, 19 unused, CRC 4 (of bytes 4 to 28)
//     32  two bits for each of 126 entries: 3 empty, 2 written, 0 erased
//     64  126 entries of 32 bytes
//
// An entry is namespace 1, type 1, span 1, chunk 1, CRC 4 (of the entry without it), key 16, data 8. A long value lies in
// the span - 1 entries behind it; data has its size (2 bytes) and CRC then.

import { nvsCrc } from "./crc";
import { NvsError } from "./error";

/** What `embedded:storage/flash` opens. */
export interface NvsFlash {
	read(buffer: Uint8Array, byteOffset: number): number;
	write(buffer: Uint8Array, byteOffset: number): void;
	eraseBlock(start: number, end?: number): void;
	status(): { readonly size: number; readonly blockLength: number };
}

export const pageLength = 4096;
export const entryLength = 32;
export const entriesOfPage = 126;
const firstEntry = 64;

/** Entry states. */
export const state = Object.freeze({ erased: 0, written: 2, empty: 3 });

/** Types of entries. */
export const type = Object.freeze({ string: 0x21, blob: 0x41, blobData: 0x42, blobIndex: 0x48 });

/** The bytes of an integer type: 0x01 u8, 0x11 i8, 0x02 u16, … 0x18 i64; 0 for another type. */
export function integerLength(of: number): number {
	const length = of & 0x0f;
	return (of & 0xf0) <= 0x10 && (length === 1 || length === 2 || length === 4 || length === 8) ? length : 0;
}

/** A flash that fails is an NvsError, whatever it threw. */
export function atFlash<T>(what: string, work: () => T): T {
	try {
		return work();
	} catch (cause) {
		throw new NvsError("flash", what, { cause });
	}
}

export interface Page {
	/** Where it begins in the partition. */
	readonly at: number;
	readonly sequence: number;
}

/** Page states: in use (also while it is emptied into another), and what ESP-IDF itself has given up. */
const inUse: readonly number[] = Object.freeze([0xffff_ffff, 0xffff_fffe, 0xffff_fffc, 0xffff_fff8]);
const givenUp: readonly number[] = Object.freeze([0xffff_fff0, 0]);

/**
 * The pages in use, the oldest first; none when the partition is empty, or isn't NVS.
 *
 * @throws {NvsError} "damaged" for a page whose header is wrong.
 */
export function pagesOf(flash: NvsFlash): Page[] {
	const { size } = atFlash("status", () => flash.status());
	const header = new Uint8Array(entryLength);
	const view = new DataView(header.buffer);
	const pages: Page[] = [];
	let suspect = "";
	for (let at = 0; at + pageLength <= size; at += pageLength) {
		atFlash("read", () => flash.read(header, at));
		if (nvsCrc(header, 4, 28) === view.getUint32(28, true)) {
			const sequence = view.getUint32(4, true);
			const ofState = view.getUint32(0, true);
			if (givenUp.includes(ofState)) continue;
			if (!inUse.includes(ofState) || pages.some((page) => page.sequence === sequence))
				throw new NvsError("damaged", `page ${at / pageLength}`);
			pages.push({ at, sequence });
		} else if (looksLikePage(header)) suspect ||= `page ${at / pageLength}`;
	}
	if (suspect) throw new NvsError("damaged", suspect);
	return pages.sort((a, b) => a.sequence - b.sequence);
}

/** Not erased, and most of the header's unused bytes are as NVS leaves them: so it was one. */
function looksLikePage(header: Uint8Array): boolean {
	let ones = 0;
	for (let i = 9; i < 28; i++) if (header[i] === 0xff) ones++;
	return ones >= 18 && header.some((byte) => byte !== 0xff);
}

/** An entry's header. */
export interface Entry {
	/** Where it begins in the partition. */
	readonly at: number;
	readonly state: number;
	readonly namespace: number;
	readonly type: number;
	/** Entries that it takes, with itself. */
	readonly span: number;
	readonly chunk: number;
	readonly key: string;
	/** Integers: the value in its 8 bytes; others: size and checksum of what follows. */
	readonly data: DataView;
}

const printable = (byte: number): boolean => byte > 0x20 && byte < 0x7f;

/** The entry in `bytes`; undefined when its checksum is wrong. */
function entryOf(bytes: Uint8Array, at: number, ofState: number): Entry | undefined {
	const view = new DataView(bytes.buffer, bytes.byteOffset, entryLength);
	if (nvsCrc(bytes, 8, entryLength, nvsCrc(bytes, 0, 4)) !== view.getUint32(4, true)) return undefined;
	let key = "";
	for (let i = 8; i < 24 && bytes[i] !== 0; i++) {
		if (!printable(bytes[i] as number)) return undefined;
		key += String.fromCharCode(bytes[i] as number);
	}
	const [namespace, kind, span, chunk] = [
		bytes[0] as number,
		bytes[1] as number,
		bytes[2] as number,
		bytes[3] as number,
	];
	const data = new DataView(bytes.slice(24, 32).buffer);
	return { at, state: ofState, namespace, type: kind, span, chunk, key, data };
}

/** What an entry is that none can be made of. */
export interface Unreadable {
	readonly at: number;
	readonly state: number;
	readonly blank: boolean;
}

/**
 * Tells `visit` every entry of a page in turn, also erased ones whose header is still legible; its data behind it is passed
 * over. The first for which it returns true ends that. (No generator: each has a prototype, which a preloaded module can't
 * keep out of RAM.)
 */
export function visitEntries(flash: NvsFlash, page: Page, visit: (it: Entry | Unreadable) => boolean): void {
	const states = new Uint8Array(entryLength);
	atFlash("read", () => flash.read(states, page.at + entryLength));
	const bytes = new Uint8Array(entryLength);
	try {
		for (let index = 0; index < entriesOfPage; ) {
			const at = page.at + firstEntry + index * entryLength;
			const ofState = stateAt(states, index);
			atFlash("read", () => flash.read(bytes, at));
			const entry = entryOf(bytes, at, ofState);
			if (entry && entry.span >= 1 && index + entry.span <= entriesOfPage) {
				if (visit(entry)) return;
				// Also behind an erased entry is its data: a place is used once until the page is erased.
				index += entry.span;
			} else {
				if (visit({ at, state: ofState, blank: bytes.every((byte) => byte === 0xff) })) return;
				index++;
			}
		}
	} finally {
		bytes.fill(0); // where no header is, there may be a value
	}
}

const stateAt = (states: Uint8Array, index: number): number =>
	((states[index >> 2] as number) >> (2 * (index & 3))) & 3;

/** The states of `span` entries from the one at `at`. */
export function statesOf(flash: NvsFlash, at: number, span: number): number[] {
	const states = new Uint8Array(entryLength);
	const page = at - (at % pageLength);
	atFlash("read", () => flash.read(states, page + entryLength));
	const first = (at - page - firstEntry) / entryLength;
	return Array.from({ length: span }, (_, i) => stateAt(states, first + i));
}

/** Mark the `span` entries from the one at `at` as erased: bits are only cleared. */
export function markErased(flash: NvsFlash, at: number, span: number): void {
	const page = at - (at % pageLength);
	const first = (at - page - firstEntry) / entryLength;
	const states = new Uint8Array(entryLength).fill(0xff);
	for (let index = first; index < first + span; index++)
		states[index >> 2] = (states[index >> 2] as number) & ~(3 << (2 * (index & 3)));
	atFlash("write", () => flash.write(states, page + entryLength));
}
