import type { Bytes, Key, Part } from "hal/crypto";
import type { Seal, VaultCrypto } from "./types";

/** What the device's key is asked for, before the salt: "linkxs vault 1". */
const purpose: readonly number[] = Object.freeze([108, 105, 110, 107, 120, 115, 32, 118, 97, 117, 108, 116, 32, 49]);
/** What the two keys made of it are for: "seal", "check". */
const sealing: readonly number[] = Object.freeze([115, 101, 97, 108]);
const checking: readonly number[] = Object.freeze([99, 104, 101, 99, 107]);
/** What a digest of a value begins with, so that it's no check of a header. */
const comparing: readonly number[] = Object.freeze([118, 97, 108, 117, 101]);

/** AES-256-GCM for values, AES-CMAC for headers. */
export class Cipher implements Seal {
	readonly overhead = 16;
	readonly #crypto: VaultCrypto;
	readonly #seal: Key;
	readonly #check: Key;

	constructor(crypto: VaultCrypto, deriveKey: (info: Bytes) => Key, salt: Uint8Array) {
		const info = new Uint8Array(purpose.length + salt.length);
		for (let i = 0; i < purpose.length; i += 1) info[i] = purpose[i] as number;
		for (let i = 0; i < salt.length; i += 1) info[purpose.length + i] = salt[i] as number;
		const root = deriveKey(info);
		this.#crypto = crypto;
		this.#seal = crypto.Key.fromHmac("SHA256", root, [Uint8Array.from(sealing)]);
		this.#check = crypto.Key.fromHmac("SHA256", root, [Uint8Array.from(checking)]);
		root.close();
	}

	check(context: Uint8Array): Uint8Array {
		return this.#crypto.cmac(this.#check, context);
	}

	seal(nonce: Uint8Array, context: Uint8Array, data: Key): Uint8Array {
		return this.#crypto.aesGcmSeal(this.#seal, nonce, context, data);
	}

	open(nonce: Uint8Array, context: Uint8Array, sealed: Uint8Array): Uint8Array {
		return this.#crypto.aesGcmOpen(this.#seal, nonce, context, sealed);
	}

	openKey(nonce: Uint8Array, context: Uint8Array, sealed: Uint8Array, end: number): Key {
		return this.#crypto.Key.fromGcm(this.#seal, nonce, context, sealed, 0, end);
	}

	digest(value: Part): Uint8Array {
		return this.#crypto.hmac("SHA256", this.#check, Uint8Array.from(comparing), value);
	}

	close(): void {
		this.#seal.close();
		this.#check.close();
	}
}
