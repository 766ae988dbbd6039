import type { ProvisioningErrorCode } from "provisioning/error";

export type ConsoleErrorCode =
	| "port" // it can't be opened
	| "closed" // the line ended: unplugged, or the simulator stopped
	| "no-answer"
	| "nonsense" // an answer that lacks what the protocol says it has
	| "wrong-proof" // the device holds another value than the one that was written
	/** The device refused the request: the protocol's status. */
	| ProvisioningErrorCode;

/** Something went wrong between a host and a device on the console protocol. Never has a value in it. */
export class ConsoleError extends Error {
	override readonly name = "ConsoleError";
	readonly code: ConsoleErrorCode;
	/** The record that it is about, or the device's word. */
	readonly detail: string | undefined;

	constructor(code: ConsoleErrorCode, message: string, options: { detail?: string; cause?: unknown } = {}) {
		super(message, options.cause === undefined ? undefined : { cause: options.cause });
		this.code = code;
		this.detail = options.detail;
	}
}

/** The device's refusal in words. */
export function refusal(code: ProvisioningErrorCode, detail: string | undefined): ConsoleError {
	const about = detail ? ` (${detail})` : "";
	return new ConsoleError(code, `the device refused: ${words[code]}${about}`, detail === undefined ? {} : { detail });
}

const words: Readonly<Record<ProvisioningErrorCode, string>> = {
	malformed: "it does not understand the request",
	version: "it speaks another version of the console protocol; update the firmware or these tools",
	unsupported: "it has no such command",
	"unknown-record": "it knows no such record; its firmware is older than these tools",
	"bad-value": "a value is too long, too short or has characters that the record doesn't take",
	"no-session": "another program took over, or the device was restarted",
	"out-of-order": "a piece is missing",
	conflict: "a record came twice with different lengths",
	full: "this is more than it takes at once",
	incomplete: "these records make no whole",
	"wrong-digest": "what arrived is not what was sent",
	"no-record": "it holds no such record",
	storage: "its vault failed",
	locked: "it is locked: it left its factory",
	failed: "it has a fault; its log tells more",
};
