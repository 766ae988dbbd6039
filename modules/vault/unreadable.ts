import type { Key } from "hal/crypto";
import type { Changes, Records } from "./records";
import Vault, { type VaultOptions } from "./vault";

/**
 * Records in place of a vault that can't be opened: another chip's, damaged, or something else that lies there. It's as
 * good as empty, and stays in the flash as it is until somebody writes, who gets a new vault: so whoever has the cable can
 * tell the device anew who it is, and nothing is lost before that.
 */
export default class UnreadableVault implements Records {
	#options: VaultOptions;
	#vault: Vault | undefined;

	constructor(options: VaultOptions) {
		this.#options = options;
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

	/** The first write formats. @throws {VaultError} */
	write(changes: Changes): void {
		if (Object.values(changes).every((value) => value === undefined)) return; // nothing is there to be removed
		this.#vault ??= Vault.format(this.#options);
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
 */
export function openRecords(options: VaultOptions, onUnreadable: (why: string) => void): Records {
	try {
		const vault = new Vault(options);
		if (!vault.status().damaged) return vault;
		vault.close();
		onUnreadable("vault: damaged");
	} catch (error) {
		onUnreadable((error as Error).message);
	}
	return new UnreadableVault(options);
}
