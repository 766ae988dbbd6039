import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { makeFile } from "../../lib/durable-file";
import { CloudError } from "../errors";

const NONCE = 12;
const TAG = 16;

/**
 * Keeps keys of devices unreadable in the database (AES-256-GCM): a copy of the database alone opens none. What they are
 * sealed with lies in a file beside it, readable by its owner alone.
 */
export class Seal {
	readonly #sealing: Uint8Array;
	readonly #signing: Uint8Array;

	constructor(secret: Uint8Array) {
		this.#sealing = new Uint8Array(hkdfSync("sha256", secret, "", "linkxs cloud seal", 32));
		this.#signing = new Uint8Array(hkdfSync("sha256", secret, "", "linkxs cloud links", 32));
	}

	/** Reads the file's 32 bytes; makes it when there is none. Throws `state` when it can't be used. */
	static open(file: string): Seal {
		try {
			return new Seal(readSecret(file) ?? makeSecret(file));
		} catch (cause) {
			throw new CloudError("state", `the key file ${file} cannot be used`, { cause });
		}
	}

	/** Base64. `what` says what it is, and opens it again only as that: rows can't be swapped. */
	close(what: string, secret: Uint8Array): string {
		const nonce = randomBytes(NONCE);
		const cipher = createCipheriv("aes-256-gcm", this.#sealing, nonce).setAAD(Buffer.from(what));
		return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]).toString("base64");
	}

	/** Throws `state` when it was sealed as something else, or with another key file. */
	open(what: string, sealed: string): Buffer {
		try {
			const bytes = Buffer.from(sealed, "base64");
			const cipher = createDecipheriv("aes-256-gcm", this.#sealing, bytes.subarray(0, NONCE), { authTagLength: TAG });
			cipher.setAAD(Buffer.from(what)).setAuthTag(bytes.subarray(-TAG));
			return Buffer.concat([cipher.update(bytes.subarray(NONCE, -TAG)), cipher.final()]);
		} catch (cause) {
			throw new CloudError("state", `${what} was not sealed with this cloud's key file`, { cause });
		}
	}

	/** A text that only this cloud can make: base64url of an HMAC-SHA256. For links that nobody may guess. */
	sign(what: string): string {
		return createHmac("sha256", this.#signing).update(what).digest("base64url");
	}
}

function readSecret(file: string): Uint8Array | undefined {
	try {
		const secret = readFileSync(file);
		if (secret.length !== 32) throw new Error("it has not 32 bytes");
		return secret;
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
		throw error;
	}
}

/** Made whole or not at all: without these very bytes no key in the database can be opened again. */
function makeSecret(file: string): Uint8Array {
	makeFile(file, randomBytes(32), 0o600);
	const secret = readSecret(file);
	if (!secret) throw new Error("it went away");
	return secret;
}
