/** Why there's no key for the link. */
export type Id2ErrorCode =
	| "unknown" // 460: the cloud knows no such ID², or the product's white list no such device
	| "exhausted" // 461: the product has no licence left
	| "signature" // 403: the product's secret isn't the right one
	| "refused" // any other code of the cloud: see `detail`
	| "server" // 5xx
	| "proof" // what answered doesn't know the carrier's key: it isn't the cloud, or the carrier isn't the right one
	| "bad-answer" // no answer to what was asked
	| "carrier" // it failed: see `cause`
	| "network" // see `cause`
	| "timeout";

/** The carrier's proof came to nothing. */
export class Id2Error extends Error {
	/** Its own property: the inherited one is in flash on the SDK, where assigning to it throws. */
	override readonly name = "Id2Error";
	readonly code: Id2ErrorCode;
	readonly retry: "later" | "never";
	readonly detail: string | undefined;

	constructor(code: Id2ErrorCode, detail?: string, cause?: unknown) {
		super(detail === undefined ? code : `${code}: ${detail}`);
		this.code = code;
		this.retry = retryOf(code);
		this.detail = detail;
		if (cause !== undefined) this.cause = cause;
	}
}

function retryOf(code: Id2ErrorCode): "later" | "never" {
	switch (code) {
		case "server":
		case "bad-answer":
		case "carrier":
		case "network":
		case "timeout":
			return "later";
		case "unknown":
		case "exhausted":
		case "signature":
		case "refused":
		case "proof":
			return "never";
		default:
			return assertNever(code);
	}
}

/** A code that was added and not decided about fails to compile. */
function assertNever(_: never): "never" {
	return "never";
}
