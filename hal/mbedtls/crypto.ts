// hal/crypto over PSA Crypto: what is checked and thrown here, what is computed in crypto.c, aes.c, hash.c and key.c.
// Their functions get Key.prototype as `this`, to tell a key from bytes, and answer an ArrayBuffer or an error's number.

import type { Bytes, CryptoErrorCode, DigestAlgorithm, KeyForm, Part } from "hal/crypto";

/** Numbers of the C side: below -100 those of PSA (`psa/crypto_values.h`), above it our own. */
function codeOf(status: number): CryptoErrorCode {
	switch (status) {
		case -1:
			return "bad-key";
		case -2:
			return "bad-length";
		case -3:
			return "bad-padding";
		case -134:
			return "unsupported";
		case -141:
			return "no-memory";
		case -148:
			return "no-random";
		case -149:
			return "bad-tag";
		default:
			return "failed";
	}
}

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

function check(status: number): void {
	if (status !== 0) throw new CryptoError(codeOf(status), status < -100 ? status : 0);
}

function bytesOf(result: ArrayBuffer | number): Uint8Array<ArrayBuffer> {
	if (typeof result === "number") check(result);
	return new Uint8Array(result as ArrayBuffer);
}

export class Key extends Native("xs_key_destructor") {
	private constructor() {
		super();
	}

	static from(bytes: Bytes): Key {
		const key = new Key();
		native("xs_key_from").call(key, bytes);
		return key;
	}

	static random(byteLength: number): Key {
		const key = new Key();
		check(native("xs_key_random").call(Key.prototype, key, byteLength));
		return key;
	}

	static fromDigest(algorithm: DigestAlgorithm, parts: readonly Part[], start = 0, end?: number): Key {
		const key = new Key();
		check(native("xs_key_digest").call(Key.prototype, key, algorithm, [...parts], start, end));
		return key;
	}

	static fromHmac(algorithm: DigestAlgorithm, secret: Part, parts: readonly Part[], form: KeyForm = "bytes"): Key {
		if (form !== "bytes" && form !== "hex" && form !== "HEX") throw new RangeError("no such form of a key");
		const key = new Key();
		check(native("xs_key_mac").call(Key.prototype, key, algorithm, secret, [...parts], form));
		return key;
	}

	static fromParts(parts: readonly Part[]): Key {
		const key = new Key();
		native("xs_key_parts").call(Key.prototype, key, [...parts]);
		return key;
	}

	static fromGcm(secret: Part, nonce: Bytes, aad: Bytes, sealed: Bytes, start?: number, end?: number): Key {
		const key = new Key();
		check(native("xs_key_gcm").call(Key.prototype, key, secret, nonce, aad, sealed, start, end));
		return key;
	}

	get byteLength(): number {
		return native("xs_key_get_byteLength").call(this);
	}

	slice(start?: number, end?: number): Key {
		const key = new Key();
		native("xs_key_slice").call(this, key, start, end);
		return key;
	}

	copyTo(into: Uint8Array, offset = 0): number {
		return native("xs_key_copyTo").call(this, into, offset);
	}

	close(): void {
		native("xs_key_close").call(this);
	}

	override toString(): string {
		return "[Key]";
	}

	toJSON(): string {
		return "[Key]";
	}
}

export function digest(algorithm: DigestAlgorithm, ...parts: Part[]): Uint8Array<ArrayBuffer> {
	return bytesOf(native("xs_crypto_digest").call(Key.prototype, algorithm, parts));
}

export class Hash extends Native("xs_hash_destructor") {
	constructor(algorithm: DigestAlgorithm) {
		super();
		check(native("xs_hash_constructor").call(this, algorithm));
	}

	update(part: Part): this {
		check(native("xs_hash_update").call(this, part, Key.prototype));
		return this;
	}

	digest(): Uint8Array<ArrayBuffer> {
		const result = native("xs_hash_digest").call(this);
		this.close();
		return bytesOf(result);
	}

	close(): void {
		native("xs_hash_close").call(this);
	}
}

export function hmac(algorithm: DigestAlgorithm, key: Part, ...parts: Part[]): Uint8Array<ArrayBuffer> {
	return bytesOf(native("xs_crypto_mac").call(Key.prototype, algorithm, key, parts));
}

export function cmac(key: Part, ...parts: Part[]): Uint8Array<ArrayBuffer> {
	return bytesOf(native("xs_crypto_mac").call(Key.prototype, "CMAC", key, parts));
}

/** As aes.c numbers them. */
const mode = Object.freeze({ cbcEncrypt: 0, cbcDecrypt: 1, ecbEncrypt: 2, ecbDecrypt: 3, ctr: 4 });

export function aesCbcEncrypt(key: Part, iv: Bytes, data: Bytes): Uint8Array<ArrayBuffer> {
	return bytesOf(native("xs_crypto_cipher").call(Key.prototype, mode.cbcEncrypt, key, iv, data));
}

export function aesCbcDecrypt(key: Part, iv: Bytes, data: Bytes): Uint8Array<ArrayBuffer> {
	const padded = bytesOf(native("xs_crypto_cipher").call(Key.prototype, mode.cbcDecrypt, key, iv, data));
	const padding = padded.at(-1) ?? 0; // which the C side has checked
	return padded.slice(0, padded.length - padding);
}

export function aesEcbEncrypt(key: Part, blocks: Bytes): Uint8Array<ArrayBuffer> {
	return bytesOf(native("xs_crypto_cipher").call(Key.prototype, mode.ecbEncrypt, key, undefined, blocks));
}

export function aesEcbDecrypt(key: Part, blocks: Bytes): Uint8Array<ArrayBuffer> {
	return bytesOf(native("xs_crypto_cipher").call(Key.prototype, mode.ecbDecrypt, key, undefined, blocks));
}

export function aesCtr(key: Part, counter: Bytes, data: Bytes): Uint8Array<ArrayBuffer> {
	return bytesOf(native("xs_crypto_cipher").call(Key.prototype, mode.ctr, key, counter, data));
}

export function aesGcmSeal(key: Part, nonce: Bytes, aad: Bytes, data: Part): Uint8Array<ArrayBuffer> {
	return bytesOf(native("xs_crypto_gcm").call(Key.prototype, false, key, nonce, aad, data));
}

export function aesGcmOpen(key: Part, nonce: Bytes, aad: Bytes, data: Bytes): Uint8Array<ArrayBuffer> {
	return bytesOf(native("xs_crypto_gcm").call(Key.prototype, true, key, nonce, aad, data));
}

export function random(byteLength: number): Uint8Array<ArrayBuffer> {
	return bytesOf(native("xs_crypto_random")(byteLength));
}

export function equal(a: Bytes, b: Bytes): boolean {
	return native("xs_crypto_equal")(a, b);
}

export function hex(bytes: Bytes): string {
	return native("xs_crypto_hex")(bytes);
}

export function unhex(text: string): Uint8Array<ArrayBuffer> {
	if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) throw new RangeError("no hex digits");
	const bytes = new Uint8Array(text.length / 2);
	for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
	return bytes;
}
