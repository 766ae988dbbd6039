import type { Identity } from "identity/identity";
import type { MqttError } from "mqtt/error";

/** What a server that refuses a connection has against the device, as far as MQTT 3.1.1 tells it. */
export type Refusal =
	/**
	 * CONNACK 4: a wrong secret or token, no such device (deleted, or of another region), no such product. Or what precedes the
	 * connection was refused: the error's cause says why (ID²).
	 */
	| "credentials"
	/** The same, of credentials that were accepted before: the device was deleted, or has a new secret. */
	| "voided"
	/** CONNACK 5: known, and not let in: disabled, or its client id is forbidden. */
	| "disabled"
	/** CONNACK 1 or 2: it speaks another protocol than the server, or over the wrong transport. */
	| "parameters"
	/** An alert, or CONNACK 4 or 5: unknown, expired or revoked. */
	| "certificate";

export function refusalOf(error: MqttError, kind: Identity["kind"], accepted: boolean): Refusal | undefined {
	switch (error.code) {
		case "bad-user-name-or-password":
			if (kind === "x509") return "certificate";
			return accepted ? "voided" : "credentials";
		case "not-authorized":
			return kind === "x509" ? "certificate" : "disabled";
		case "identifier-rejected":
		case "unacceptable-protocol-version":
			return "parameters";
		case "certificate-refused":
			return "certificate";
		case "preparation":
			return (error.cause as { retry?: unknown } | undefined)?.retry === "never" ? "credentials" : undefined;
		default:
			return undefined;
	}
}
