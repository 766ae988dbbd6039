import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { World } from "../cloud/lib/world";
import { Peer } from "./peer-process";
import { folder, lacking, python } from "./python-sdk";

/** Alibaba's own Python SDK, unchanged, against the local cloud. */
const program = fileURLToPath(new URL("sdk-python-device.py", import.meta.url));

/** The model that the SDK wants as a file: one property, one event, one service. */
const TSL = {
	events: [
		{ identifier: "post", outputData: [{ identifier: "temperature" }] },
		{ identifier: "alarm", outputData: [{ identifier: "level" }] },
	],
	services: [
		{ identifier: "set", inputData: [{ identifier: "light" }] },
		{ identifier: "reboot", inputData: [] },
	],
};

describe.skipIf(lacking !== undefined)(
	"aliyun-iot-linkkit",
	() => {
		let world: World;
		beforeAll(async () => {
			world = await World.start();
			writeFileSync(join(folder, "tsl.json"), JSON.stringify(TSL));
		});
		afterAll(() => world.stop());

		const run = (device: object, secure: string, protocol: string) =>
			new Peer(
				python,
				[program],
				{},
				{
					...device,
					port: world.cloud.ports.device,
					caFile: world.cloud.caFile,
					secure,
					protocol,
					tsl: join(folder, "tsl.json"),
				},
			);

		it.each([
			["TCP", "MQTT 3.1.1", "", "MQTTv311"],
			["TLS", "MQTT 3.1.1", "TLS", "MQTTv311"],
			["TCP", "MQTT 3.1", "", "MQTTv31"],
			["TLS", "MQTT 3.1", "TLS", "MQTTv31"],
		])(
			"connects, posts and receives over %s by %s",
			// The SDK's two threads write one TLS socket: now and then it breaks off by itself (BAD_LENGTH) and connects anew,
			// whatever the server does. Its publishes are spaced out; where that was not enough, it is given another try.
			{ timeout: 60_000, retry: 2 },
			async (_name, version, secure, protocol) => {
				const device = await world.device();
				const { productKey: ProductKey, deviceName: DeviceName } = device;
				const peer = run(device, secure, protocol);
				expect(await peer.saw("connect")).toBe(0);
				await world.event(
					"device.online",
					(one) =>
						one.deviceName === DeviceName &&
						version === `MQTT ${one.version}` &&
						one.transport === (secure ? "tls" : "tcp"),
				);
				expect(await peer.saw("subscribed")).toEqual([1]);
				expect(await peer.saw("post")).toBe(200);
				expect(await peer.saw("event")).toBe(200);
				const topic = `/${ProductKey}/${DeviceName}/user/get`;
				await world.admin.call("Pub", {
					ProductKey,
					TopicFullName: topic,
					MessageContent: Buffer.from("hello").toString("base64"),
					Qos: 1,
				});
				expect(await peer.saw("message")).toBe("hello");
				await new Promise((resolve) => setTimeout(resolve, 300));
				await world.admin.call("SetDeviceProperty", { ProductKey, DeviceName, Items: '{"light":1}' });
				expect(await peer.saw("props")).toEqual({ light: 1 });
				await new Promise((resolve) => setTimeout(resolve, 300));
				await world.admin.call("InvokeThingService", {
					ProductKey,
					DeviceName,
					Identifier: "reboot",
					Args: '{"in":5}',
				});
				expect(await peer.saw("service")).toEqual(["reboot", { in: 5 }]);
				expect(await peer.ended()).toBe(0);
				expect(world.cloud.events.since(0).filter((one) => one.type.endsWith("refused"))).toEqual([]);
			},
		);
	},
	60_000,
);
