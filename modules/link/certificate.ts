import { type Bytes, digest, equal, type Key } from "hal/crypto";
import type { X509Identity } from "identity/identity";
import type { LinkRecords } from "./names";

/** What a device with a certificate shows. */
export interface Pair {
	readonly certificate: Bytes;
	readonly key: Key;
}

/** A device's certificate and key, as they're stored when a connection begins: a renewed pair is shown by the next. */
export default class Certificate {
	#identity: X509Identity;
	#storage: LinkRecords | undefined;
	/** The stored key, for the handshake under way. */
	#key: Key | undefined;
	/** A digest of the stored certificate that was shown last; undefined: it was the identity's own. */
	#shown: Uint8Array | undefined;

	constructor(identity: X509Identity, storage: LinkRecords | undefined) {
		this.#identity = identity;
		this.#storage = storage;
	}

	/** For the next connection. `renewed`: it isn't the one of the last. @throws what the storage throws. */
	next(): { readonly pair: Pair; readonly renewed: boolean } {
		this.done();
		const stored = this.#stored();
		const shown = stored && digest("SHA256", stored.certificate);
		const renewed = !same(shown, this.#shown);
		this.#shown = shown;
		this.#key = stored?.key;
		const { certificate, privateKey } = this.#identity;
		return { pair: stored ?? { certificate, key: privateKey }, renewed };
	}

	/** The handshake needs the key no more. */
	done(): void {
		this.#key?.close();
		this.#key = undefined;
	}

	/** Whether the one that was shown is the one that's stored: what the platform says of it is not said of another. */
	get current(): boolean {
		const certificate = this.#storage?.bytes("identity/certificate");
		return same(certificate && digest("SHA256", certificate), this.#shown);
	}

	#stored(): Pair | undefined {
		const certificate = this.#storage?.bytes("identity/certificate");
		const key = this.#storage?.key("identity/privateKey");
		if (certificate !== undefined && key !== undefined) return { certificate, key };
		key?.close();
		return undefined;
	}
}

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
	return a === undefined || b === undefined ? a === b : equal(a, b);
}
