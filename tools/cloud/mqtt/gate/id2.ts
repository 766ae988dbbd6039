import type { Events } from "../../events";
import { ID2_FAULTS, type Id2Fault } from "../../store/carriers";
import type { Store } from "../../store/store";
import type { Credentials } from "../credentials";
import { DEFAULT_METHOD, isSignMethod } from "../signature";
import { type Admission, authTypeOf, type ConnectRequest, checkKeepAlive, ReturnCode, refuser, type Way } from "./way";

const RETURN_CODES: Readonly<Record<Id2Fault, number>> = Object.freeze({
	name: ReturnCode.parameters,
	unknown: ReturnCode.credentials,
	"white-list": ReturnCode.notAuthorized,
	licences: ReturnCode.notAuthorized,
	"other-carrier": ReturnCode.notAuthorized,
	"other-device": ReturnCode.notAuthorized,
	disabled: ReturnCode.notAuthorized,
	devices: ReturnCode.notAuthorized,
});

/**
 * ID²: the TLS connection itself has proved the carrier and, by the challenge, the names it goes with. The password, made
 * with a deviceSecret that may be anything, is not looked at (DA 801).
 */
export class Id2Way implements Way {
	readonly #store: Pick<Store, "carriers" | "products">;
	readonly #events: Events;

	constructor(store: Pick<Store, "carriers" | "products">, events: Events) {
		this.#store = store;
		this.#events = events;
	}

	claims({ proof }: ConnectRequest, credentials: Credentials): boolean {
		return proof?.kind === "shared-key" || authTypeOf(credentials) === "id2";
	}

	async admit({ proof, transport, keepAlive }: ConnectRequest, credentials: Credentials): Promise<Admission> {
		const refuse = refuser(credentials);
		const { extension, productKey, deviceName } = credentials;
		const mode = extension.get("securemode");
		const method = extension.get("signmethod") ?? DEFAULT_METHOD;
		const kind = authTypeOf(credentials);
		const malformed =
			(kind === "id2" ? undefined : `authType=${kind ?? ""} over a connection that ID² has proved`) ??
			(mode === "8" ? undefined : `securemode=${mode ?? ""} is not that of ID², which is 8`) ??
			(transport === "tls" ? undefined : "securemode=8 needs TLS, but this is plain TCP") ??
			(isSignMethod(method) ? undefined : `signmethod=${method} is unknown`) ??
			checkKeepAlive(keepAlive, extension.get("_v"));
		if (malformed !== undefined) return refuse(ReturnCode.parameters, malformed);
		if (proof?.kind !== "shared-key")
			return refuse(ReturnCode.credentials, "this TLS connection was not made with an ID² challenge's key");
		const { id2 } = proof;
		if (proof.productKey !== productKey || proof.deviceName !== deviceName)
			return refuse(ReturnCode.credentials, `the challenge was ${proof.productKey}/${proof.deviceName}'s`);
		const product = await this.#store.products.find(productKey);
		if (product?.authType !== "id2") return refuse(ReturnCode.credentials, "there is no such ID² product");
		if (product.nodeType === 2)
			return refuse(ReturnCode.notAuthorized, "a sub-device connects through its gateway only");
		const entered = await this.#store.carriers.enter({ productKey, deviceName, id2 });
		if (typeof entered === "string") return refuse(RETURN_CODES[entered], `${ID2_FAULTS[entered]} (${id2})`);
		if (entered.created) this.#events.emit({ type: "device.created", productKey, deviceName });
		if (entered.licensed) this.#events.emit({ type: "id2.licensed", productKey, deviceName, id2 });
		return { outcome: "session", device: entered.device, product, credentials };
	}
}
