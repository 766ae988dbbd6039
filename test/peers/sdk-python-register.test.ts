import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ProductSecret, productOf } from "../cloud/lib/registrant";
import { World } from "../cloud/lib/world";
import { Peer } from "./peer-process";
import { folder, lacking, python } from "./python-sdk";

/** Alibaba's own Python SDK, unchanged, against the local cloud: product secret over MQTT, and as a gateway. */
const tsl = join(folder, "register-tsl.json");

describe.skipIf(lacking !== undefined)(
	"aliyun-iot-linkkit",
	() => {
		let world: World;
		let product: ProductSecret;
		beforeAll(async () => {
			world = await World.start();
			product = await productOf(world);
			const events = [{ identifier: "post", outputData: [{ identifier: "temperature" }] }];
			writeFileSync(tsl, JSON.stringify({ events, services: [] }));
		});
		afterAll(() => world.stop());

		const run = (name: string, config: object) =>
			new Peer(
				python,
				[fileURLToPath(new URL(name, import.meta.url))],
				{},
				{ port: world.cloud.ports.device, caFile: world.cloud.caFile, tsl, ...config },
			);

		// The SDK's two threads write one TLS socket, which now and then breaks off by itself: as in sdk-python.test.ts.
		const often = { timeout: 60_000, retry: 2 };

		it(
			"registers pre-registered over MQTT, connects and posts; once it is active, another is refused",
			often,
			async () => {
				const { deviceName } = await world.device(product.productKey);
				const peer = run("sdk-python-register.py", { ...product, deviceName, authType: "register" });
				expect(await peer.saw("registered")).toBe(0);
				await world.event("device.registered", (one) => one.deviceName === deviceName && one.way === "register");
				expect(await peer.saw("connect")).toBe(0);
				expect(await peer.saw("post")).toBe(200);
				expect(await peer.ended()).toBe(0);
				const second = run("sdk-python-register.py", { ...product, deviceName, authType: "register" });
				// One of the SDK's own error codes.
				expect(await second.saw("registered")).not.toBe(0);
				await world.event("device.refused", (one) => one.deviceName === deviceName && one.returnCode === 4);
				second.kill();
			},
		);

		it.each([
			["a public instance's form", undefined],
			["a bought instance's form", "iot-test"],
		])("registers without pre-registration in %s, and connects by its token", often, async (_name, instanceId) => {
			const deviceName = `sim-${Math.random().toString(36).slice(2, 10)}`;
			const peer = run("sdk-python-register.py", { ...product, deviceName, authType: "regnwl", instanceId });
			expect(await peer.saw("registered")).toBe(0);
			await world.event("device.registered", (one) => one.deviceName === deviceName && one.way === "regnwl");
			expect(await peer.saw("connect")).toBe(0);
			expect(await peer.saw("post")).toBe(200);
			expect(await peer.ended()).toBe(0);
			const names = { ProductKey: product.productKey, DeviceName: deviceName };
			const { Data } = await world.admin.call("QueryDeviceClientIds", names);
			expect(Data.ClientIdInfo).toMatchObject([{ Forbidden: false, UtcFirstOnline: expect.stringContaining("T") }]);
		});

		it("as a gateway registers a sub-device in both ways and keeps its topology", often, async () => {
			const subs = await productOf(world, { NodeType: 2 });
			const { productKey, deviceName } = await world.device(subs.productKey);
			const gateway = await world.device(await world.product({ NodeType: 1 }));
			const peer = run("sdk-python-gateway.py", { ...gateway, sub: { ...subs, deviceName } });
			expect(await peer.saw("registered")).toBe(200);
			expect(await peer.saw("proved")).toEqual([200, true, []]);
			expect(await peer.saw("added")).toEqual([200, [{ productKey, deviceName }]]);
			expect(await peer.saw("removed")).toBe(200);
			expect(await peer.ended()).toBe(0);
		});
	},
	60_000,
);
