import type { Status } from "./codec";

/** Why a request of the host is refused: the protocol's status codes (PROTOCOL.md 5), in its words. */
export type ProvisioningErrorCode = Exclude<Status, "ok">;

/** Whether the same may be tried again: at once, after a while, not without a change. */
function retryOf(code: ProvisioningErrorCode): "now" | "later" | "never" {
	switch (code) {
		case "no-session":
		case "out-of-order":
		case "wrong-digest":
			return "now";
		case "storage":
		case "failed":
			return "later";
		case "malformed":
		case "version":
		case "unsupported":
		case "unknown-record":
		case "bad-value":
		case "conflict":
		case "full":
		case "incomplete":
		case "no-record":
		case "locked":
			return "never";
		default:
			return assertNever(code);
	}
}

function assertNever(code: never): never {
	throw new TypeError(`no such code: ${code}`);
}

/** A request of the console protocol that was refused. Never has a value in it, only names of records. */
export class ProvisioningError extends Error {
	/** Its own property: the inherited one is in flash on the SDK, where assigning to it throws. */
	override readonly name = "ProvisioningError";
	readonly code: ProvisioningErrorCode;
	readonly retry: "now" | "later" | "never";
	readonly detail: string | undefined;

	constructor(code: ProvisioningErrorCode, detail?: string, cause?: unknown) {
		super(detail === undefined ? code : `${code}: ${detail}`);
		this.code = code;
		this.retry = retryOf(code);
		this.detail = detail;
		if (cause !== undefined) this.cause = cause;
	}
}
