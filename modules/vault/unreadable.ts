import type { Key } from "hal/crypto";
import { VaultError } from "./error";
import type { Changes, Records } from "./records";
import Vault, { type VaultOptions } from "./vault";

/**
 * Records in place of a vault that can't be opened: another chip's, damaged, or something else that lies there. It's as
 * good as empty, and stays in the flash as it is until somebody writes an identity, who gets a new vault: so whoever has
 * the cable can tell the device anew who it is, and nothing is lost before that.
 */
export default class UnreadableVault implements Records {
	#options: VaultOptions;
	#why: VaultError;
	#vault: Vault | undefined;

	constructor(options: VaultOptions, why: VaultError) {
		this.#options = options;
		this.#why = why;
	}

	has(name: string): boolean {
		return this.#vault?.has(name) ?? false;
	}

	text(name: string): string | undefined {
		return this.#vault?.text(name);
	}

	bytes(name: string): Uint8Array | undefined {
		return this.#vault?.bytes(name);
	}

	key(name: string): Key | undefined {
		return this.#vault?.key(name);
	}

	/** The first identity formats; nothing less is worth what may be there. @throws {VaultError} why it isn't, too. */
	write(changes: Changes): void {
		if (this.#vault === undefined) {
			const given = Object.keys(changes).filter((name) => changes[name] !== undefined);
			if (given.length === 0) return; // nothing is there to be removed
			if (!given.some((name) => name.startsWith("identity/"))) throw this.#why;
			this.#vault = Vault.format(this.#options);
		}
		this.#vault.write(changes);
	}

	names(domain?: string): string[] {
		return this.#vault?.names(domain) ?? [];
	}
}

/**
 * The vault's records, or those of an `UnreadableVault`: a restart would not help, and a device that can't read who it was
 * has to listen to the cable.
 *
 * @param onUnreadable is told why; never a value.
 * @throws what may pass: VaultError "flash", no memory, no key from the chip.
 */
export function openRecords(options: VaultOptions, onUnreadable: (why: string) => void): Records {
	const why = opened(options);
	if (!(why instanceof VaultError)) return why;
	onUnreadable(why.message);
	return new UnreadableVault(options, why);
}

function opened(options: VaultOptions): Vault | VaultError {
	try {
		const vault = new Vault(options);
		if (!vault.status().damaged) return vault;
		vault.close();
		return new VaultError("damaged");
	} catch (error) {
		if (error instanceof VaultError && error.retry === "never") return error;
		throw error;
	}
}
