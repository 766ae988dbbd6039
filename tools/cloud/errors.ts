/** What can go wrong in the local cloud, as a caller can act on it. */
export type CloudErrorCode =
	/** A port is taken or may not be bound. */
	| "listen"
	/** The state folder cannot be read or written, or belongs to a newer version. */
	| "state"
	/** A name or a field breaks a rule of the console. */
	| "invalid"
	/** No such product, device or topic class. */
	| "unknown"
	/** The name is taken. */
	| "exists"
	/** The action is not possible now (device disabled, product still has devices, wrong kind). */
	| "refused"
	/** The device is not connected, so nothing can be asked of it. */
	| "offline"
	/** The device did not answer in time. */
	| "timeout"
	/** The admin interface cannot be reached, or refused the token. */
	| "admin";

/** When a caller may try the same again. */
export type Retry = "now" | "later" | "never";

const RETRY: Readonly<Record<CloudErrorCode, Retry>> = Object.freeze({
	listen: "later",
	state: "never",
	invalid: "never",
	unknown: "never",
	exists: "never",
	refused: "never",
	offline: "later",
	timeout: "now",
	admin: "later",
});

/** All codes. */
export const CLOUD_ERROR_CODES = Object.freeze(Object.keys(RETRY)) as readonly CloudErrorCode[];

/** The one error class of tools/cloud. `detail` is the platform's own code where it has one. */
export class CloudError extends Error {
	readonly code: CloudErrorCode;
	readonly retry: Retry;
	readonly detail: string | undefined;

	constructor(code: CloudErrorCode, message: string, options: { detail?: string; cause?: unknown } = {}) {
		super(message, options.cause === undefined ? undefined : { cause: options.cause });
		this.name = "CloudError";
		this.code = code;
		this.retry = RETRY[code];
		this.detail = options.detail;
	}
}
