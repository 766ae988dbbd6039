/** What can become of a request to the platform, beside what becomes of its message (MqttError). */
export type LinkErrorCode =
	| "refused" // the platform answered with another code than 200: see `detail`
	| "no-reply" // acknowledged, and not answered in time
	| "busy" // too many requests wait for their answers
	| "closed"; // by close()

/** A request to the platform failed. */
export class LinkError extends Error {
	/** Its own property: the inherited one is in flash on the SDK, where assigning to it throws. */
	override readonly name = "LinkError";
	readonly code: LinkErrorCode;
	readonly retry: "later" | "never";
	readonly detail: string | undefined;

	constructor(code: LinkErrorCode, detail?: string) {
		super(detail === undefined ? code : `${code}: ${detail}`);
		this.code = code;
		this.retry = code === "closed" ? "never" : "later";
		this.detail = detail;
	}
}
