import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * The signature of one-device-one-secret (device-access.txt 1066–1120). Written apart from modules/identity, so that
 * the two check each other.
 */

const DIGESTS: Readonly<Record<string, string>> = Object.freeze({
	hmacmd5: "md5",
	hmacsha1: "sha1",
	hmacsha256: "sha256",
});

/** The sign method where a client names none (DA 1104). */
export const DEFAULT_METHOD = "hmacmd5";

/** Whether the platform knows this sign method. Its name's case does not matter. */
export function isSignMethod(method: string): boolean {
	return Object.hasOwn(DIGESTS, method.toLowerCase());
}

/** Lower-case hex of sign(secret, content): parameters sorted by name, each name followed by its value. */
export function sign(method: string, secret: string, parameters: Readonly<Record<string, string>>): string {
	const digest = DIGESTS[method.toLowerCase()];
	if (digest === undefined) throw new RangeError(`unknown sign method ${method}`);
	const content = Object.keys(parameters)
		.sort()
		.map((name) => name + parameters[name])
		.join("");
	return createHmac(digest, secret).update(content).digest("hex");
}

/** Compares without telling by time how much was right; upper and lower case are the same (STOCK-CLIENTS fact 8). */
export function sameSignature(given: string, right: string): boolean {
	const a = Buffer.from(given.toLowerCase(), "latin1");
	const b = Buffer.from(right, "latin1");
	return a.length === b.length && timingSafeEqual(a, b);
}
