import type { Key, Part } from "hal/crypto";
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

/** HMAC of `content`, which is ASCII, as upper-case hex digits. */
export function sign(crypto: SigningCrypto, method: SignMethod, secret: Part, content: string): string {
	return crypto.hex(crypto.hmac(algorithms[method], secret, ascii(content))).toUpperCase();
}

/** Makes a HMAC's hex digits a key: `Key` of `hal/crypto`. */
export interface KeyMaker {
	fromHmac(algorithm: "MD5" | "SHA1" | "SHA256", key: Part, parts: readonly Part[], form: "HEX"): Key;
}

/** As `sign`, of what JavaScript is never to see: a signature without a random part is as good as the secret itself. */
export function signedKey(maker: KeyMaker, method: SignMethod, secret: Part, content: string): Key {
	return maker.fromHmac(algorithms[method], secret, [ascii(content)], "HEX");
}

/** What dynamic registration signs (DA 1249): with the product's secret, over a random text of this attempt. */
export function signRegistration(
	crypto: SigningCrypto,
	method: SignMethod,
	productSecret: Part,
	{ productKey, deviceName, random }: Readonly<{ productKey: string; deviceName: string; random: string }>,
): string {
	return sign(crypto, method, productSecret, signContent({ productKey, deviceName, random }));
}

/** Host programs have no hal/text, and what is signed is short: once a connection. */
function ascii(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < bytes.length; i += 1) {
		const code = text.charCodeAt(i);
		if (code > 127) throw new RangeError("what is signed is no ASCII");
		bytes[i] = code;
	}
	return bytes;
}
