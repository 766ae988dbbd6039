/** What the peer sent breaks MQTT 3.1.1. The connection is closed and tried again later. */
export type ProtocolErrorCode =
	| "remaining-length" // longer than four bytes, or impossible for its packet (2.2.3)
	| "flags" // reserved flags (2.2.2), or DUP with QoS 0 (3.3.1.1)
	| "packet-type" // unknown, only for servers, or of QoS 2 (2.2.1)
	| "order" // anything before CONNACK, or a second CONNACK (3.2)
	| "qos" // QoS 3 (3.3.1.2), or QoS 2, which nobody asked for
	| "topic" // no UTF-8, U+0000, empty, or a wildcard in a PUBLISH (1.5.3, 3.3.2.1)
	| "packet-id" // zero (2.3.1)
	| "truncated" // a field reaches past the packet's end
	| "return-code" // none that 3.2.2.3 or 3.9.3 has, or the wrong number of them
	| "too-large"; // a packet (a PUBLISH: what precedes its payload) that the buffer can't hold

/** The server's answer to CONNECT, in the words of 3.2.2.3. */
export type RefusalCode =
	| "unacceptable-protocol-version"
	| "identifier-rejected"
	| "server-unavailable"
	| "bad-user-name-or-password"
	| "not-authorized";

/** The connection could not be made or was lost. */
export type ConnectionErrorCode =
	| "network" // from the stream: see `detail` and `cause`
	| "tls" // the secure stream was refused or broke: see `detail` and `cause`
	| "certificate-refused" // the server doesn't take the client's certificate: `detail` is its alert (RFC 5246 7.2.2)
	| "preparation" // what has to precede each connection failed: see `detail` and `cause`
	| "closed-by-server"
	| "replaced" // closed by the server again and again soon after it had accepted: a second login of this device
	| "connect-timeout"
	| "ping-timeout"
	| "acknowledge-timeout"
	| "write-timeout";

/** A request of the application failed. */
export type RequestErrorCode =
	| "outbox-full" // the drop rule: what was accepted stays, the newest is refused
	| "message-too-large" // it can never fit the outbox
	| "subscription-refused" // SUBACK 0x80
	| "closed"; // by close()

export type MqttErrorCode = ProtocolErrorCode | RefusalCode | ConnectionErrorCode | RequestErrorCode;

/** Whether it makes sense to try again: at once, after a while, not without a change. */
export type Retry = "now" | "later" | "never";

export interface MqttErrorOptions {
	readonly detail?: string;
	readonly cause?: unknown;
}

function retryOf(code: MqttErrorCode): Retry {
	switch (code) {
		case "closed-by-server":
			return "now";
		case "message-too-large":
		case "closed":
			return "never";
		default:
			return "later";
	}
}

/** Everything that fails in `mqtt` but misuse, which is a RangeError or TypeError. */
export class MqttError extends Error {
	/** Its own property: the inherited one is in flash on the SDK, where assigning to it throws. */
	override readonly name = "MqttError";
	readonly code: MqttErrorCode;
	readonly retry: Retry;
	readonly detail: string | undefined;

	constructor(code: MqttErrorCode, options: MqttErrorOptions = {}) {
		super(options.detail === undefined ? code : `${code}: ${options.detail}`);
		this.code = code;
		this.retry = retryOf(code);
		this.detail = options.detail;
		if (options.cause !== undefined) this.cause = options.cause;
	}
}

const refusals: readonly RefusalCode[] = Object.freeze([
	"unacceptable-protocol-version",
	"identifier-rejected",
	"server-unavailable",
	"bad-user-name-or-password",
	"not-authorized",
]);

/** The name of CONNACK's return code 1–5; `undefined` for one that 3.2.2.3 doesn't have. */
export function refusalOf(returnCode: number): RefusalCode | undefined {
	return refusals[returnCode - 1];
}
