import type { Bytes, Key } from "hal/crypto";
import { ascii, encode, get16, hashName, put16 } from "./bytes";
import { VaultError } from "./error";
import { Log } from "./log";
import { VALUE_MAX } from "./records";
import type { LogOptions } from "./types";

/** The longest name of a row, in ASCII characters. */
export const ROW_NAME_MAX = 64;
/** A bucket has two records: what everybody may see of its rows, and their secrets. The log holds 256. */
const BUCKETS_MAX = 128;
/** Of a row in a bucket: lengths of name, value and secret. */
const ROW_HEAD = 5;

export interface TableOptions extends LogOptions {
	/** How many records rows are spread over, 1 to 128, default 64; only the one at the first format counts. */
	readonly buckets?: number;
}

/** A row: bytes (or text, kept as UTF-8), and a secret if it has one. */
export interface Row {
	readonly value?: Bytes | string;
	readonly secret?: Key;
}

/** Where a row lies in its bucket. */
interface Place {
	/** Of the row in the open part, and of the one behind it. */
	readonly at: number;
	readonly end: number;
	readonly value: number;
	/** Of its secret in the secret part. */
	readonly secret: number;
	readonly secretLength: number;
}

/**
 * Many small rows, packed: a gateway's sub-devices. A log of its own over blocks of its own, so that neither it nor the
 * vault reads the other's. A row costs its length and five bytes; writing one writes its bucket.
 */
export default class Table {
	readonly #log: Log;
	readonly #crypto: LogOptions["crypto"];
	readonly #buckets: number;

	/** Opens what lies there, as Vault does. @throws {VaultError} */
	constructor(options: TableOptions) {
		const { buckets = 64 } = options;
		if (!(buckets >= 1 && buckets <= BUCKETS_MAX)) throw new RangeError(`1 to ${BUCKETS_MAX} buckets`);
		this.#crypto = options.crypto;
		this.#log = new Log(options);
		this.#buckets = this.#log.bytes("buckets")?.[0] ?? buckets;
		if (!this.#log.has("buckets")) this.#log.write({ buckets: new Uint8Array([buckets]) });
	}

	has(name: string): boolean {
		return this.#find(name) !== undefined;
	}

	/** A copy; empty when the row has a secret only. @throws {VaultError} "damaged". */
	bytes(name: string): Uint8Array | undefined {
		const found = this.#find(name);
		return found?.open.slice(found.place.value, found.place.end);
	}

	/** Its secret, which the caller closes; undefined when it has none. */
	key(name: string): Key | undefined {
		const found = this.#find(name);
		if (!found || found.place.secretLength === 0) return undefined;
		const all = this.#log.key(secretName(found.bucket));
		if (!all) throw new VaultError("damaged", { detail: name });
		const { secret, secretLength } = found.place;
		const key = all.slice(secret, secret + secretLength);
		all.close();
		return key;
	}

	/**
	 * All rows or none; `undefined` removes one. What is there already isn't written again.
	 *
	 * @throws {VaultError} "full": a bucket has more than 4,096 bytes of values or of secrets, or the blocks are full.
	 */
	write(rows: Readonly<Record<string, Row | undefined>>): void {
		const buckets = new Map<number, [string, Row | undefined][]>();
		for (const [name, row] of Object.entries(rows)) {
			checkRowName(name);
			const bucket = this.#bucketOf(name);
			const list = buckets.get(bucket);
			if (list) list.push([name, row]);
			else buckets.set(bucket, [[name, row]]);
		}
		const changes: Record<string, Uint8Array | Key | undefined> = {};
		const made: Key[] = [];
		try {
			for (const [bucket, list] of buckets) {
				const { open, secret } = this.#replaced(bucket, list, made);
				changes[openName(bucket)] = open;
				changes[secretName(bucket)] = secret;
			}
			this.#log.write(changes);
		} finally {
			for (const key of made) key.close();
		}
	}

	/** Tells all names, bucket by bucket: there may be too many of them for a list. */
	names(tell: (name: string) => void): void {
		for (let bucket = 0; bucket < this.#buckets; bucket += 1) {
			const open = this.#log.bytes(openName(bucket));
			if (!open) continue;
			for (let at = 0; at < open.length; ) {
				const start = at + ROW_HEAD;
				tell(ascii(open, start, start + (open[at] as number)));
				at = rowEnd(open, at);
			}
		}
	}

	get status() {
		return this.#log.status;
	}

	format(): void {
		this.#log.format();
		this.#log.write({ buckets: new Uint8Array([this.#buckets]) });
	}

	close(): void {
		this.#log.close();
	}

	#bucketOf(name: string): number {
		return hashName(name) % this.#buckets;
	}

