// Digests, HMAC, AES and random numbers, in C. Every function is synchronous; no state stays between two calls.

/** Bytes that go in: an `ArrayBuffer`, or a view of one (only its part is read). */
export type Bytes = ArrayBuffer | Uint8Array | DataView;

/** What goes into a digest or a MAC: bytes, or a secret that JavaScript never sees. */
export type Part = Bytes | Key;

export type DigestAlgorithm = "MD5" | "SHA1" | "SHA256" | "SHA384" | "SHA512";

/** How derived text or bytes are kept in a `Key`: as they are, or as their hex digits. */
export type KeyForm = "bytes" | "hex" | "HEX";

/**
 * A secret in memory of the host, outside the JavaScript heap; no way leads back from it to its bytes but
 * `copyTo`. It's wiped by `close()` and when it is collected. At most 4096 bytes (a private key in PEM fits).
 */
export class Key {
	private constructor();

	/**
	 * A key of a copy of `bytes` (wipe yours). Empty ones are allowed: an X.509 device signs with no secret.
	 *
	 * @throws {RangeError} past 4096 bytes.
	 */
	static from(bytes: Bytes): Key;

	/** A new random key of `byteLength` bytes (1 to 4096). */
	static random(byteLength: number): Key;

	/** The digest of `parts`, or its bytes `start` to `end`, as a key. */
	static fromDigest(algorithm: DigestAlgorithm, parts: readonly Part[], start?: number, end?: number): Key;

	/** The HMAC of `parts` as a key; `form` other than `"bytes"` makes its hex digits the key (DTLS-PSK of the platform). */
	static fromHmac(algorithm: DigestAlgorithm, key: Part, parts: readonly Part[], form?: KeyForm): Key;

	/**
	 * `parts` one after the other.
	 *
	 * @throws {RangeError} past 4096 bytes.
	 */
	static fromParts(parts: readonly Part[]): Key;

	/**
	 * What `aesGcmSeal` sealed, or its bytes `start` to `end`, as a key: JavaScript never sees it.
	 *
	 * @throws {CryptoError} as `aesGcmOpen`.
	 * @throws {RangeError} when the part isn't inside, or past 4096 bytes.
	 */
	static fromGcm(key: Part, nonce: Bytes, aad: Bytes, sealed: Bytes, start?: number, end?: number): Key;

	/** 0 after `close()`. */
	readonly byteLength: number;

	/** Its bytes `start` to `end` as a key of their own. @throws {RangeError} when they aren't inside. */
	slice(start?: number, end?: number): Key;

	/**
	 * Write its bytes into `into` at `offset`; answers how many. The only way back to them, for a message that has to carry
	 * them: whoever calls it wipes `into` afterwards. `test/lib/layering.ts` names the files that may.
	 *
	 * @throws {RangeError} when there's no room; nothing is written then.
	 */
	copyTo(into: Uint8Array, offset?: number): number;

	/** Wipe it. A second close is no error; any other use of a closed key throws a `TypeError`. */
	close(): void;

	/** `"[Key]"`, whatever it holds; JSON gives the same. */
	toString(): string;
	toJSON(): string;
}

/** `algorithm` over `parts` one after the other: 16, 20, 32, 48 or 64 bytes. */
export function digest(algorithm: DigestAlgorithm, ...parts: Part[]): Uint8Array<ArrayBuffer>;

/** A digest of data that comes in pieces. */
export class Hash {
	constructor(algorithm: DigestAlgorithm);
	update(part: Part): this;
	/** The digest; the object is closed by it. */
	digest(): Uint8Array<ArrayBuffer>;
	close(): void;
}

/** HMAC (RFC 2104) over `parts` one after the other. A key of any length, also none. */
export function hmac(algorithm: DigestAlgorithm, key: Part, ...parts: Part[]): Uint8Array<ArrayBuffer>;

/** AES-CBC with PKCS#7 padding. Keys have 16, 24 or 32 bytes, `iv` 16. @throws {CryptoError} `bad-key`, `bad-length`. */
export function aesCbcEncrypt(key: Part, iv: Bytes, data: Bytes): Uint8Array<ArrayBuffer>;

/** The inverse. @throws {CryptoError} `bad-padding` when the last block isn't padded by PKCS#7; `bad-key`, `bad-length`. */
export function aesCbcDecrypt(key: Part, iv: Bytes, data: Bytes): Uint8Array<ArrayBuffer>;

/** AES on each block of 16 bytes by itself (LoRaWAN's use). @throws {CryptoError} `bad-length` unless n × 16 bytes. */
export function aesEcbEncrypt(key: Part, blocks: Bytes): Uint8Array<ArrayBuffer>;
export function aesEcbDecrypt(key: Part, blocks: Bytes): Uint8Array<ArrayBuffer>;

/** AES-CTR, both directions; `counter` is the first block (16 bytes), counted up as one big-endian number. */
export function aesCtr(key: Part, counter: Bytes, data: Bytes): Uint8Array<ArrayBuffer>;

/** AES-GCM: the ciphertext with the tag of 16 bytes behind it. `nonce` 12 bytes (other lengths from 1 to 16 work). */
export function aesGcmSeal(key: Part, nonce: Bytes, aad: Bytes, data: Part): Uint8Array<ArrayBuffer>;

/** The inverse. @throws {CryptoError} `bad-tag` when key, nonce, aad or data isn't what was sealed. */
export function aesGcmOpen(key: Part, nonce: Bytes, aad: Bytes, data: Bytes): Uint8Array<ArrayBuffer>;

/** AES-CMAC (RFC 4493) over `parts` one after the other: 16 bytes. */
export function cmac(key: Part, ...parts: Part[]): Uint8Array<ArrayBuffer>;

/** Random bytes fit for keys, from the platform's generator. @throws {CryptoError} `no-random`. */
export function random(byteLength: number): Uint8Array<ArrayBuffer>;

/** Whether two byte strings are equal, in a time that depends on their lengths only. */
export function equal(a: Bytes, b: Bytes): boolean;

/** Lower-case hex digits of `bytes`. */
export function hex(bytes: Bytes): string;

/** The bytes of hex digits in either case. @throws {RangeError} for an odd number of digits or another character. */
export function unhex(text: string): Uint8Array<ArrayBuffer>;

export type CryptoErrorCode =
	| "bad-key" /* a key of that length doesn't fit the algorithm */
	| "bad-length" /* iv, nonce, tag or blocks have a wrong length */
	| "bad-padding"
	| "bad-tag"
	| "unsupported" /* this build's mbedTLS has no such algorithm */
	| "no-memory"
	| "no-random"
	| "failed"; /* anything else: `detail` has the library's status */

export class CryptoError extends Error {
	override readonly name: "CryptoError";
	constructor(code: CryptoErrorCode, detail?: number);
	readonly code: CryptoErrorCode;
	/** Nothing gets better by waiting but `no-memory`, which is `"later"`. */
	readonly retry: "later" | "never";
	/** The library's own status (a `psa_status_t`), 0 where there's none. */
	readonly detail: number;
}
