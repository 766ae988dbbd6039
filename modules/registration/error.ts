import type { HttpError } from "http/error";
import type { MqttError } from "mqtt/error";

/** Why a device doesn't know who it is. */
export type RegistrationErrorCode =
	/* what the platform says */
	| "refused" // no such name, wrong signature, the product's switch is off, or the device is active already: see `detail`
	| "already-active" // where the platform tells it: the secret was given to a device before; ResetThing lets it be given again
	| "exhausted" // where the platform tells it: five physical devices have this name already
	| "malformed" // a parameter is missing or wrong, or the connection isn't the right one
	| "server" // it isn't well
	| "certificate-refused" // unknown, expired or revoked
	/* the way there */
	| "timeout"
	| "network"
	| "tls" // the server can't be trusted, or the handshake broke off
	| "bad-answer" // what came isn't an answer to what was asked
	/* ours */
	| "not-secure" // a secret is never asked for over plain TCP: nothing was sent
	| "no-identity" // the vault names nobody: `detail` names the record
	| "vault" // what came could not be kept, or there's no room to keep it in
	| "superseded"; // another identity was burned while this one's answer was awaited: it was dropped

/** As for every module: at once, after a while, not before somebody changes something. */
export type Retry = "now" | "later" | "never";

function retryOf(code: RegistrationErrorCode): Retry {
	switch (code) {
		case "server":
		case "timeout":
		case "network":
		case "bad-answer":
		case "vault":
			return "later";
		case "tls": // see `cause`
		case "refused": // by a person, on the server's side
		case "already-active":
		case "exhausted":
		case "certificate-refused":
		case "malformed": // the server's side may be what is wrong
			return "later";
		case "superseded":
			return "now";
		case "not-secure":
		case "no-identity":
			return "never";
		default:
			return assertNever(code);
	}
}

/** A code that was added and not decided about fails to compile. */
function assertNever(_: never): "never" {
	return "never";
}

/** An attempt to learn who this device is failed. It shows no secret. */
export class RegistrationError extends Error {
	/** Its own property: the inherited one is in flash on the SDK, where assigning to it throws. */
	override readonly name = "RegistrationError";
	readonly code: RegistrationErrorCode;
	readonly retry: Retry;
	readonly detail: string | undefined;

	constructor(code: RegistrationErrorCode, detail?: string, cause?: unknown) {
		super(detail === undefined ? code : `${code}: ${detail}`);
		this.code = code;
		this.retry = retryOf(code);
		this.detail = detail;
		if (cause !== undefined) this.cause = cause;
	}
}

/** What the end of a registration connection means. CONNACK's codes by DA 1262. */
export function ofMqtt(error: MqttError): RegistrationError {
	const { code, message } = error;
	switch (code) {
		case "bad-user-name-or-password":
		case "not-authorized":
			return new RegistrationError("refused", message, error);
		case "identifier-rejected":
		case "unacceptable-protocol-version":
			return new RegistrationError("malformed", message, error);
		case "server-unavailable":
			return new RegistrationError("server", message, error);
		case "certificate-refused":
			return new RegistrationError("certificate-refused", error.detail, error);
		case "tls":
			return new RegistrationError("tls", error.detail, error);
		case "connect-timeout":
		case "ping-timeout":
		case "acknowledge-timeout":
		case "write-timeout":
			return new RegistrationError("timeout", message, error);
		case "network":
		case "preparation":
		case "closed-by-server":
		case "replaced":
		case "outbox-full":
		case "message-too-large":
		case "subscription-refused":
		case "closed":
			return new RegistrationError("network", message, error);
		default:
			// The codes of a server that breaks MQTT.
			return new RegistrationError("bad-answer", message, error);
	}
}

/** The same of an exchange over HTTPS. */
export function ofHttp(error: HttpError): RegistrationError {
	const { code, detail, message } = error;
	switch (code) {
		case "tls":
			return new RegistrationError("tls", detail, error);
		case "timeout":
			return new RegistrationError("timeout", message, error);
		case "network":
		case "closed-by-server":
		case "truncated":
		case "busy":
		case "closed":
			return new RegistrationError("network", message, error);
		default:
			return new RegistrationError("bad-answer", message, error);
	}
}