	#find(name: string): { open: Uint8Array; place: Place; bucket: number } | undefined {
		checkRowName(name);
		const bucket = this.#bucketOf(name);
		const open = this.#log.bytes(openName(bucket));
		const place = open && locate(open, name);
		return place && { open, place, bucket };
	}

	/** Both parts of a bucket after these changes. */
	#replaced(
		bucket: number,
		list: readonly [string, Row | undefined][],
		made: Key[],
	): { open: Uint8Array | undefined; secret: Key | undefined } {
		let open = this.#log.bytes(openName(bucket)) ?? new Uint8Array(0);
		let secret = this.#log.key(secretName(bucket)) ?? this.#crypto.Key.from(new Uint8Array(0));
		made.push(secret);
		for (const [name, row] of list) {
			const place = locate(open, name);
			if (!place && !row) continue;
			const {
				at,
				end,
				secret: from,
				secretLength,
			} = place ?? {
				at: open.length,
				end: open.length,
				secret: secret.byteLength,
				secretLength: 0,
			};
			const packed = row ? pack(name, row) : new Uint8Array(0);
			open = joined(open.subarray(0, at), packed, open.subarray(end));
			// In the row's own place, so that a bucket that doesn't change is the same bytes.
			const before = secret.slice(0, from);
			const after = secret.slice(from + secretLength);
			made.push(before, after);
			const more = row?.secret?.byteLength ?? 0;
			if (open.length > VALUE_MAX || before.byteLength + more + after.byteLength > VALUE_MAX)
				throw new VaultError("full", { detail: `the bucket of ${name}` });
			secret = this.#crypto.Key.fromParts(row?.secret ? [before, row.secret, after] : [before, after]);
			made.push(secret);
		}
		return {
			open: open.length > 0 ? open : undefined,
			secret: secret.byteLength > 0 ? secret : undefined,
		};
	}
}

const openName = (bucket: number): string => `o${bucket}`;
const secretName = (bucket: number): string => `s${bucket}`;

function checkRowName(name: string): void {
	if (name.length > ROW_NAME_MAX || !/^[!-~]+$/.test(name))
		throw new VaultError("bad-name", { detail: String(name).slice(0, ROW_NAME_MAX) });
}

const rowEnd = (open: Uint8Array, at: number): number => at + ROW_HEAD + (open[at] as number) + get16(open, at + 1);

function locate(open: Uint8Array, name: string): Place | undefined {
	let secret = 0;
	for (let at = 0; at < open.length; ) {
		const end = rowEnd(open, at);
		const secretLength = get16(open, at + 3);
		const value = at + ROW_HEAD + (open[at] as number);
		if (open[at] === name.length && ascii(open, at + ROW_HEAD, value) === name)
			return { at, end, value, secret, secretLength };
		secret += secretLength;
		at = end;
	}
	return undefined;
}

function pack(name: string, { value = "", secret }: Row): Uint8Array {
	const content = typeof value === "string" ? encode(value) : value;
	const bytes =
		content instanceof ArrayBuffer
			? new Uint8Array(content)
			: new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
	if (bytes.length > VALUE_MAX) throw new VaultError("value-too-long", { detail: name });
	const packed = new Uint8Array(ROW_HEAD + name.length + bytes.length);
	packed[0] = name.length;
	put16(packed, 1, bytes.length);
	put16(packed, 3, secret?.byteLength ?? 0);
	packed.set(encode(name), ROW_HEAD);
	packed.set(bytes, ROW_HEAD + name.length);
	return packed;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
	let length = 0;
	for (const part of parts) length += part.length;
	const bytes = new Uint8Array(length);
	let at = 0;
	for (const part of parts) {
		bytes.set(part, at);
		at += part.length;
	}
	return bytes;
}
