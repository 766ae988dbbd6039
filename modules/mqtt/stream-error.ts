import { MqttError } from "./error";

/**
 * What a stream says at its end, in our words. Our TCP and TLS classes give an Error with a `code`. The Moddable SDK's TCP
 * gives none, whether the peer closed or the network broke: taken for the network, since a clean close has consequences.
 */
export function streamError(error: unknown): MqttError {
	const code = codeOf(error);
	switch (code) {
		case undefined:
			return new MqttError("network", { cause: error });
		case "closed":
			return new MqttError("closed-by-server");
		case "closed-without-notify":
			return new MqttError("closed-by-server", { detail: code });
		case "stream": {
			const cause = (error as Error).cause;
			return new MqttError("network", { detail: codeOf(cause) ?? code, cause });
		}
		default: {
			const tls = (error as Error).name === "TlsError";
			const alert =
				tls && code === "alert" ? certificateAlert((error as Error & { detail?: unknown }).detail) : undefined;
			if (alert !== undefined) return new MqttError("certificate-refused", { detail: alert, cause: error });
			return new MqttError(tls ? "tls" : "network", { detail: code, cause: error });
		}
	}
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

function codeOf(error: unknown): string | undefined {
	return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
