// What a factory does for a device, here for the simulated ones: a product and devices in the cloud, and what is burned
// into each device, for each of the five ways to be somebody.
import type { Changes, Records } from "vault/records";
import type { CloudClient } from "../cloud/client";
import { Key } from "../lib/crypto";

/** The ways, as `--auth` calls them. */
export const auths = ["device", "product", "product-nwl", "x509", "id2"] as const;
export type Auth = (typeof auths)[number];

export interface Provisioned {
	readonly deviceName: string;
	/** Writes into its vault who it is; one that has been it before stays as it is. */
	readonly burn: (vault: Records) => Promise<void>;
}

interface Product {
	readonly ProductKey: string;
	readonly ProductSecret: string;
}

/** The product that `npm start` keeps the devices of one way in. */
async function productOf(client: CloudClient, auth: Auth): Promise<Product> {
	const ProductName = auth === "device" ? "linkxs-start" : `linkxs-start-${auth}`;
	const found = await find(client, ProductName);
	if (found !== undefined) {
		const { Data } = await client.call("QueryProduct", { ProductKey: found });
		return { ProductKey: found, ProductSecret: Data.ProductSecret };
	}
	const { Data } = await client.call("CreateProduct", {
		ProductName,
		AuthType: auth === "x509" || auth === "id2" ? auth : "secret",
		...(auth === "product" || auth === "product-nwl" ? { DynamicRegistration: true } : {}),
	});
	return Data;
}

async function find(client: CloudClient, name: string): Promise<string | undefined> {
	for (let page = 1; ; page++) {
		const { Data } = await client.call("QueryProductList", { CurrentPage: page, PageSize: 50 });
		const found = Data.List.ProductInfo.find((it) => it.ProductName === name);
		if (found || page >= Data.PageCount) return found?.ProductKey;
	}
}

/** The product's devices: their secrets by name. */
async function secretsOf(client: CloudClient, ProductKey: string): Promise<Map<string, string>> {
	const known = new Map<string, string>();
	for (let page = 1; ; page++) {
		const { Data, PageCount } = await client.call("QueryDevice", { ProductKey, CurrentPage: page, PageSize: 50 });
		for (const { DeviceName, DeviceSecret } of Data.DeviceInfo) known.set(DeviceName, DeviceSecret);
		if (page >= PageCount) return known;
	}
}

/** Secrets are texts of ASCII in the cloud's API, and keys in a vault. */
const secret = (text: string): Key => Key.from(Buffer.from(text));

/** An identity in place of whatever there was. */
function replace(vault: Records, identity: Changes): void {
	const gone = Object.fromEntries(vault.names("identity").map((name) => [name, undefined]));
	vault.write({ ...gone, ...identity });
}

/** Makes devices of one product be somebody, each in the product's way. */
class Factory {
	readonly #client: CloudClient;
	readonly #product: Product;
	readonly #known: ReadonlyMap<string, string>;

	constructor(client: CloudClient, product: Product, known: ReadonlyMap<string, string>) {
		this.#client = client;
		this.#product = product;
		this.#known = known;
	}

	/** The deviceSecret of a name that the cloud knows from now on. */
	async #register(DeviceName: string): Promise<string> {
		const known = this.#known.get(DeviceName);
		if (known !== undefined) return known;
		const { ProductKey } = this.#product;
		return (await this.#client.call("RegisterDevice", { ProductKey, DeviceName })).Data.DeviceSecret;
	}

	#names(deviceName: string): Changes {
		return { "identity/productKey": this.#product.ProductKey, "identity/deviceName": deviceName };
	}

	#isOf(vault: Records, deviceName: string): boolean {
		return Object.entries(this.#names(deviceName)).every(([name, value]) => vault.text(name) === value);
	}

	async device(vault: Records, deviceName: string): Promise<void> {
		const deviceSecret = await this.#register(deviceName);
		replace(vault, { ...this.#names(deviceName), "identity/deviceSecret": secret(deviceSecret) });
	}

	/** The product's secret only: the device gets what is its own from the cloud. */
	async #registers(vault: Records, deviceName: string, result: string, more: Changes): Promise<void> {
		if (this.#isOf(vault, deviceName) && vault.has(result)) return;
		const { ProductKey, ProductSecret } = this.#product;
		// A device of that name whose flash is gone: the console's way to let it register again.
		if (this.#known.has(deviceName)) await this.#client.call("ResetThing", { ProductKey, DeviceName: deviceName });
		replace(vault, { ...this.#names(deviceName), "identity/productSecret": secret(ProductSecret), ...more });
	}

	async product(vault: Records, deviceName: string): Promise<void> {
		await this.#register(deviceName);
		await this.#registers(vault, deviceName, "identity/deviceSecret", {});
	}

	async productNwl(vault: Records, deviceName: string): Promise<void> {
		await this.#registers(vault, deviceName, "identity/deviceToken", { "identity/registration": "regnwl" });
	}

	/** No names: the platform tells the device who it is. */
	async x509(vault: Records, DeviceName: string): Promise<void> {
		await this.#register(DeviceName);
		const { ProductKey } = this.#product;
		const { DeviceCertInfo } = await this.#client.call("QueryDeviceCert", { ProductKey, DeviceName });
		const certificate = Buffer.from(DeviceCertInfo.Certificate);
		const present = vault.bytes("identity/certificate");
		if (present && certificate.equals(present)) return;
		replace(vault, {
			"identity/certificate": new Uint8Array(certificate),
			"identity/privateKey": secret(DeviceCertInfo.PrivateKey),
		});
	}

	async id2(vault: Records, deviceName: string): Promise<void> {
		if (this.#isOf(vault, deviceName) && vault.has("identity/id2")) return;
		const { ProductKey, ProductSecret } = this.#product;
		await this.#client.call("AssignId2Licences", { ProductKey, Count: 1 });
		const { Data } = await this.#client.call("CreateId2Carrier", { Count: 1 });
		const [carrier] = Data.Carrier;
		if (!carrier) throw new Error("the cloud made no ID² carrier");
		replace(vault, {
			...this.#names(deviceName),
			"identity/productSecret": secret(ProductSecret),
			"identity/id2": carrier.Id2,
			"identity/carrierKey": Key.from(Buffer.from(carrier.Key, "hex")),
		});
	}
}

/** `count` devices, `device-1` (or `x509-1`, …) and on; those of an earlier run stay who they are. */
export async function provision(client: CloudClient, auth: Auth, count: number): Promise<Provisioned[]> {
	const product = await productOf(client, auth);
	const factory = new Factory(client, product, await secretsOf(client, product.ProductKey));
	const way = auth === "product-nwl" ? "productNwl" : auth;
	return Array.from({ length: count }, (_, index) => {
		const deviceName = `${auth}-${index + 1}`;
		return { deviceName, burn: (vault) => factory[way](vault, deviceName) };
	});
}
