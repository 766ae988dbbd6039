// Frames of the console protocol (PROTOCOL.md, sections in brackets) and the fields in them. The host's tools use this
// file as well: nothing of the HAL is in it.

import { crc32 } from "checksum/crc32";

/** What every frame begins with (2.1): no ASCII, no SLIP, no SMP, no XMODEM. */
export const START = 0xa5;
/** The protocol's version (2.2). */
export const VERSION = 1;
/** Versions that the header has room for: a frame of each is read as far as its version (2.2). */
export const VERSION_MAX = 15;
/** Bytes before the payload. */
export const HEADER = 7;
export const CRC = 4;
/** The longest payload of this version. */
export const PAYLOAD_MAX = 512;
export const FRAME_MAX = HEADER + PAYLOAD_MAX + CRC;
/** A line that is silent for so long within a frame has lost its rest (3.2). Milliseconds. */
export const GAP = 250;
/** The bit of `type` that makes an answer (2.3). */
export const ANSWER = 0x80;

/** Commands (4). */
export const commands = Object.freeze({
	identify: 0x01,
	list: 0x02,
	begin: 0x03,
	write: 0x04,
	commit: 0x05,
	abort: 0x06,
	prove: 0x07,
	restart: 0x08,
	lock: 0x09,
} as const);

export type Command = keyof typeof commands;

/** Status codes of answers (5), each at its number. */
export const statuses = Object.freeze([
	"ok",
	"malformed", // the payload's fields: cut, missing, twice, or of a wrong length
	"version", // the frame's version is another than this one
	"unsupported", // a command that this device does not have
	"unknown-record", // not a name that may be written, or proved
	"bad-value", // too long, too short, or characters that the record does not take
	"no-session", // none is open, or another one
	"out-of-order", // a piece after a missing one; `offset` tells what is wanted
	"conflict", // this record came before with another length
	"full", // more records or bytes than one session takes
	"incomplete", // records without their rest, or an identity that is none of those there are
	"wrong-digest", // what came is not what was sent; the session is over
	"no-record", // nothing is stored under this name
	"storage", // the vault failed; `detail` has its code
	"locked",
	"failed", // a fault of the device
] as const);

export type Status = (typeof statuses)[number];

/** Tags of fields (6). */
export const tags = Object.freeze({
	versions: 1,
	firmware: 2,
	firmwareVersion: 3,
	board: 4,
	uniqueId: 5,
	boot: 6,
	kind: 7,
	state: 8,
	room: 9,
	record: 10,
	more: 11,
	session: 12,
	flags: 13,
	total: 14,
	offset: 15,
	data: 16,
	digest: 17,
	challenge: 18,
	mac: 19,
	detail: 20,
} as const);

/** Bits of the field `state`. */
export const states = Object.freeze({ locked: 1 } as const);
/** Bits of the field `flags` of `begin` (4.3). */
export const beginFlags = Object.freeze({ addNetworks: 1, fresh: 2 } as const);

/** Bytes of a session's id and of a boot's. */
export const ID_LENGTH = 8;
export const CHALLENGE_MIN = 16;
export const CHALLENGE_MAX = 64;
/** What a proof's MAC begins with (4.7). */
export const PROVE_LABEL = "linkxs prove 1";

export interface Frame {
	readonly version: number;
	readonly type: number;
	readonly id: number;
	/** A view: good until `release`. */
	readonly payload: Uint8Array;
}

/**
 * Writes a frame into `into` at 0; its payload of `length` bytes is there already, at HEADER.
 *
 * @returns the frame's length.
 */
export function seal(into: Uint8Array, type: number, id: number, length: number, version = VERSION): number {
	if (!(length <= PAYLOAD_MAX)) throw new RangeError(`a payload of more than ${PAYLOAD_MAX} bytes`);
	into[0] = START;
	into[1] = version;
	into[2] = type;
	into[3] = id >> 8;
	into[4] = id & 0xff;
	into[5] = length >> 8;
	into[6] = length & 0xff;
	const end = HEADER + length;
	const crc = crc32(into, 1, end);
	into[end] = crc >>> 24;
	into[end + 1] = (crc >>> 16) & 0xff;
	into[end + 2] = (crc >>> 8) & 0xff;
	into[end + 3] = crc & 0xff;
	return end + CRC;
}

