import type { Bytes, Key } from "hal/crypto";
import { VaultError } from "./error";

/** The longest value, in bytes. */
export const VALUE_MAX = 4096;
/** The longest name, in characters. */
export const NAME_MAX = 48;
/** The most records at once. */
export const RECORDS_MAX = 256;

/** What a record may be given: text is kept as UTF-8; a `Key` makes the record a secret; `undefined` removes it. */
export type Value = string | Bytes | Key | undefined;

export type Changes = Readonly<Record<string, Value>>;

/**
 * Named records, as the vault keeps them; whoever needs some of them asks for this, and a test gives a fake
 * (test/lib/fake-records.ts). Names are `domain/name` in printable ASCII, at most 48 characters.
 */
export interface Records {
	has(name: string): boolean;
	/** @throws {VaultError} "secret" for a record that was written from a Key, "not-text", "damaged". */
	text(name: string): string | undefined;
	/** A copy. @throws {VaultError} "secret", "damaged". */
	bytes(name: string): Uint8Array | undefined;
	/** Any record as a key, which the caller closes: the only way to a secret. @throws {VaultError} "damaged". */
	key(name: string): Key | undefined;
	/**
	 * All changes or none, whatever cuts the power. What is there already isn't written again.
	 *
	 * @throws {VaultError} "bad-name", "value-too-long", "full" (nothing was written); "damaged", "flash".
	 */
	write(changes: Changes): void;
	/** All names, or those of one domain, sorted. */
	names(domain?: string): string[];
}

/** @throws {VaultError} "bad-name". */
export function checkName(name: string): void {
	if (name.length > NAME_MAX || !/^[!-.0-~]+(\/[!-.0-~]+)+$/.test(name))
		throw new VaultError("bad-name", { detail: String(name).slice(0, NAME_MAX) });
}
