// hal/tls as far as modules under vitest ask for it: whether a certificate and a key could be used together.
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Bytes } from "hal/crypto";
import { Key } from "../../../tools/lib/crypto";

export class Tls {
	/** @throws {TypeError} as the device's does. */
	constructor({ certificate, key }: { certificate?: Bytes; key?: Key }) {
		if (!certificate || !key) return;
		try {
			const parsed = new X509Certificate(certificate as Uint8Array);
			if (parsed.checkPrivateKey(createPrivateKey(Buffer.from(Key.reveal(key))))) return;
		} catch {
			throw new TypeError("certificate: not a certificate");
		}
		throw new TypeError("key: not a private key, or one of another certificate");
	}

	close(): void {}
}
