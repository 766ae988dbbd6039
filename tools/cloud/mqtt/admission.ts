import type { Transport } from "../events";
import type { Device, Devices } from "../store/devices";
import type { Product, Products } from "../store/products";
import { type Credentials, readCredentials } from "./credentials";
import { DEFAULT_METHOD, isSignMethod, sameSignature, sign } from "./signature";

/** The fields of a CONNECT packet that decide whether its sender gets in. */
export interface ConnectRequest {
	clientId: string;
	userName: string | undefined;
	password: string | undefined;
	/** Seconds, as on the wire. */
	keepAlive: number;
	transport: Transport;
}

/** CONNACK return codes of MQTT 3.1.1 as the platform uses them (FACTS.md). */
export const ReturnCode = Object.freeze({
	/** Parameters missing or malformed, keep alive out of range, wrong transport. */
	parameters: 2,
	serverError: 3,
	/** Nobody of that name, or the signature is wrong. */
	credentials: 4,
	/** Known, but not allowed in: disabled. */
	notAuthorized: 5,
});

/** In, or the CONNACK return code and why; `productKey` and `deviceName` where the packet got that far. */
export type Admission =
	| { ok: true; device: Device; product: Product; credentials: Credentials }
	| { ok: false; returnCode: number; reason: string; credentials?: Credentials };

/** Keep alive limits, seconds (device-access.txt, 7.1.2). */
const KEEP_ALIVE_MIN = 30;
export const KEEP_ALIVE_MAX = 1200;
/** The C SDK puts twice its keep alive into CONNECT (STOCK-CLIENTS fact 4). */
const KEEP_ALIVE_MAX_C_SDK = 2 * KEEP_ALIVE_MAX;

/** The keep alive in seconds is in range, or why not. */
export function checkKeepAlive(seconds: number, sdk: string | undefined): string | undefined {
	const most = sdk?.startsWith("sdk-c-") ? KEEP_ALIVE_MAX_C_SDK : KEEP_ALIVE_MAX;
	if (seconds >= KEEP_ALIVE_MIN && seconds <= most) return undefined;
	return `keep alive of ${seconds} s is outside ${KEEP_ALIVE_MIN} to ${most} s`;
}

function checkTransport(credentials: Credentials, transport: Transport): string | undefined {
	const mode = credentials.extension.get("securemode");
	const kind =
		credentials.extension.get("authType") ??
		credentials.extension.get("authtype") ??
		credentials.extension.get("authype");
	if (kind !== undefined) return `authType=${kind} is not served by this cloud yet`;
	if (mode === "2") return transport === "tls" ? undefined : "securemode=2 needs TLS, but this is plain TCP";
	if (mode === "3") return transport === "tcp" ? undefined : "securemode=3 is plain TCP, but this is TLS";
	return mode === undefined ? "securemode is missing" : `securemode=${mode} is not served by this cloud yet`;
}

/** Decides over CONNECT packets by the platform's rules for one-device-one-secret. Other ways to be somebody join here. */
export class Gate {
	readonly #products: Products;
	readonly #devices: Devices;

	constructor(products: Products, devices: Devices) {
		this.#products = products;
		this.#devices = devices;
	}

	/** Judges a CONNECT packet. Rejects only when the database fails. */
	async admit(request: ConnectRequest): Promise<Admission> {
		if (request.userName === undefined)
			return { ok: false, returnCode: ReturnCode.credentials, reason: "there is no user name" };
		const credentials = readCredentials(request.clientId, request.userName);
		if (typeof credentials === "string") return { ok: false, returnCode: ReturnCode.parameters, reason: credentials };
		const method = credentials.extension.get("signmethod") ?? DEFAULT_METHOD;
		const malformed =
			checkTransport(credentials, request.transport) ??
			checkKeepAlive(request.keepAlive, credentials.extension.get("_v")) ??
			(isSignMethod(method) ? undefined : `signmethod=${method} is unknown`);
		if (malformed !== undefined)
			return { ok: false, returnCode: ReturnCode.parameters, reason: malformed, credentials };
		return this.#check(credentials, method, request.password);
	}

	async #check(credentials: Credentials, method: string, password: string | undefined): Promise<Admission> {
		const refuse = (returnCode: number, reason: string): Admission => ({ ok: false, returnCode, reason, credentials });
		if (password === undefined) return refuse(ReturnCode.credentials, "there is no password");
		const product = await this.#products.find(credentials.productKey);
		if (!product) return refuse(ReturnCode.credentials, "there is no such product");
		const device = await this.#devices.find(credentials);
		if (!device) return refuse(ReturnCode.credentials, "there is no such device");
		if (product.authType !== "secret")
			return refuse(
				ReturnCode.credentials,
				`devices of this product prove themselves by ${product.authType}, not by a deviceSecret`,
			);
		if (product.nodeType === 2)
			return refuse(ReturnCode.notAuthorized, "a sub-device connects through its gateway only");
		const timestamp = credentials.extension.get("timestamp");
		const right = sign(method, device.deviceSecret, {
			clientId: credentials.clientId,
			deviceName: credentials.deviceName,
			productKey: credentials.productKey,
			...(timestamp !== undefined && { timestamp }),
		});
		if (!sameSignature(password, right)) return refuse(ReturnCode.credentials, `the ${method} signature is wrong`);
		if (device.disabled) return refuse(ReturnCode.notAuthorized, "the device is disabled");
		return { ok: true, device, product, credentials };
	}
}
