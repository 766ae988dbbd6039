import type { Key } from "hal/crypto";
import { decode } from "./bytes";
import { VaultError } from "./error";
import { Log } from "./log";
import { type Changes, checkName, type Records } from "./records";
import type { LogOptions } from "./types";

export type VaultOptions = LogOptions;

/** For the bench and for `linkxs flash inspect`. */
export interface VaultStatus {
	/** Bytes of its blocks, of which live records may take `capacity` and take `live`. */
	readonly size: number;
	readonly capacity: number;
	readonly live: number;
	readonly records: number;
	/** The number of the next record. */
	readonly sequence: number;
	/** Erases that each block has seen, and all of them, since the first format; `erased` are those by this object. */
	readonly wear: readonly number[];
	readonly erases: number;
	readonly erased: number;
	/** Blocks that a start reads. */
	readonly log: number;
	/** By this object: bytes that went to the flash, and bytes of the values that were new. */
	readonly bytesProgrammed: number;
	readonly bytesGiven: number;
	/** Records are missing: what may have been newer there can't be read, and nothing can be written before a format. */
	readonly damaged: boolean;
	readonly plain: boolean;
}

/** A device's credentials and settings. See README.md, and SPEC.md for the bits. */
export default class Vault implements Records {
	readonly #log: Log;

	/**
	 * Opens what lies there, and settles what a power cut left; an erased partition is formatted.
	 *
	 * @throws {VaultError} "not-a-vault", "wrong-key", "other-mode", "other-layout", "newer-format": nothing is written then.
	 */
	constructor(options: VaultOptions, log = new Log(options)) {
		this.#log = log;
	}

	/** A vault without records where anything may lie, also what isn't a vault. @throws {VaultError} "flash". */
	static format(options: VaultOptions): Vault {
		return new Vault(options, new Log(options, true));
	}

	has(name: string): boolean {
		checkName(name);
		return this.#log.has(name);
	}

	text(name: string): string | undefined {
		const bytes = this.bytes(name);
		if (!bytes) return undefined;
		const text = decode(bytes);
		if (text === undefined) throw new VaultError("not-text", { detail: name });
		return text;
	}

	bytes(name: string): Uint8Array | undefined {
		checkName(name);
		return this.#log.bytes(name);
	}

	key(name: string): Key | undefined {
		checkName(name);
		return this.#log.key(name);
	}

	write(changes: Changes): void {
		for (const name of Object.keys(changes)) checkName(name);
		this.#log.write(changes);
	}

	names(domain?: string): string[] {
		const names = this.#log.names();
		return domain === undefined ? names : names.filter((name) => name.startsWith(`${domain}/`));
	}

	status(): VaultStatus {
		return this.#log.status;
	}

	/** Forget everything: another salt, so another key, and every other block erased. @throws {VaultError} "flash". */
	format(): void {
		this.#log.format();
	}

	/** The flash stays open: it's the caller's. */
	close(): void {
		this.#log.close();
	}
}
