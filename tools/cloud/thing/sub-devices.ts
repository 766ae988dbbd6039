import type { Events } from "../events";
import type { Limits } from "../limits";
import type { Session } from "../mqtt/session";
import { isSignMethod, sameSignature, sign } from "../mqtt/signature";
import { REGISTRATION_CODES, REGISTRATION_MESSAGES } from "../registration/codes";
import type { Registrar, RegistrationRefusal } from "../registration/registrar";
import type { Device } from "../store/devices";
import type { Store } from "../store/store";
import { Code, isObject } from "./alink";
import type { Answer } from "./replies";

export interface SubDevicesOptions {
	store: Store;
	events: Events;
	limits: Limits;
	registrar: Registrar;
}

/** How many sub-devices one request may name; the platform's number for topo/add. */
const REQUEST_MAX = 30;

/** A sub-device that a request can't be fulfilled for. */
class Refused extends Error {
	override readonly name = "Refused";
	readonly code: number;

	constructor(code: number, message: string) {
		super(message);
		this.code = code;
	}
}

/**
 * A gateway's requests for its sub-devices: their registration (device-access.txt, 4.3, behind a gateway) and the
 * topology. All of a request or nothing is done, but for product_register, whose answer tells them apart.
 */
export class SubDevices {
	readonly #options: SubDevicesOptions;
	readonly #handlers: ReadonlyMap<string, (gateway: Session, params: unknown) => Promise<unknown>>;

	constructor(options: SubDevicesOptions) {
		this.#options = options;
		this.#handlers = new Map([
			["thing/sub/register", (gateway: Session, params: unknown) => this.#register(gateway, params)],
			["thing/proxy/provisioning/product_register", (gateway, params) => this.#registerProved(gateway, params)],
			["thing/topo/add", (gateway, params) => this.#add(gateway, params)],
			["thing/topo/delete", (gateway, params) => this.#delete(gateway, params)],
			["thing/topo/get", (gateway) => this.#get(gateway)],
		]);
	}

	/** Whether requests on this topic below /sys/P/D/ are for `answer`. */
	serves(path: string): boolean {
		return this.#handlers.has(path);
	}

	/** Answers a request. Rejects only when the database fails. */
	async answer(gateway: Session, path: string, params: unknown): Promise<Answer> {
		try {
			const data = await this.#handlers.get(path)?.(gateway, params);
			return { code: Code.success, data };
		} catch (error) {
			if (!(error instanceof Refused)) throw error;
			const reason = `${path}: ${error.message}`;
			const { productKey, deviceName } = gateway;
			this.#options.events.emit({ type: "device.notice", productKey, deviceName, reason });
			return { code: error.code, data: {}, message: error.message };
		}
	}

	/** `thing/sub/register`: pre-registered sub-devices are told their secrets. */
	async #register(gateway: Session, params: unknown): Promise<unknown> {
		const devices = [];
		for (const one of namesIn(gateway, params)) devices.push(await this.#toRegister(gateway, one));
		return devices.map((device) => this.#told(gateway, device));
	}

	/** `product_register`: the same, where each sub-device proves that it has its product's secret. */
	async #registerProved(gateway: Session, params: unknown): Promise<unknown> {
		const successes = [];
		const failures = [];
		for (const one of namesIn(gateway, isObject(params) ? params["proxieds"] : undefined)) {
			try {
				const method = methodOf(one.fields);
				const application = {
					...one.names,
					method,
					random: text(one.fields["random"]),
					sign: text(one.fields["sign"]),
				};
				const proved = await this.#options.registrar.proxied(application);
				if (!proved.ok) throw this.#refused(gateway, one.names, proved);
				successes.push(this.#told(gateway, await this.#toRegister(gateway, one)));
			} catch (error) {
				if (!(error instanceof Refused)) throw error;
				failures.push({ ...one.names, code: error.code, message: error.message });
			}
		}
		return { successes, failures };
	}

	/** The pre-registered sub-device, if it may be told its secret: to its own gateway again and again. */
	async #toRegister(gateway: Session, { names }: Named): Promise<Device> {
		const { store, registrar } = this.#options;
		const product = await store.products.find(names.productKey);
		if (!product) throw new Refused(6250, "product not found");
		if (product.nodeType !== 2) throw new Refused(REGISTRATION_CODES.kind, "not a sub-device's product");
		const known = await store.devices.find(names);
		const behind = known && (await store.topology.gatewayOf(known.iotId));
		if (behind !== undefined && behind !== gateway.device.iotId) {
			throw new Refused(6619, "device is behind another gateway");
		}
		// A gateway that lost the secrets of its sub-devices asks again; it proved them when it added them, and the product's
		// switch is for new ones.
		const own = behind !== undefined && known?.registered === true;
		if (own && product.authType === "secret" && !known.disabled) return known;
		const outcome = await registrar.preRegistered(product, names.deviceName);
		if (outcome.ok) return outcome.device;
		throw this.#refused(gateway, names, outcome);
	}

	#told(gateway: Session, { iotId, productKey, deviceName, deviceSecret }: Device): unknown {
		const { remote, transport } = gateway;
		this.#options.events.emit({
			type: "device.registered",
			productKey,
			deviceName,
			remote,
			transport,
			way: "sub-device",
		});
		return { iotId, productKey, deviceName, deviceSecret };
	}

