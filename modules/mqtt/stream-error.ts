import { endOf } from "stream/stream";
import { MqttError } from "./error";

/** What a stream says at its end, in our words. */
export function streamError(error: unknown): MqttError {
	const { kind, detail, cause } = endOf(error);
	const alert =
		kind === "tls" && detail === "alert" ? certificateAlert((cause as { detail?: unknown }).detail) : undefined;
	if (alert !== undefined) return new MqttError("certificate-refused", { detail: alert, cause });
	const code = kind === "closed" || kind === "cut" ? "closed-by-server" : kind;
	return new MqttError(code, { ...(detail !== undefined && { detail }), cause });
}

/** What an alert has against the client's certificate (RFC 5246 7.2.2); undefined for any other. */
function certificateAlert(alert: unknown): string | undefined {
	switch (alert) {
		case 42:
			return "bad_certificate";
		case 43:
			return "unsupported_certificate";
		case 44:
			return "certificate_revoked";
		case 45:
			return "certificate_expired";
		case 46:
			return "certificate_unknown";
		case 48:
			return "unknown_ca";
		default:
			return undefined;
	}
}
