// The fields of a payload (PROTOCOL.md 6): a tag of one byte, a length of two, the value. No HAL here: the host uses it.

/** Fields into a buffer that the caller owns. */
export class FieldWriter {
	/** Where the next byte goes. */
	at: number;
	#into: Uint8Array;
	#end: number;

	/** @param end where the payload has to end. */
	constructor(into: Uint8Array, at: number, end: number) {
		this.#into = into;
		this.at = at;
		this.#end = end;
	}

	/** Whether a value of `length` bytes fits. */
	fits(length: number): boolean {
		return this.at + 3 + length <= this.#end;
	}

	/** @throws {RangeError} when it doesn't fit; nothing is written then. */
	bytes(tag: number, value: Uint8Array): this {
		const { length } = value;
		if (!this.fits(length)) throw new RangeError("the payload is full");
		const into = this.#into;
		let at = this.at;
		into[at++] = tag;
		into[at++] = length >> 8;
		into[at++] = length & 0xff;
		// A loop: this runs on both sides, and XS's TypedArray.set is a slow one itself.
		for (let index = 0; index < length; index++) into[at++] = value[index] as number;
		this.at = at;
		return this;
	}

	/** A byte of its own, before any field: an answer's status. */
	byte(value: number): this {
		this.#into[this.at++] = value;
		return this;
	}

	u8(tag: number, value: number): this {
		return this.bytes(tag, Uint8Array.of(value));
	}

	u16(tag: number, value: number): this {
		return this.bytes(tag, Uint8Array.of(value >> 8, value & 0xff));
	}
}

/** Whether `payload` from `start` is fields to its last byte, and (unless `repeats`) none of them comes twice. */
export function isWellFormed(payload: Uint8Array, start: number, repeats: boolean): boolean {
	let at = start;
	while (at < payload.length) {
		const end = endOf(payload, at);
		if (end < 0) return false;
		if (!repeats && find(payload, end, payload[at] as number) !== undefined) return false;
		at = end;
	}
	return true;
}

/** The end of the field at `at`; -1 when it's cut. */
function endOf(payload: Uint8Array, at: number): number {
	if (at + 3 > payload.length) return -1;
	const end = at + 3 + (((payload[at + 1] as number) << 8) | (payload[at + 2] as number));
	return end <= payload.length ? end : -1;
}

/** The value (a view) of the first field with this tag; `undefined` when there's none, or fields are cut before it. */
export function find(payload: Uint8Array, start: number, tag: number): Uint8Array | undefined {
	for (let at = start; at < payload.length; ) {
		const end = endOf(payload, at);
		if (end < 0) return undefined;
		if (payload[at] === tag) return new Uint8Array(payload.buffer, payload.byteOffset + at + 3, end - at - 3);
		at = end;
	}
	return undefined;
}

/** The values (views) of all fields with this tag, in order. */
export function findAll(payload: Uint8Array, start: number, tag: number): Uint8Array[] {
	const found: Uint8Array[] = [];
	for (let at = start; at < payload.length; ) {
		const end = endOf(payload, at);
		if (end < 0) break;
		if (payload[at] === tag) found.push(new Uint8Array(payload.buffer, payload.byteOffset + at + 3, end - at - 3));
		at = end;
	}
	return found;
}

/** A field of two bytes; `undefined` when it's missing or of another length. */
export function findU16(payload: Uint8Array, start: number, tag: number): number | undefined {
	const value = find(payload, start, tag);
	return value?.length === 2 ? ((value[0] as number) << 8) | (value[1] as number) : undefined;
}
