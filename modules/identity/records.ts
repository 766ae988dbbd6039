import type { Key } from "hal/crypto";

/** What reading an identity asks of the vault; `vault/records` has it all. */
export interface IdentityRecords {
	/** A text that is no secret. */
	text(name: string): string | undefined;
	bytes(name: string): Uint8Array | undefined;
	/** A secret stays one. */
	key(name: string): Key | undefined;
}
