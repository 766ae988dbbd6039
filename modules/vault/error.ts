/** What can go wrong with the vault, misuse (a RangeError or TypeError) apart. */
export type VaultErrorCode =
	| "bad-name" // a name that isn't `domain/name` in printable ASCII, or too long
	| "value-too-long" // more than 4,096 bytes
	| "full" // the live records, or their number, would be more than there's room for; nothing was written
	| "secret" // the record was written from a Key: only `key()` reads it
	| "not-text" // `text()` of bytes that are no UTF-8
	| "damaged" // the record, or one that may have been newer, can't be read any more
	| "wrong-key" // a vault, but of another device's key
	| "other-mode" // a plain vault where an encrypted one is wanted, or the reverse
	| "other-layout" // made for other blocks, or another write unit, than those it was opened with
	| "newer-format" // written by a firmware that knows more
	| "not-a-vault" // something else lies there; `format` makes a vault of it
	| "flash" // the flash refused: see `cause`
	| "closed"; // by close()

export interface VaultErrorOptions {
	/** The record's name, or what is wrong with the flash; never a value. */
	readonly detail?: string;
	readonly cause?: unknown;
}

/** Trying again helps only where the flash itself failed. */
function retryOf(code: VaultErrorCode): "later" | "never" {
	return code === "flash" ? "later" : "never";
}

export class VaultError extends Error {
	/** Its own property: the inherited one is in flash on the SDK, where assigning to it throws. */
	override readonly name = "VaultError";
	readonly code: VaultErrorCode;
	readonly retry: "later" | "never";
	readonly detail: string | undefined;

	constructor(code: VaultErrorCode, options: VaultErrorOptions = {}) {
		super(options.detail === undefined ? `vault: ${code}` : `vault: ${code}: ${options.detail}`);
		this.code = code;
		this.retry = retryOf(code);
		this.detail = options.detail;
		if (options.cause !== undefined) this.cause = options.cause;
	}
}
