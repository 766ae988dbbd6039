/** Why there is no network, or why one of those that are stored was of no use. */
export type NetworkErrorCode =
	| "no-networks" // nothing is stored: see records network/1/ssid …
	| "bad-settings" // a stored name or key is none that Wi-Fi has; `detail` names the record
	| "no-signal" // no access point of that name answers; of a cable: nothing at its other end
	| "wrong-key" // the access point is there and the key isn't its own, or it wants one and none is stored
	| "refused" // the access point is there and takes nobody, or not this device
	| "no-address" // joined, but nobody gave an address
	| "timeout" // neither joined nor refused in time
	| "lost" // there was a network, and it went
	| "system"; // the platform's interface failed; `detail` has its words

/** `"later"`: it is tried again by itself. `"never"`: not before the records change and `reload()` was called. */
export type Retry = "later" | "never";

function assertNever(code: never): never {
	throw new TypeError(`no such code: ${String(code)}`);
}

function retryOf(code: NetworkErrorCode): Retry {
	switch (code) {
		case "no-networks":
		case "bad-settings":
			return "never";
		// A weak signal looks like a wrong key now and then, and a key may be changed at either end.
		case "wrong-key":
		case "no-signal":
		case "refused":
		case "no-address":
		case "timeout":
		case "lost":
		case "system":
			return "later";
		default:
			return assertNever(code);
	}
}

/** What `onOffline` is told. */
export class NetworkError extends Error {
	/** Its own property: the inherited one is in flash on the SDK, where assigning to it throws. */
	override readonly name = "NetworkError";
	readonly code: NetworkErrorCode;
	readonly retry: Retry;
	/** The network's name, the record's, or the platform's words. Never a key. */
	readonly detail: string | undefined;

	constructor(code: NetworkErrorCode, detail?: string) {
		super(detail === undefined ? code : `${code}: ${detail}`);
		this.code = code;
		this.retry = retryOf(code);
		this.detail = detail;
	}
}
