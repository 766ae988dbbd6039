import type { Events } from "../events";
import { formOf } from "../http/body";
import type { HttpAnswer, HttpRequest, Router } from "../http/router";
import { checkRegion } from "../mqtt/gate/region";
import { REGISTRATION_CODES, REGISTRATION_MESSAGES } from "./codes";
import type { Registrar } from "./registrar";

/** Where devices ask (FACTS.md, "Hosts"). */
export const REGISTRATION_PATH = "/auth/register/device";

/**
 * Dynamic registration over HTTPS, pre-registered devices alone (device-access.txt 520). The answer's order and size
 * are what the C SDK 3.2 takes: `code` first, compact, at most 256 bytes (STOCK-CLIENTS fact 17). Refusals go by `code`
 * with the status 200, which SDKs look at before they read.
 */
export function registrationRoute(router: Router, registrar: Registrar, events: Events, region: string): void {
	router.on("POST", REGISTRATION_PATH, (request) => register(request, registrar, events, region), { limit: 1024 });
}

async function register(
	request: HttpRequest,
	registrar: Registrar,
	events: Events,
	region: string,
): Promise<HttpAnswer> {
	const { remote, transport, headers } = request;
	const refuse = (code: number, message: string, reason: string, names = {}): HttpAnswer => {
		events.emit({ type: "registration.refused", remote, way: "https", code, reason, ...names });
		return { status: code === 403 ? 403 : 200, json: { code, data: {}, message } };
	};
	// Before anything of it is read: what came in the clear is not to be relied upon.
	if (transport !== "tls") return refuse(403, "TLS only", "dynamic registration needs TLS, but this is plain TCP");
	const foreign = checkRegion(headers.host?.replace(/:\d+$/, ""), region);
	if (foreign !== undefined) return refuse(403, "wrong region", foreign);
	const form = formOf(request);
	const productKey = form.get("productKey") ?? "";
	const deviceName = form.get("deviceName") ?? "";
	const outcome = await registrar.secretOf({
		productKey,
		deviceName,
		random: form.get("random"),
		method: form.get("signMethod") ?? form.get("signmethod"),
		sign: form.get("sign"),
	});
	if (!outcome.ok) {
		const { code, reason } = outcome;
		return refuse(REGISTRATION_CODES[code], REGISTRATION_MESSAGES[code], reason, { productKey, deviceName });
	}
	const { deviceSecret } = outcome.device;
	events.emit({ type: "device.registered", productKey, deviceName, remote, transport, way: "https" });
	return { json: { code: 200, data: { productKey, deviceName, deviceSecret }, message: "success" } };
}
