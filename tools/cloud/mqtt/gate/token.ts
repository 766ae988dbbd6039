import type { Store } from "../../store/store";
import type { Credentials } from "../credentials";
import { type Admission, authTypeOf, type ConnectRequest, checkKeepAlive, ReturnCode, refuser, type Way } from "./way";

/**
 * The second connection of a device that registered without pre-registration: its password is the deviceToken, as it
 * is; so only TLS will do. The document once prints `regnlw` for `connwl` (DA 1138).
 */
export class TokenWay implements Way {
	readonly #store: Store;

	constructor(store: Store) {
		this.#store = store;
	}

	claims(_request: ConnectRequest, credentials: Credentials): boolean {
		const kind = authTypeOf(credentials);
		return kind === "connwl" || kind === "regnlw";
	}

	async admit(request: ConnectRequest, credentials: Credentials): Promise<Admission> {
		const refuse = refuser(credentials);
		const { clientId, extension, productKey } = credentials;
		const mode = extension.get("securemode");
		const malformed =
			(mode === "-2" ? undefined : `authType=connwl has securemode=-2, not ${mode ?? "none"}`) ??
			(request.transport === "tls" ? undefined : "authType=connwl needs TLS, but this is plain TCP") ??
			checkKeepAlive(request.keepAlive, extension.get("_v"));
		if (malformed !== undefined) return refuse(ReturnCode.parameters, malformed);
		if (!request.password) return refuse(ReturnCode.credentials, "there is no deviceToken");
		const { products, devices, tokens } = this.#store;
		const product = await products.find(productKey);
		if (!product) return refuse(ReturnCode.credentials, "there is no such product");
		const device = await devices.find(credentials);
		if (!device) return refuse(ReturnCode.credentials, "there is no such device");
		const identity = await tokens.find(device.iotId, clientId, request.password);
		if (!identity) return refuse(ReturnCode.credentials, "clientId and deviceToken don't belong to this device");
		if (identity.forbidden) {
			return refuse(ReturnCode.notAuthorized, "this clientId was forbidden: another physical device has the name");
		}
		if (device.disabled) return refuse(ReturnCode.notAuthorized, "the device is disabled");
		await tokens.cameOnline(device.iotId, identity);
		return { outcome: "session", device, product, credentials };
	}
}
