import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ProductSecret, productOf } from "../cloud/lib/registrant";
import { World } from "../cloud/lib/world";
import { Peer } from "./peer-process";

/** Alibaba's own Node SDK, unchanged, against the local cloud: product secret over HTTPS, and as a gateway. */
let world: World;
let product: ProductSecret;
const program = (name: string) => fileURLToPath(new URL(name, import.meta.url));

beforeAll(async () => {
	world = await World.start();
	product = await productOf(world);
});
afterAll(() => world.stop());

const run = (name: string, config: object) =>
	new Peer(process.execPath, [program(name)], { NODE_EXTRA_CA_CERTS: world.cloud.caFile }, config);

describe("alibabacloud-iot-device-sdk", () => {
	const register = (deviceName: string, secret = product.productSecret) => {
		const at = `127.0.0.1:${world.cloud.ports.device}`;
		return run("sdk-node-register.cjs", {
			productKey: product.productKey,
			productSecret: secret,
			deviceName,
			registerURL: `https://${at}/auth/register/device`,
			brokerUrl: `mqtts://${at}/`,
		});
	};

	it("registers by product secret over HTTPS, connects and posts; a second one of the name is refused", async () => {
		const { deviceName } = await world.device(product.productKey);
		const peer = register(deviceName);
		expect(await peer.saw("registered")).toBe(200);
		await world.event("device.registered", (one) => one.deviceName === deviceName && one.way === "https");
		await peer.saw("connect");
		expect(await peer.saw("post")).toBe(200);
		expect(await peer.ended()).toBe(0);
		const second = register(deviceName);
		expect(await second.saw("registered")).toBe("6289 device is active already");
		expect(await second.ended()).toBe(0);
	});

	it("hears why it is refused", async () => {
		expect(await register("stranger").saw("registered")).toBe("6100 device not found");
		expect(await register("stranger", "wrong").saw("registered")).toBe("401 request auth error");
	});

	it("as a gateway registers a sub-device and keeps its topology", async () => {
		const subs = await productOf(world, { NodeType: 2 });
		const { productKey, deviceName } = await world.device(subs.productKey);
		const sub = { productKey, deviceName };
		const gateway = await world.device(await world.product({ NodeType: 1 }));
		const brokerUrl = `mqtts://127.0.0.1:${world.cloud.ports.device}/`;
		const peer = run("sdk-node-gateway.cjs", { ...gateway, brokerUrl, tls: true, sub });
		expect(await peer.saw("registered")).toBe(200);
		expect(await peer.saw("added")).toEqual([200, [sub]]);
		expect(await peer.saw("topology")).toEqual([sub]);
		expect(await peer.saw("removed")).toBe(200);
		expect(await peer.ended()).toBe(0);
	});
});
