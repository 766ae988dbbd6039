// A flash file that the local cloud knows: a new product's device "bench", and where its cloud is.
import { readFileSync } from "node:fs";
import { CloudClient } from "../../tools/cloud/client";
import type { Cloud } from "../../tools/cloud/cloud";
import { Key } from "../../tools/lib/crypto";
import { createFlash } from "../../tools/lib/flash-image";
import { openVault } from "../../tools/lib/vault";

interface Burned {
	readonly board: string;
	readonly path: string;
	/** Without it the device boots nothing from there. */
	readonly image?: string;
	readonly product: string;
	/** Where the host's loopback is for the device, when that isn't its own. */
	readonly address?: string;
}

export async function burnedFlash(cloud: Cloud, { board, path, image, product, address }: Burned): Promise<string> {
	createFlash({ board, path, ...(image && { image }) });
	const client = new CloudClient(cloud);
	const { ProductKey } = await client.call("CreateProduct", { ProductName: product });
	const { Data } = await client.call("RegisterDevice", { ProductKey, DeviceName: "bench" });
	const vault = openVault(path);
	vault.write({
		"identity/productKey": ProductKey,
		"identity/deviceName": "bench",
		"identity/deviceSecret": Key.from(Buffer.from(Data.DeviceSecret)),
		"link/host": "localhost",
		"link/address": address,
		"link/port": String(cloud.ports.device),
		"link/root": new Uint8Array(readFileSync(cloud.caFile)),
	});
	vault.close();
	return path;
}