/**
 * Frames out of a stream that may hold anything. The owner puts bytes where `space` says and calls `filled`; then `next`
 * gives whole frames where they lie, each until `release`. What was read is wiped, as a secret may have been in it. Its
 * memory is one frame, whatever comes.
 */
export class Deframer {
	/** Bytes that belonged to no frame. */
	noise = 0;
	#bytes = new Uint8Array(FRAME_MAX);
	#from = 0;
	#to = 0;
	/** Where the frame that `next` gave ends; 0 when there's none. */
	#end = 0;

	/** Where the next bytes go: `available` of them, or as many as there's room for (0 only before `next` or `release`). */
	space(available: number): Uint8Array {
		const bytes = this.#bytes;
		if (this.#from > 0 && this.#end === 0) {
			bytes.copyWithin(0, this.#from, this.#to);
			const length = this.#to - this.#from;
			bytes.fill(0, length, this.#to);
			this.#from = 0;
			this.#to = length;
		}
		const room = Math.min(available, bytes.length - this.#to);
		return new Uint8Array(bytes.buffer, this.#to, room);
	}

	/** `count` bytes were put into the last `space`. */
	filled(count: number): void {
		this.#to += count;
	}

	/** Whether a frame has begun and not ended: then a silence of GAP is its end (`cut`). */
	get inFrame(): boolean {
		return this.#end === 0 && this.#to > this.#from;
	}

	/** The next whole frame; `undefined` when more bytes are needed. */
	next(): Frame | undefined {
		if (this.#end > 0) throw new TypeError("the frame before is not released");
		const bytes = this.#bytes;
		for (;;) {
			this.skip();
			const at = this.#from;
			const to = this.#to;
			if (to - at < HEADER) return undefined;
			const version = bytes[at + 1] as number;
			const length = ((bytes[at + 5] as number) << 8) | (bytes[at + 6] as number);
			if (version === 0 || version > VERSION_MAX || length > PAYLOAD_MAX) {
				this.drop(1);
				continue;
			}
			const end = at + HEADER + length;
			if (to < end + CRC) return undefined;
			if (crc32(bytes, at + 1, end) !== read32(bytes, end)) {
				this.drop(1);
				continue;
			}
			this.#end = end + CRC;
			const id = ((bytes[at + 3] as number) << 8) | (bytes[at + 4] as number);
			const payload = new Uint8Array(bytes.buffer, at + HEADER, length);
			return { version, type: bytes[at + 2] as number, id, payload };
		}
	}

	/** Done with the frame of `next`: it's wiped. */
	release(): void {
		if (this.#end === 0) return;
		this.#bytes.fill(0, this.#from, this.#end);
		this.#from = this.#end;
		this.#end = 0;
		this.settle();
	}

	/** The rest of a frame did not come: what looked like its start was none. More frames may be behind it: see `next`. */
	cut(): void {
		if (this.inFrame) this.drop(1);
	}

	/** Forget and wipe everything. */
	reset(): void {
		this.#bytes.fill(0);
		this.#from = 0;
		this.#to = 0;
		this.#end = 0;
	}

	/** Drop what precedes the next START. */
	private skip(): void {
		const from = this.#from;
		const to = this.#to;
		const start = from === to ? -1 : this.#bytes.indexOf(START, from);
		this.drop(start < 0 || start > to ? to - from : start - from);
	}

	private drop(count: number): void {
		if (count === 0) return;
		this.noise += count;
		this.#bytes.fill(0, this.#from, this.#from + count);
		this.#from += count;
		this.settle();
	}

	private settle(): void {
		if (this.#from < this.#to) return;
		this.#from = 0;
		this.#to = 0;
	}
}

function read32(bytes: Uint8Array, at: number): number {
	const high = ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16);
	return (high | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0;
}
