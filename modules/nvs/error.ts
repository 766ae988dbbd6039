export type NvsErrorCode =
	| "damaged" /* a page, an entry or a value has a wrong checksum, or is encrypted; nothing was taken or changed */
	| "unmapped" /* the namespace has an entry that no record is named for: taking the rest would lose it */
	| "wrong-type" /* an entry of another type than its record takes */
	| "too-long" /* a value past 4096 bytes, or more entries than a namespace may have */
	| "flash"; /* the flash can't be read or written; `cause` says why */

/** Why an NVS partition was not read or not taken. `detail` names a key or a place, never a value. */
export class NvsError extends Error {
	override readonly name = "NvsError";
	readonly code: NvsErrorCode;
	readonly retry: "later" | "never";
	readonly detail: string;

	constructor(code: NvsErrorCode, detail: string, options?: ErrorOptions) {
		super(`nvs: ${code} (${detail})`, options);
		this.code = code;
		this.retry = code === "flash" ? "later" : "never";
		this.detail = detail;
	}
}
