import { createHmac, randomBytes } from "node:crypto";
import type { IClientOptions } from "mqtt";
import type { Clock } from "../../../tools/cloud/clock";
import { noteSecret } from "../../lib/transcript";
import { type Connected, connectBy } from "./certified";
import { World } from "./world";

/** An ID² device, its messages made here by hand and not with the cloud's or the device's own code. */
export interface Carried {
	productKey: string;
	productSecret: string;
	deviceName: string;
	id2: string;
	carrierKey: Buffer;
}

/** An ID² product with so many licences. */
export async function id2Product(
	world: World,
	licences: number,
): Promise<{ productKey: string; productSecret: string }> {
	const ProductKey = await world.product({ AuthType: "id2" });
	if (licences > 0) await world.admin.call("AssignId2Licences", { ProductKey, Count: licences });
	const { Data } = await world.admin.call("QueryProduct", { ProductKey });
	return { productKey: ProductKey, productSecret: Data.ProductSecret };
}

/** A cloud with a product of ID² devices, which has plenty of licences. */
export async function id2World(clock: Clock) {
	const world = await World.start({ clock });
	return { world, product: await id2Product(world, 100) };
}

/** A device of that product with a carrier that the cloud knows. */
export async function carried(
	world: World,
	product: { productKey: string; productSecret: string },
	deviceName: string,
): Promise<Carried> {
	const { Data } = await world.admin.call("CreateId2Carrier", {});
	const made = Data.Carrier[0];
	if (!made) throw new Error("no carrier");
	const carrierKey = Buffer.from(made.Key, "hex");
	noteSecret("carrier key", carrierKey);
	return { ...product, deviceName, id2: made.Id2, carrierKey };
}

/** The request for a challenge, and its parts for who spoils them. */
export function question(device: Carried, random = randomBytes(16)): Record<string, string> {
	const { productKey, productSecret, deviceName, id2 } = device;
	const hex = random.toString("hex");
	const content = `deviceName${deviceName}id2${id2}productKey${productKey}random${hex}`;
	const sign = createHmac("sha256", productSecret).update(content).digest("hex").toUpperCase();
	return { productKey, deviceName, id2, random: hex, signmethod: "hmacsha256", sign };
}

export interface Answer {
	code: number;
	message: string;
	data?: { challenge: string; proof: string };
}

export async function ask(world: World, body: object | string): Promise<Answer> {
	const url = `http://127.0.0.1:${world.cloud.ports.device}/auth/id2/challenge`;
	const response = await fetch(url, {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: typeof body === "string" ? body : JSON.stringify(body),
	});
	return (await response.json()) as Answer;
}

/** What both sides make of a challenge. */
export function keysOf({ productKey, deviceName, id2, carrierKey }: Carried, random: string, challenge: string) {
	const mac = (label: string) =>
		createHmac("sha256", carrierKey)
			.update(`${label}\0${productKey}\0${deviceName}\0${id2}\0`)
			.update(Buffer.from(random + challenge, "hex"))
			.digest();
	return { proof: mac("id2 server").toString("hex"), psk: mac("id2 psk"), identity: `id2|${challenge}` };
}

/** A challenge, checked; what TLS needs. */
export async function challenge(world: World, device: Carried): Promise<{ psk: Buffer; identity: string }> {
	const asked = question(device);
	const { code, message, data } = await ask(world, asked);
	if (code !== 200 || !data) throw new Error(`${code} ${message}`);
	const { proof, psk, identity } = keysOf(device, asked["random"] ?? "", data.challenge);
	noteSecret("ID² link key", psk);
	if (proof !== data.proof) throw new Error("the cloud did not prove that it knows the carrier");
	return { psk, identity };
}

/** MQTT.js's options of a connection over TLS with a shared key. */
export function carriedOptions(
	world: World,
	{ productKey, deviceName }: Pick<Carried, "productKey" | "deviceName">,
	key: { psk: Buffer; identity: string },
	more: IClientOptions & { ciphers?: string; extension?: string } = {},
): IClientOptions {
	const { extension = "securemode=8,signmethod=hmacsha1,timestamp=2524608000000,authtype=id2", ...rest } = more;
	const options = {
		protocol: "mqtts" as const,
		host: "127.0.0.1",
		port: world.cloud.ports.device,
		ciphers: "PSK-AES128-GCM-SHA256",
		maxVersion: "TLSv1.2" as const,
		pskCallback: () => key,
		checkServerIdentity: () => undefined,
		clientId: `test|${extension}|`,
		username: `${deviceName}&${productKey}`,
		password: "whatever",
		keepalive: 60,
		reconnectPeriod: 0,
		clean: true,
		protocolVersion: 4 as const,
		...rest,
	};
	return options as IClientOptions;
}

/** Connects after a challenge of its own. */
export async function connectCarried(
	world: World,
	device: Carried,
	more?: Parameters<typeof carriedOptions>[3],
): Promise<Connected> {
	return connectBy(carriedOptions(world, device, await challenge(world, device), more));
}
