import { Key } from "hal/crypto";
import { decode } from "hal/text";
import { NvsError } from "./error";
import type { Namespace } from "./nvs";

/**
 * A string or a blob as text, an integer in decimal digits.
 *
 * @throws {NvsError} as `bytes`; "wrong-type" for what isn't UTF-8.
 */
export function textOf(from: Namespace, key: string): string | undefined {
	const integer = from.integer(key);
	if (integer !== undefined) return String(integer);
	const bytes = from.bytes(key);
	try {
		return bytes && decode(bytes);
	} catch (cause) {
		throw new NvsError("wrong-type", key, { cause });
	}
}

/** A string or a blob as a secret: what was read on the way is wiped. @throws {NvsError} as `bytes`. */
export function keyOf(from: Namespace, key: string): Key | undefined {
	const bytes = from.bytes(key);
	if (!bytes) return undefined;
	try {
		return Key.from(bytes);
	} finally {
		bytes.fill(0);
	}
}
