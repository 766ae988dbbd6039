// What hal/crypto is on the device, over node:crypto: for host programs, and for tests of modules/ under Node.
// test/unit/crypto.shared.test.ts holds both to the same vectors.

import {
	createCipheriv,
	createDecipheriv,
	createHash,
	createHmac,
	type Hash as NodeHash,
	randomBytes,
	timingSafeEqual,
} from "node:crypto";
import type { Bytes, CryptoErrorCode, DigestAlgorithm, KeyForm } from "hal/crypto";

export type { Bytes, CryptoErrorCode, DigestAlgorithm, KeyForm };

export type Part = Bytes | Key;

const maximum = 4096;

export class CryptoError extends Error {
	override readonly name = "CryptoError";
	readonly code: CryptoErrorCode;
	readonly retry: "later" | "never";
	readonly detail: number;

	constructor(code: CryptoErrorCode, detail = 0) {
		super(detail ? `crypto: ${code} (${detail})` : `crypto: ${code}`);
		this.code = code;
		this.retry = code === "no-memory" ? "later" : "never";
		this.detail = detail;
	}
}

/** A view of the same bytes, as node:crypto likes them. */
function view(bytes: Bytes): Uint8Array {
	if (bytes instanceof Uint8Array) return bytes;
	if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
	if (ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	throw new TypeError("neither bytes nor a key");
}

/** A copy in a buffer of its own: a Buffer of node:crypto may be a view of a shared pool. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
	return new Uint8Array(bytes);
}

export class Key {
	#bytes: Uint8Array | undefined;

	private constructor(bytes: Uint8Array) {
		if (bytes.length > maximum) throw new RangeError(`a key has at most ${maximum} bytes`);
		this.#bytes = own(bytes);
	}

	static from(bytes: Bytes): Key {
		return new Key(view(bytes));
	}

	static random(byteLength: number): Key {
		if (!(byteLength >= 1 && byteLength <= maximum)) throw new RangeError(`a random key has 1 to ${maximum} bytes`);
		return new Key(randomBytes(byteLength));
	}

	static fromDigest(algorithm: DigestAlgorithm, parts: readonly Part[], start = 0, end?: number): Key {
		const bytes = digest(algorithm, ...parts);
		const to = end ?? bytes.length;
		if (start < 0 || to < start || to > bytes.length) throw new RangeError("not inside the digest");
		return new Key(bytes.subarray(start, to));
	}

	static fromHmac(algorithm: DigestAlgorithm, secret: Part, parts: readonly Part[], form: KeyForm = "bytes"): Key {
		const bytes = hmac(algorithm, secret, ...parts);
		if (form === "bytes") return new Key(bytes);
		if (form !== "hex" && form !== "HEX") throw new RangeError("no such form of a key");
		const text = form === "HEX" ? hex(bytes).toUpperCase() : hex(bytes);
		return new Key(Buffer.from(text, "ascii"));
	}

	static fromParts(parts: readonly Part[]): Key {
		const bytes = Buffer.concat(parts.map(partOf));
		const key = new Key(bytes);
		bytes.fill(0);
		return key;
	}

	static fromGcm(secret: Part, nonce: Bytes, aad: Bytes, sealed: Bytes, start = 0, end?: number): Key {
		const size = Math.max(0, view(sealed).length - 16);
		const to = end ?? size;
		if (view(sealed).length >= 16 && (start < 0 || to < start || to > size))
			throw new RangeError("not inside what is sealed");
		if (to - start > maximum) throw new RangeError(`a key has at most ${maximum} bytes`);
		const bytes = aesGcmOpen(secret, nonce, aad, sealed);
		const key = new Key(bytes.subarray(start, to));
		bytes.fill(0);
		return key;
	}

	/** The bytes, for this file alone. */
	static reveal(key: Key): Uint8Array {
		if (!key.#bytes) throw new TypeError("the key is closed");
		return key.#bytes;
	}

	get byteLength(): number {
		return this.#bytes?.length ?? 0;
	}

	slice(start = 0, end?: number): Key {
		const bytes = Key.reveal(this);
		const to = end ?? bytes.length;
		if (start < 0 || to < start || to > bytes.length) throw new RangeError("not inside the key");
		return new Key(bytes.subarray(start, to));
	}

	copyTo(into: Uint8Array, offset = 0): number {
		const bytes = Key.reveal(this);
		if (offset < 0 || bytes.length > into.length - offset) throw new RangeError("no room");
		into.set(bytes, offset);
		return bytes.length;
	}

	close(): void {
		this.#bytes?.fill(0);
		this.#bytes = undefined;
	}

	toString(): string {
		return "[Key]";
	}

	toJSON(): string {
		return "[Key]";
	}
}

const partOf = (part: Part): Uint8Array => (part instanceof Key ? Key.reveal(part) : view(part));

function nameOf(algorithm: DigestAlgorithm): string {
	if (!["MD5", "SHA1", "SHA256", "SHA384", "SHA512"].includes(algorithm)) throw new RangeError("no such digest");
	return algorithm.toLowerCase();
}

export class Hash {
	#hash: NodeHash | undefined;

	constructor(algorithm: DigestAlgorithm) {
		this.#hash = createHash(nameOf(algorithm));
	}

	update(part: Part): this {
		this.#open().update(partOf(part));
		return this;
	}

	digest(): Uint8Array<ArrayBuffer> {
		const result = own(this.#open().digest());
		this.close();
		return result;
	}

	close(): void {
		this.#hash = undefined;
	}

	#open(): NodeHash {
		if (!this.#hash) throw new TypeError("the hash is closed");
		return this.#hash;
	}
}

export function digest(algorithm: DigestAlgorithm, ...parts: Part[]): Uint8Array<ArrayBuffer> {
	const hash = createHash(nameOf(algorithm));
	for (const part of parts) hash.update(partOf(part));
	return own(hash.digest());
}

export function hmac(algorithm: DigestAlgorithm, key: Part, ...parts: Part[]): Uint8Array<ArrayBuffer> {
	const mac = createHmac(nameOf(algorithm), partOf(key));
	for (const part of parts) mac.update(partOf(part));
	return own(mac.digest());
}

/** The suite's name as node:crypto has it, after what hal/crypto says of keys and initial values. */
function suite(mode: "cbc" | "ecb" | "ctr" | "gcm", key: Uint8Array, iv: Uint8Array | null): string {
	if (![16, 24, 32].includes(key.length)) throw new CryptoError("bad-key");
	const fits = mode === "gcm" ? iv && iv.length >= 1 && iv.length <= 16 : !iv || iv.length === 16;
	if (!fits) throw new CryptoError("bad-length");
	return `aes-${key.length * 8}-${mode}`;
}

function cipher(mode: "cbc" | "ecb" | "ctr", key: Part, iv: Bytes | null, data: Bytes, padding: boolean) {
	const secret = partOf(key);
	const start = iv && view(iv);
	const it = createCipheriv(suite(mode, secret, start), secret, start).setAutoPadding(padding);
	return own(Buffer.concat([it.update(view(data)), it.final()]));
}

function decipher(mode: "cbc" | "ecb", key: Part, iv: Bytes | null, data: Bytes) {
	const secret = partOf(key);
	const start = iv && view(iv);
	const it = createDecipheriv(suite(mode, secret, start), secret, start).setAutoPadding(false);
	return own(Buffer.concat([it.update(view(data)), it.final()]));
}

export function aesCbcEncrypt(key: Part, iv: Bytes, data: Bytes): Uint8Array<ArrayBuffer> {
	return cipher("cbc", key, iv, data, true);
}

export function aesCbcDecrypt(key: Part, iv: Bytes, data: Bytes): Uint8Array<ArrayBuffer> {
	const byteLength = view(data).length;
	if (byteLength === 0 || byteLength % 16 !== 0) throw new CryptoError("bad-length");
	const padded = decipher("cbc", key, iv, data);
	const padding = padded.at(-1) ?? 0;
	const right = padding >= 1 && padding <= 16 && padded.subarray(-padding).every((it) => it === padding);
	if (!right) throw new CryptoError("bad-padding");
	return padded.slice(0, byteLength - padding);
}

function blocksOnly(blocks: Bytes): Bytes {
	if (view(blocks).length % 16 !== 0) throw new CryptoError("bad-length");
	return blocks;
}

export function aesEcbEncrypt(key: Part, blocks: Bytes): Uint8Array<ArrayBuffer> {
	return cipher("ecb", key, null, blocksOnly(blocks), false);
}

export function aesEcbDecrypt(key: Part, blocks: Bytes): Uint8Array<ArrayBuffer> {
	return decipher("ecb", key, null, blocksOnly(blocks));
}

export function aesCtr(key: Part, counter: Bytes, data: Bytes): Uint8Array<ArrayBuffer> {
	return cipher("ctr", key, counter, data, false);
}

export function aesGcmSeal(key: Part, nonce: Bytes, aad: Bytes, data: Part): Uint8Array<ArrayBuffer> {
	const secret = partOf(key);
	const start = view(nonce);
	suite("gcm", secret, start);
	const it = createCipheriv(`aes-${(secret.length * 8) as 128}-gcm`, secret, start).setAAD(view(aad));
	return own(Buffer.concat([it.update(partOf(data)), it.final(), it.getAuthTag()]));
}

export function aesGcmOpen(key: Part, nonce: Bytes, aad: Bytes, data: Bytes): Uint8Array<ArrayBuffer> {
	const secret = partOf(key);
	const start = view(nonce);
	const sealed = view(data);
	if (sealed.length < 16) throw new CryptoError("bad-length");
	suite("gcm", secret, start);
	const it = createDecipheriv(`aes-${(secret.length * 8) as 128}-gcm`, secret, start).setAAD(view(aad));
	it.setAuthTag(sealed.subarray(sealed.length - 16));
	try {
		return own(Buffer.concat([it.update(sealed.subarray(0, sealed.length - 16)), it.final()]));
	} catch {
		throw new CryptoError("bad-tag");
	}
}

/** CMAC by its definition (RFC 4493), since node:crypto has none. */
export function cmac(key: Part, ...parts: Part[]): Uint8Array<ArrayBuffer> {
	const data = Buffer.concat(parts.map(partOf));
	const whole = data.length > 0 && data.length % 16 === 0;
	const last = new Uint8Array(16);
	const start = whole ? data.length - 16 : data.length - (data.length % 16);
	last.set(data.subarray(start));
	if (!whole) last[data.length - start] = 0x80;
	let subkey = doubled(aesEcbEncrypt(key, new Uint8Array(16)));
	if (!whole) subkey = doubled(subkey);
	for (let i = 0; i < 16; i++) last[i] = (last[i] ?? 0) ^ (subkey[i] ?? 0);
	const chained = cipher("cbc", key, new Uint8Array(16), Buffer.concat([data.subarray(0, start), last]), false);
	return chained.slice(-16);
}

/** Twice a block in GF(2^128). */
function doubled(block: Uint8Array): Uint8Array<ArrayBuffer> {
	const result = new Uint8Array(16);
	for (let i = 0; i < 16; i++) result[i] = ((block[i] ?? 0) << 1) | ((block[i + 1] ?? 0) >> 7);
	if ((block[0] ?? 0) & 0x80) result[15] = (result[15] ?? 0) ^ 0x87;
	return result;
}

export function random(byteLength: number): Uint8Array<ArrayBuffer> {
	if (byteLength < 0) throw new RangeError("negative length");
	return own(randomBytes(byteLength));
}

export function equal(a: Bytes, b: Bytes): boolean {
	return a.byteLength === b.byteLength && timingSafeEqual(view(a), view(b));
}

export function hex(bytes: Bytes): string {
	return Buffer.from(view(bytes)).toString("hex");
}

export function unhex(text: string): Uint8Array<ArrayBuffer> {
	if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) throw new RangeError("no hex digits");
	return own(Buffer.from(text, "hex"));
}
