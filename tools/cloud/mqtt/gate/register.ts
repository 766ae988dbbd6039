import type { Registrar, RegistrationRefusal } from "../../registration/registrar";
import type { Credentials } from "../credentials";
import { type Admission, authTypeOf, type ConnectRequest, type Push, ReturnCode, refuser, type Way } from "./way";

/** The secure modes of a registration: the document's, and for `regnwl` that of its template for public instances. */
const MODES: Readonly<Record<string, readonly string[]>> = Object.freeze({ register: ["2"], regnwl: ["-2", "2"] });

/**
 * Dynamic registration over MQTT (device-access.txt, 7.1.3): TLS only, keep alive not looked at, signed by the
 * productSecret. The result is pushed without subscription; with `regnwl` on both topics, because the document says
 * `/ext/register` and stock clients wait for `/ext/regnwl` (STOCK-CLIENTS fact 14).
 */
export class RegisterWay implements Way {
	readonly #registrar: Registrar;

	constructor(registrar: Registrar) {
		this.#registrar = registrar;
	}

	claims(_request: ConnectRequest, credentials: Credentials): boolean {
		return kindOf(credentials) !== undefined;
	}

	async admit(request: ConnectRequest, credentials: Credentials): Promise<Admission> {
		const refuse = refuser(credentials);
		const { extension, productKey, deviceName } = credentials;
		const kind = kindOf(credentials) ?? "register";
		if (request.transport !== "tls") {
			return refuse(ReturnCode.parameters, `authType=${kind} needs TLS, but this is plain TCP`);
		}
		const mode = extension.get("securemode");
		if (mode === undefined || !MODES[kind]?.includes(mode)) {
			const reason = mode === undefined ? "securemode is missing" : `securemode=${mode} is none of authType=${kind}`;
			return refuse(ReturnCode.parameters, reason);
		}
		const application = {
			productKey,
			deviceName,
			random: extension.get("random"),
			// The document's template says signmethod, its table signMethod.
			method: extension.get("signmethod") ?? extension.get("signMethod"),
			sign: request.password,
		};
		if (kind === "register") {
			const outcome = await this.#registrar.secretOf(application);
			if (!outcome.ok) return refuse(returnCodeOf(outcome), outcome.reason);
			const { device } = outcome;
			const push = [message("/ext/register", { productKey, deviceName, deviceSecret: device.deviceSecret })];
			return { outcome: "registration", device, credentials, push, way: kind };
		}
		const outcome = await this.#registrar.tokenFor(application);
		if (!outcome.ok) return refuse(returnCodeOf(outcome), outcome.reason);
		const { device, clientId, deviceToken } = outcome;
		const body = { productKey, deviceName, clientId, deviceToken };
		const push = [message("/ext/regnwl", body), message("/ext/register", body)];
		return { outcome: "registration", device, credentials, push, way: "regnwl" };
	}
}

/** `regnlw`, the document's misprint, is a registration when it brings a random number, else a connection by token. */
function kindOf(credentials: Credentials): "register" | "regnwl" | undefined {
	const kind = authTypeOf(credentials);
	if (kind === "register" || kind === "regnwl") return kind;
	return kind === "regnlw" && credentials.extension.has("random") ? "regnwl" : undefined;
}

/** The document's table knows 2, 3 and 4 for registration. */
function returnCodeOf({ code }: RegistrationRefusal): number {
	return code === "parameters" ? ReturnCode.parameters : ReturnCode.credentials;
}

function message(topic: string, body: object): Push {
	return { topic, payload: Buffer.from(JSON.stringify(body)) };
}
