// The laboratory's vault: CRC-32 and no encryption, so that a dump can be read by eye. A build that doesn't import this
// module has no plain mode.
import { crc32 } from "checksum/crc32";
import type { Key, Part } from "hal/crypto";
import { get32, put32 } from "../bytes";
import type { Seal, VaultCrypto } from "../types";

class PlainSeal implements Seal {
	readonly overhead = 4;
	readonly #crypto: VaultCrypto;

	constructor(crypto: VaultCrypto) {
		this.#crypto = crypto;
	}

	check(context: Uint8Array): Uint8Array {
		const bytes = new Uint8Array(8);
		const crc = crc32(context);
		put32(bytes, 0, crc);
		put32(bytes, 4, ~crc);
		return bytes;
	}

	seal(_nonce: Uint8Array, context: Uint8Array, data: Key): Uint8Array {
		const length = data.byteLength;
		const bytes = new Uint8Array(length + 4);
		data.copyTo(bytes);
		put32(bytes, length, crc32(bytes, 0, length, crc32(context)));
		return bytes;
	}

	open(_nonce: Uint8Array, context: Uint8Array, sealed: Uint8Array): Uint8Array {
		const length = sealed.length - 4;
		if (get32(sealed, length) !== crc32(sealed, 0, length, crc32(context))) throw new RangeError("CRC-32");
		return sealed.slice(0, length);
	}

	openKey(nonce: Uint8Array, context: Uint8Array, sealed: Uint8Array, end: number): Key {
		const bytes = this.open(nonce, context, sealed);
		const key = this.#crypto.Key.from(bytes.subarray(0, end));
		bytes.fill(0);
		return key;
	}

	digest(value: Part): Uint8Array {
		return this.#crypto.hmac("SHA256", new Uint8Array(32), value);
	}

	close(): void {}
}

/** For `plain` of the options. */
export function plain(crypto: VaultCrypto): Seal {
	return new PlainSeal(crypto);
}
