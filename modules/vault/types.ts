// What the vault needs of the world, handed in: the device gives embedded:storage/flash and hal/crypto, a host program
// a file and tools/lib/crypto.
import type { Bytes, DigestAlgorithm, Key, Part } from "hal/crypto";

/** A partition of `embedded:storage/flash`, as much of it as is used. */
export interface VaultFlash {
	read(buffer: Uint8Array, byteOffset: number): unknown;
	write(buffer: Uint8Array, byteOffset: number): void;
	eraseBlock(block: number): void;
	status(): {
		readonly size: number;
		readonly blockLength: number;
		readonly blocks: number;
		readonly writeAlign: number;
		readonly eraseValue: number;
	};
}

/** The part of `hal/crypto` that is used. */
export interface VaultCrypto {
	readonly Key: {
		from(bytes: Bytes): Key;
		fromParts(parts: readonly Part[]): Key;
		fromHmac(algorithm: DigestAlgorithm, key: Part, parts: readonly Part[]): Key;
		fromGcm(key: Part, nonce: Bytes, aad: Bytes, sealed: Bytes, start?: number, end?: number): Key;
	};
	aesGcmSeal(key: Part, nonce: Bytes, aad: Bytes, data: Part): Uint8Array;
	aesGcmOpen(key: Part, nonce: Bytes, aad: Bytes, data: Bytes): Uint8Array;
	cmac(key: Part, ...parts: Part[]): Uint8Array;
	hmac(algorithm: DigestAlgorithm, key: Part, ...parts: Part[]): Uint8Array;
	random(byteLength: number): Uint8Array;
	equal(a: Bytes, b: Bytes): boolean;
}

/** Where a log lies and how it is sealed. */
export interface LogOptions {
	/** An opened partition. It's the caller's: `close()` leaves it open. */
	readonly flash: VaultFlash;
	/** `hal/crypto`, or the same of a host program. */
	readonly crypto: VaultCrypto;
	/** `deriveKey` of `hal/system`: keys that this device alone has. */
	readonly deriveKey: (info: Bytes) => Key;
	/** The first erase block that belongs to it, default 0. */
	readonly firstBlock?: number;
	/** How many do (at least two), default all up to the partition's end. */
	readonly blocks?: number;
	/** No encryption, for a laboratory's build only: CRC-32 instead of GCM. See "vault/lab/plain". */
	readonly plain?: Plain;
}

/** The plain mode's seal, "vault/lab/plain"'s only export: a build that doesn't include it can't be plain. */
export type Plain = (crypto: VaultCrypto) => Seal;

/** How headers are checked and values sealed. */
export interface Seal {
	/** Bytes that sealing adds. */
	readonly overhead: number;
	/** Bytes that nobody without the key can make; the first eight are kept. */
	check(context: Uint8Array): Uint8Array;
	/** `data` sealed; `context` is what it's bound to, `nonce` never comes twice. */
	seal(nonce: Uint8Array, context: Uint8Array, data: Key): Uint8Array;
	/** The inverse. @throws when it isn't what was sealed. */
	open(nonce: Uint8Array, context: Uint8Array, sealed: Uint8Array): Uint8Array;
	/** The same, its bytes up to `end`, as a key. */
	openKey(nonce: Uint8Array, context: Uint8Array, sealed: Uint8Array, end: number): Key;
	/** A value that only equal values have. */
	digest(value: Part): Uint8Array;
	close(): void;
}
