import type { Key } from "hal/crypto";
import type { Changes, Records } from "./records";
import type { LogOptions } from "./types";

export type VaultOptions = LogOptions;

/** For the bench and for `linkxs flash inspect`. */
export interface VaultStatus {
	/** Bytes of its blocks, of which live records may fill `capacity`; `live` are in use. */
	readonly size: number;
	readonly capacity: number;
	readonly live: number;
	readonly records: number;
	/** Of the next record: grows by one with each. */
	readonly sequence: number;
	/** Erases that each block has seen, all of them since the first format. */
	readonly wear: readonly number[];
	readonly erases: number;
	/** Blocks that a mount reads. */
	readonly log: number;
	/** Since this object was made. */
	readonly bytesProgrammed: number;
	readonly bytesGiven: number;
	/** Something is missing that can't be named: what's older can't be read, and nothing be written. */
	readonly damaged: boolean;
	readonly plain: boolean;
}

/** A device's credentials and settings. See README.md, and SPEC.md for the bits. */
export default class Vault implements Records {
	/** Mounts what lies there, and settles what a power cut left; an erased partition is formatted. @throws {VaultError} */
	constructor(_options: VaultOptions) {
		throw new Error("not yet");
	}

	/** A vault without records where anything may lie, also what isn't a vault. @throws {VaultError} "flash". */
	static format(_options: VaultOptions): Vault {
		throw new Error("not yet");
	}

	has(_name: string): boolean {
		throw new Error("not yet");
	}

	text(_name: string): string | undefined {
		throw new Error("not yet");
	}

	bytes(_name: string): Uint8Array | undefined {
		throw new Error("not yet");
	}

	key(_name: string): Key | undefined {
		throw new Error("not yet");
	}

	write(_changes: Changes): void {
		throw new Error("not yet");
	}

	names(_domain?: string): string[] {
		throw new Error("not yet");
	}

	status(): VaultStatus {
		throw new Error("not yet");
	}

	/** Forget everything: a new salt, a new key, and every other block erased. */
	format(): void {
		throw new Error("not yet");
	}

	close(): void {
		throw new Error("not yet");
	}
}
