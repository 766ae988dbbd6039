// What a factory does for a device, here for the simulated ones: a product and devices in the cloud.
import type { CloudClient } from "../cloud/client";

/** The product that `npm start` keeps its devices in. */
const PRODUCT_NAME = "linkxs-start";

export interface Provisioned {
	readonly productKey: string;
	readonly deviceName: string;
	readonly deviceSecret: string;
}

async function productKey(client: CloudClient): Promise<string> {
	for (let page = 1; ; page++) {
		const { Data } = await client.call("QueryProductList", { CurrentPage: page, PageSize: 50 });
		const found = Data.List.ProductInfo.find((it) => it.ProductName === PRODUCT_NAME);
		if (found) return found.ProductKey;
		if (page >= Data.PageCount) break;
	}
	return (await client.call("CreateProduct", { ProductName: PRODUCT_NAME })).ProductKey;
}

/** The product's devices: their secrets by name. */
async function secrets(client: CloudClient, ProductKey: string): Promise<Map<string, string>> {
	const known = new Map<string, string>();
	for (let page = 1; ; page++) {
		const { Data, PageCount } = await client.call("QueryDevice", { ProductKey, CurrentPage: page, PageSize: 50 });
		for (const { DeviceName, DeviceSecret } of Data.DeviceInfo) known.set(DeviceName, DeviceSecret);
		if (page >= PageCount) return known;
	}
}

/** `count` devices, `device-1` and on; those of an earlier run stay who they are. */
export async function provision(client: CloudClient, count: number): Promise<Provisioned[]> {
	const ProductKey = await productKey(client);
	const known = await secrets(client, ProductKey);
	const devices: Provisioned[] = [];
	for (let number = 1; number <= count; number++) {
		const DeviceName = `device-${number}`;
		const deviceSecret =
			known.get(DeviceName) ?? (await client.call("RegisterDevice", { ProductKey, DeviceName })).Data.DeviceSecret;
		devices.push({ productKey: ProductKey, deviceName: DeviceName, deviceSecret });
	}
	return devices;
}
