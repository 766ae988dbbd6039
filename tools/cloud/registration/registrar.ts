import { CloudError } from "../errors";
import type { Events } from "../events";
import type { Limits } from "../limits";
import { isSignMethod, sameSignature, sign } from "../mqtt/signature";
import type { Device } from "../store/devices";
import type { Product } from "../store/products";
import type { Store } from "../store/store";

/** What a device says to be told its identity, on whatever road it comes. */
export interface Application {
	productKey: string;
	deviceName: string;
	random: string | undefined;
	method: string | undefined;
	/** sign(productSecret, `deviceName…productKey…random…`), hex. */
	sign: string | undefined;
}

/** Why a registration is refused. */
export type RegistrationCode =
	/** A parameter is missing or malformed. */
	| "parameters"
	| "unknown-product"
	/** Not signed by this product's secret. */
	| "signature"
	/** The product's kind has no such registration: certificates, ID², sub-devices. */
	| "kind"
	/** The product's switch "dynamic registration" is off. */
	| "switched-off"
	| "unknown-device"
	| "disabled"
	/** It was connected with its secret already; ResetThing lets it register again. */
	| "registered"
	/** The name registers in the other way. */
	| "other-way"
	/** All places of physical devices under this name are taken, or of devices in the product. */
	| "full"
	/** The name's physical devices were forbidden, so no new one may come; ResetThing opens it again. */
	| "forbidden";

/** A refusal; `reason` is for the cloud's own events. */
export interface RegistrationRefusal {
	ok: false;
	code: RegistrationCode;
	reason: string;
}

type Outcome<T> = ({ ok: true } & T) | RegistrationRefusal;

function refuse(code: RegistrationCode, reason: string): RegistrationRefusal {
	return { ok: false, code, reason };
}

const NO_NEW_ONE = Object.freeze(
	refuse("forbidden", "physical devices of this name were forbidden: no new one registers until ResetThing"),
);

/**
 * One product, one secret (device-access.txt, 4.3): who proves that it has the product's secret is told its own
 * identity. Whether a name is there is told to nobody who can't prove it.
 */
export class Registrar {
	readonly #store: Store;
	readonly #events: Events;
	readonly #limits: Limits;

	constructor(store: Store, events: Events, limits: Limits) {
		this.#store = store;
		this.#events = events;
		this.#limits = limits;
	}

	/** Pre-registered: the device, whose secret the caller tells. Rejects only when the database fails. */
	async secretOf(application: Application): Promise<Outcome<{ device: Device }>> {
		const proved = await this.#prove(application);
		if (!proved.ok) return proved;
		const { product } = proved;
		if (product.nodeType === 2) return refuse("kind", "a sub-device registers through its gateway only");
		return this.preRegistered(product, application.deviceName);
	}

	/** Without pre-registration: a clientId and a token for one more physical device of this name. */
	async tokenFor(
		application: Application,
	): Promise<Outcome<{ device: Device; clientId: string; deviceToken: string }>> {
		const proved = await this.#prove(application);
		if (!proved.ok) return proved;
		const { product } = proved;
		if (product.nodeType === 2) return refuse("kind", "a sub-device registers through its gateway only");
		const closed = checkProduct(product);
		if (closed) return closed;
		const device = await this.#findOrMake(application);
		if ("ok" in device) return device;
		if (!device.byToken) return refuse("other-way", "the name is pre-registered: it registers by authType=register");
		if (device.disabled) return refuse("disabled", "the device is disabled");
		if (await this.#anyForbidden(device)) return NO_NEW_ONE;
		const most = this.#limits.clientIds;
		const issued = await this.#store.tokens.issue(device.iotId, most);
		if (!issued) {
			return refuse("full", `${most} physical devices have registered under this name: no more until ResetThing`);
		}
		// The others may have been forbidden in between: then there was to be no new one.
		if (await this.#anyForbidden(device)) {
			await this.#store.tokens.remove(device.iotId, issued.clientId);
			return NO_NEW_ONE;
		}
		return { ok: true, device, ...issued };
	}

	/** A sub-device's proof by its product's secret, where a gateway hands one on. */
	async proxied(application: Application): Promise<Outcome<{ product: Product }>> {
		return this.#prove(application);
	}

	/** The device of that name, if it may be told its secret now. */
	async preRegistered(product: Product, deviceName: string): Promise<Outcome<{ device: Device }>> {
		const closed = checkProduct(product);
		if (closed) return closed;
		const device = await this.#store.devices.find({ productKey: product.productKey, deviceName });
		if (!device) return refuse("unknown-device", "there is no such device: it has to be pre-registered");
		if (device.byToken) return refuse("other-way", "the name registers without pre-registration, by authType=regnwl");
		if (device.disabled) return refuse("disabled", "the device is disabled");
		if (device.registered) {
			const reason =
				"the device is active: its secret went to one physical device already, and ResetThing allows another";
			return refuse("registered", reason);
		}
		return { ok: true, device };
	}

	async #prove({
		productKey,
		deviceName,
		random,
		method,
		sign: given,
	}: Application): Promise<Outcome<{ product: Product }>> {
		if (!productKey || !deviceName) return refuse("parameters", "productKey or deviceName is missing");
		if (!random) return refuse("parameters", "random is missing");
		if (method === undefined || !isSignMethod(method)) {
			return refuse("parameters", method === undefined ? "signmethod is missing" : `signmethod=${method} is unknown`);
		}
		if (!given) return refuse("parameters", "the signature is missing");
		const product = await this.#store.products.find(productKey);
		if (!product) return refuse("unknown-product", "there is no such product");
		if (!sameSignature(given, sign(method, product.productSecret, { productKey, deviceName, random }))) {
			return refuse("signature", `the ${method} signature by the productSecret is wrong`);
		}
		return { ok: true, product };
	}

	async #anyForbidden({ iotId }: Device): Promise<boolean> {
		return (await this.#store.tokens.list(iotId)).some((one) => one.forbidden);
	}

	async #findOrMake({ productKey, deviceName }: Application): Promise<Device | RegistrationRefusal> {
		const { devices } = this.#store;
		const known = await devices.find({ productKey, deviceName });
		if (known) return known;
		try {
			const made = await devices.register(productKey, deviceName, undefined, true);
			this.#events.emit({ type: "device.created", productKey, deviceName });
			return made;
		} catch (error) {
			if (!(error instanceof CloudError)) throw error;
			// Two physical devices at once: the other made it.
			if (error.code === "exists") return devices.get({ productKey, deviceName });
			return refuse(error.code === "refused" ? "full" : "parameters", error.message);
		}
	}
}

function checkProduct({ authType, dynamicRegistration }: Product): RegistrationRefusal | undefined {
	if (authType !== "secret") {
		return refuse("kind", `devices of this product prove themselves by ${authType}, and register in no other way`);
	}
	return dynamicRegistration ? undefined : refuse("switched-off", "the product's dynamic registration is switched off");
}
