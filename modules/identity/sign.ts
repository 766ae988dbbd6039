import type { Part } from "hal/crypto";
import { algorithms, type SignMethod } from "./identity";

/** The part of `hal/crypto` that signing needs; tools hand in the same of Node's. */
export interface SigningCrypto {
	hmac(algorithm: "MD5" | "SHA1" | "SHA256", key: Part, ...parts: Part[]): Uint8Array;
	/** Lower-case hex digits. */
	hex(bytes: Uint8Array): string;
}

/** The text that is signed: parameters sorted by name, each name followed by its value (DA 1108); undefined ones left out. */
export function signContent(parameters: Readonly<Record<string, string | undefined>>): string {
	let content = "";
	for (const name of Object.keys(parameters).sort()) {
		const value = parameters[name];
		if (value !== undefined) content += name + value;
	}
	return content;
}

/** HMAC of `content` in UTF-8, as upper-case hex digits. */
export function sign(crypto: SigningCrypto, method: SignMethod, secret: Part, content: Uint8Array): string {
	return crypto.hex(crypto.hmac(algorithms[method], secret, content)).toUpperCase();
}
