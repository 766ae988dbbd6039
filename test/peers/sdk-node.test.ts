import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Triple, World } from "../cloud/lib/world";
import { Peer } from "./peer-process";

/** Alibaba's own Node SDK (npm alibabacloud-iot-device-sdk 1.2.8), unchanged, against the local cloud. */
let world: World;
let device: Triple;
const program = fileURLToPath(new URL("sdk-node-device.cjs", import.meta.url));

beforeAll(async () => {
	world = await World.start();
	device = await world.device();
});
afterAll(() => world.stop());

describe("alibabacloud-iot-device-sdk", () => {
	it.each([
		["TCP", "mqtt", "tcp"],
		["TLS", "mqtts", "tls"],
	])("connects, posts and receives over %s", async (_name, scheme, transport) => {
		const { productKey: ProductKey, deviceName: DeviceName } = device;
		const config = {
			...device,
			brokerUrl: `${scheme}://127.0.0.1:${world.cloud.ports.device}/`,
			tls: scheme === "mqtts",
		};
		const peer = new Peer(process.execPath, [program], { NODE_EXTRA_CA_CERTS: world.cloud.caFile }, config);
		await peer.saw("connect");
		await world.event("device.online", (one) => one.transport === transport);
		expect(await peer.saw("post")).toBe(200);
		expect(await peer.saw("event")).toBe(200);
		expect(await peer.saw("tags")).toBe(200);
		expect(await peer.saw("config")).toBe(6710);
		expect(await peer.saw("subscribed")).toBe(0);
		const topic = `/${ProductKey}/${DeviceName}/user/get`;
		await world.admin.call("Pub", {
			ProductKey,
			TopicFullName: topic,
			MessageContent: Buffer.from("hello").toString("base64"),
		});
		expect(await peer.saw("message")).toBe("hello");
		await world.admin.call("SetDeviceProperty", { ProductKey, DeviceName, Items: '{"light":1}' });
		expect(await peer.saw("props")).toEqual({ light: 1 });
		await world.admin.call("InvokeThingService", { ProductKey, DeviceName, Identifier: "reboot", Args: '{"in":5}' });
		expect(await peer.saw("service")).toEqual({ in: 5 });
		expect(await peer.ended()).toBe(0);
		expect(world.cloud.events.since(0).filter((one) => one.type.endsWith("refused"))).toEqual([]);
		const { Data } = await world.admin.call("QueryDevicePropertyStatus", { ProductKey, DeviceName });
		expect(Data.List.PropertyStatusInfo[0]).toMatchObject({ Identifier: "temperature", Value: "21" });
	});

	it("is refused with a wrong secret, and hears so", async () => {
		const config = {
			...device,
			deviceSecret: "0".repeat(32),
			brokerUrl: `mqtt://127.0.0.1:${world.cloud.ports.device}/`,
		};
		const peer = new Peer(process.execPath, [program], {}, config);
		await peer.saw("error");
		peer.kill();
		await world.event("device.refused", (one) => one.returnCode === 4 && one.reason.includes("hmacsha1 signature"));
	});
});
