import type { Transport } from "../../events";
import type { Store } from "../../store/store";
import type { Credentials } from "../credentials";
import { DEFAULT_METHOD, isSignMethod, sameSignature, sign } from "../signature";
import { type Admission, authTypeOf, type ConnectRequest, checkKeepAlive, ReturnCode, refuser, type Way } from "./way";

function checkTransport({ extension }: Credentials, transport: Transport): string | undefined {
	const mode = extension.get("securemode");
	if (mode === "2") return transport === "tls" ? undefined : "securemode=2 needs TLS, but this is plain TCP";
	if (mode === "3") return transport === "tcp" ? undefined : "securemode=3 is plain TCP, but this is TLS";
	return mode === undefined ? "securemode is missing" : `securemode=${mode} needs an authType`;
}

/** One device, one secret: the password is a signature by the deviceSecret (device-access.txt 1083–1120). */
export class SecretWay implements Way {
	readonly #store: Pick<Store, "products" | "devices">;

	constructor(store: Pick<Store, "products" | "devices">) {
		this.#store = store;
	}

	claims(_request: ConnectRequest, credentials: Credentials): boolean {
		return authTypeOf(credentials) === undefined;
	}

	async admit(request: ConnectRequest, credentials: Credentials): Promise<Admission> {
		const refuse = refuser(credentials);
		const method = credentials.extension.get("signmethod") ?? DEFAULT_METHOD;
		const malformed =
			checkTransport(credentials, request.transport) ??
			checkKeepAlive(request.keepAlive, credentials.extension.get("_v")) ??
			(isSignMethod(method) ? undefined : `signmethod=${method} is unknown`);
		if (malformed !== undefined) return refuse(ReturnCode.parameters, malformed);
		if (request.password === undefined) return refuse(ReturnCode.credentials, "there is no password");
		const product = await this.#store.products.find(credentials.productKey);
		if (!product) return refuse(ReturnCode.credentials, "there is no such product");
		const device = await this.#store.devices.find(credentials);
		if (!device) return refuse(ReturnCode.credentials, "there is no such device");
		if (product.authType !== "secret")
			return refuse(
				ReturnCode.credentials,
				`devices of this product prove themselves by ${product.authType}, not by a deviceSecret`,
			);
		if (product.nodeType === 2)
			return refuse(ReturnCode.notAuthorized, "a sub-device connects through its gateway only");
		if (device.byToken) return refuse(ReturnCode.credentials, "the name registers without pre-registration: by token");
		const timestamp = credentials.extension.get("timestamp");
		const right = sign(method, device.deviceSecret, {
			clientId: credentials.clientId,
			deviceName: credentials.deviceName,
			productKey: credentials.productKey,
			...(timestamp !== undefined && { timestamp }),
		});
		if (!sameSignature(request.password, right))
			return refuse(ReturnCode.credentials, `the ${method} signature is wrong`);
		if (device.disabled) return refuse(ReturnCode.notAuthorized, "the device is disabled");
		return { outcome: "session", device, product, credentials };
	}
}
