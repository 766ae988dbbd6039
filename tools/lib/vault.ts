import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { plain } from "../../modules/vault/lab/plain";
import type { LogOptions, VaultFlash } from "../../modules/vault/types";
import Vault from "../../modules/vault/vault";
import * as crypto from "./crypto";
import { type Bytes, Key, random } from "./crypto";
import { makeFile } from "./durable-file";
import { readFlashTable, readPartition } from "./flash-image";
import { PartitionError } from "./partitions";

/** As on the boards (hal/xs/flash.h). */
const BLOCK = 4096;
const UNIT = 4;
const KEY_BYTES = 32;

export interface OpenVaultOptions {
	/** `"r"`: the file stays as it is, whatever opening has to settle; default `"r+"`. */
	readonly mode?: "r" | "r+";
	/** The partition, default "vault". */
	readonly partition?: string;
	/** The chip's secret (32 bytes) instead of the file `<flash>.key`: for a dump of a chip whose key is known. */
	readonly secret?: Bytes;
	/** A laboratory's vault, without encryption. */
	readonly isPlain?: boolean;
}

/**
 * Opens the vault of a simulator's flash file, as the device would: with the key file beside it, which is made at need. The
 * device must not run. `close()` closes the file, too.
 *
 * @throws {VaultError | PartitionError}
 */
export function openVault(flashFile: string, options: OpenVaultOptions = {}): Vault {
	return new FileVault(flashFile, options);
}

/** The same, over whatever lies in the partition: a vault without records. */
export function formatVault(flashFile: string, options: Omit<OpenVaultOptions, "mode"> = {}): Vault {
	const partition = new FilePartition(flashFile, options.partition ?? "vault", "r+");
	try {
		Vault.format(logOptions(flashFile, partition, options)).close();
	} finally {
		partition.close();
	}
	return openVault(flashFile, options);
}

class FileVault extends Vault {
	readonly #partition: FilePartition;

	constructor(flashFile: string, options: OpenVaultOptions) {
		const partition = new FilePartition(flashFile, options.partition ?? "vault", options.mode ?? "r+");
		try {
			super(logOptions(flashFile, partition, options));
		} catch (error) {
			partition.close();
			throw error;
		}
		this.#partition = partition;
	}

	override close(): void {
		super.close();
		this.#partition.close();
	}
}

function logOptions(flashFile: string, flash: VaultFlash, options: OpenVaultOptions): LogOptions {
	const { mode = "r+", secret, isPlain = false } = options;
	const deriveKey = (info: Bytes) =>
		Key.fromHmac("SHA256", secret ?? chipSecret(`${flashFile}.key`, mode === "r+"), [info]);
	return { flash, crypto, deriveKey, ...(isPlain ? { plain } : {}) };
}

/** The secret that a simulated chip alone has. Made whole or not at all; who comes second takes the first one's. */
export function chipSecret(path: string, isMade: boolean): Uint8Array {
	try {
		return readSecret(path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
	}
	// Reading makes nothing: no vault can be opened by this one, which is right without the file.
	if (!isMade) return random(KEY_BYTES);
	makeFile(path, random(KEY_BYTES), 0o600);
	return readSecret(path);
}

function readSecret(path: string): Uint8Array {
	const secret = readFileSync(path);
	if (secret.length !== KEY_BYTES) throw new PartitionError("flash", `${path} is not ${KEY_BYTES} bytes`);
	return secret;
}

/** A partition of a flash file, by the rules of flash. */
class FilePartition implements VaultFlash {
	readonly #content: Buffer;
	readonly #offset: number;
	/** Undefined: changes stay in memory. */
	#file: number | undefined;

	constructor(flashFile: string, name: string, mode: "r" | "r+") {
		const partition = readFlashTable(flashFile).find((it) => it.name === name);
		if (!partition) throw new PartitionError("flash", `there is no partition ${name}`);
		this.#content = readPartition(flashFile, name);
		this.#offset = partition.offset;
		if (mode === "r+") this.#file = openSync(flashFile, "r+");
	}

	status() {
		const size = this.#content.length;
		return { size, blockLength: BLOCK, blocks: size / BLOCK, writeAlign: UNIT, eraseValue: 255 };
	}

	read(into: Uint8Array, offset: number): void {
		into.set(this.#content.subarray(offset, offset + into.length));
	}

	write(bytes: Uint8Array, offset: number): void {
		const { length } = bytes;
		if (offset % UNIT || length % UNIT || offset < 0 || offset + length > this.#content.length)
			throw new RangeError("not in whole units, or past the end");
		for (let i = 0; i < length; i += 1) {
			const cleared = (this.#content[offset + i] as number) & (bytes[i] as number);
			this.#content[offset + i] = cleared;
		}
		this.#store(offset, length);
	}

	eraseBlock(block: number): void {
		this.#content.fill(255, block * BLOCK, (block + 1) * BLOCK);
		this.#store(block * BLOCK, BLOCK);
	}

	close(): void {
		if (this.#file === undefined) return;
		fsyncSync(this.#file);
		closeSync(this.#file);
		this.#file = undefined;
	}

	#store(offset: number, length: number): void {
		if (this.#file !== undefined) writeSync(this.#file, this.#content, offset, length, this.#offset + offset);
	}
}