	#refused({ remote }: Session, names: Names, { code: kind, reason }: RegistrationRefusal): Refused {
		const code = REGISTRATION_CODES[kind];
		this.#options.events.emit({ type: "registration.refused", remote, way: "sub-device", code, reason, ...names });
		return new Refused(code, REGISTRATION_MESSAGES[kind]);
	}

	/** `thing/topo/add`: each sub-device signs with its own secret, so a newer gateway of it takes it over. */
	async #add(gateway: Session, params: unknown): Promise<unknown> {
		const { store, events, limits } = this.#options;
		const devices: Device[] = [];
		for (const { names, fields } of namesIn(gateway, params)) devices.push(await this.#proved(names, fields));
		const ids = devices.map((device) => device.iotId);
		if (!(await store.topology.add(gateway.device.iotId, ids, limits.subDevices))) {
			throw new Refused(6400, `a gateway has at most ${limits.subDevices} sub-devices`);
		}
		const { productKey, deviceName } = gateway;
		for (const device of devices) {
			await store.devices.setRegistered(device.iotId, true);
			const sub = `${device.productKey}/${device.deviceName}`;
			events.emit({ type: "topology.added", productKey, deviceName, sub });
		}
		return devices.map(({ productKey, deviceName }) => ({ productKey, deviceName }));
	}

	async #proved(names: Names, fields: Record<string, unknown>): Promise<Device> {
		const { store } = this.#options;
		const product = await store.products.find(names.productKey);
		if (!product) throw new Refused(6250, "product not found");
		if (product.nodeType !== 2) throw new Refused(Code.parameters, "not a sub-device's product");
		const device = await store.devices.find(names);
		if (!device) throw new Refused(6100, "device not found");
		const method = methodOf(fields);
		if (method === undefined || !isSignMethod(method)) throw new Refused(Code.parameters, "unknown signmethod");
		const right = sign(method, device.deviceSecret, signed(fields));
		if (!sameSignature(text(fields["sign"]) ?? "", right)) throw new Refused(401, "request auth error");
		if (device.disabled) throw new Refused(6204, "device is disabled");
		return device;
	}

	/** `thing/topo/delete`. */
	async #delete(gateway: Session, params: unknown): Promise<unknown> {
		const { store, events } = this.#options;
		const devices: Device[] = [];
		for (const { names } of namesIn(gateway, params)) {
			const device = await store.devices.find(names);
			if (!device) throw new Refused(6100, "device not found");
			if ((await store.topology.gatewayOf(device.iotId)) !== gateway.device.iotId) {
				throw new Refused(6401, "topo relation not exist");
			}
			devices.push(device);
		}
		const { productKey, deviceName } = gateway;
		for (const device of devices) {
			await store.topology.remove(gateway.device.iotId, device.iotId);
			const sub = `${device.productKey}/${device.deviceName}`;
			events.emit({ type: "topology.deleted", productKey, deviceName, sub });
		}
		return {};
	}

	/** `thing/topo/get`. */
	async #get(gateway: Session): Promise<unknown> {
		if (gateway.product.nodeType !== 1) return [];
		const { store, limits } = this.#options;
		const { rows } = await store.topology.list(gateway.device.iotId, 1, limits.subDevices);
		return rows.map(({ productKey, deviceName }) => ({ productKey, deviceName }));
	}
}

interface Names {
	productKey: string;
	deviceName: string;
}

/** A sub-device as a request names it, with all its fields. */
interface Named {
	names: Names;
	fields: Record<string, unknown>;
}

/** The sub-devices of a request; a single one need not be in a list. Throws what is wrong with them, or with who asks. */
function namesIn(gateway: Session, params: unknown): Named[] {
	if (gateway.product.nodeType !== 1) throw new Refused(401, "not a gateway");
	const list: readonly unknown[] = Array.isArray(params) ? params : [params];
	if (list.length === 0 || list.length > REQUEST_MAX) throw new Refused(Code.parameters, `1 to ${REQUEST_MAX} devices`);
	return list.map((fields) => {
		const productKey = isObject(fields) ? text(fields["productKey"]) : undefined;
		const deviceName = isObject(fields) ? text(fields["deviceName"]) : undefined;
		if (!isObject(fields) || !productKey || !deviceName) {
			throw new Refused(Code.parameters, "productKey and deviceName are missing");
		}
		if (productKey === gateway.productKey && deviceName === gateway.deviceName) {
			throw new Refused(6402, "topo relation cannot add by self");
		}
		return { names: { productKey, deviceName }, fields };
	});
}

/** The sign method under either of its names, whose case SDKs don't agree on either (STOCK-CLIENTS fact 9). */
function methodOf(fields: Record<string, unknown>): string | undefined {
	return text(fields["signMethod"]) ?? text(fields["signmethod"]);
}

/** What is signed: every parameter but these, exactly as it was submitted, a clientId's `|…|` included (fact 9). */
function signed(fields: Record<string, unknown>): Record<string, string> {
	const parameters: Record<string, string> = {};
	for (const [name, value] of Object.entries(fields)) {
		if (name === "sign" || name.toLowerCase() === "signmethod") continue;
		const written = typeof value === "number" ? String(value) : text(value);
		if (written === undefined) throw new Refused(Code.parameters, `${name} is neither text nor a number`);
		parameters[name] = written;
	}
	return parameters;
}

function text(value: unknown): string | undefined {
	return typeof value === "string" ? value : undefined;
}
