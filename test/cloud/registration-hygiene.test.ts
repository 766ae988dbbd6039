import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { byToken, type ProductSecret, post, productOf, proof, refused, registered } from "./lib/registrant";
import { type Triple, World } from "./lib/world";

/** Where a device is in the wrong place, and that nothing of what registration tells is told to anybody else. */
let world: World;
let product: ProductSecret;
const lines: string[] = [];

beforeAll(async () => {
	world = await World.start({ log: (line) => lines.push(line) });
	product = await productOf(world);
});
afterAll(() => world.stop());

describe("a cloud stands for one region", () => {
	const host = (region: string) => `a1.iot-as-mqtt.${region}.aliyuncs.com`;
	const reason = (region: string) =>
		world.event("device.refused", (one) => one.reason.includes(`host of the region ${region}`));

	it("whoever asks by TLS for a host of another is refused with CONNACK 4, whatever its way", async () => {
		const device = await world.device(product.productKey);
		for (const region of ["cn-beijing", "ap-southeast-1", "us-east-1"]) {
			expect(await world.refusal(device, { tls: true, servername: host(region) })).toBe(4);
			await reason(region);
		}
		expect(await refused(world, product, device.deviceName, { servername: host("cn-beijing") })).toBe(4);
		const kind = { kind: "regnwl" };
		expect(await refused(world, product, "other", { ...kind, servername: host("cn-beijing") })).toBe(4);
		const told = await registered(world, product, "other", kind);
		const named = { tls: true, servername: host("cn-beijing"), ...byToken(told) };
		expect(await world.refusal({ productKey: product.productKey, deviceName: "other", deviceSecret: "" }, named)).toBe(
			4,
		);
	});

	it.each([
		["its own region", host("cn-shanghai")],
		["a bought instance, whose name has no region", "iot-x.mqtt.iothub.aliyuncs.com"],
		["its own name", "localhost"],
		["none, as clients that go by address do", undefined],
	])("%s is taken", async (_name, servername) => {
		const device = await world.device(product.productKey);
		await (await world.connect(device, { tls: true, ...(servername && { servername }) })).endAsync();
	});

	it("which one is a setting", async () => {
		const other = await World.start({ region: "cn-beijing" });
		const device = await other.device();
		await (await other.connect(device, { tls: true, servername: host("cn-beijing") })).endAsync();
		expect(await other.refusal(device, { tls: true, servername: host("cn-shanghai") })).toBe(4);
		await other.stop();
	});
});

describe("no secret is told to anybody but the device", () => {
	it("not by an event, a log line, the journal or a device's history, whatever way it registered", async () => {
		const told = new Set<string>([product.productSecret]);
		const device = await world.device(product.productKey);
		const names = { ProductKey: device.productKey, DeviceName: device.deviceName };
		told.add((await registered(world, product, device.deviceName))["deviceSecret"] ?? "");
		const kept = await registered(world, product, "hidden", { kind: "regnwl" });
		told.add(kept["deviceToken"] ?? "");
		await (
			await world.connect(
				{ productKey: product.productKey, deviceName: "hidden", deviceSecret: "" },
				{
					tls: true,
					...byToken(kept),
				},
			)
		).endAsync();
		const random = "1";
		const sign = proof(product, device.deviceName, random, "hmacsha1");
		const form = {
			productKey: product.productKey,
			deviceName: device.deviceName,
			random,
			sign,
			signMethod: "hmacsha1",
		};
		const { text } = await post(world, form);
		expect((JSON.parse(text) as { data: Triple }).data.deviceSecret).toBe(device.deviceSecret);
		expect(await refused(world, { ...product, productSecret: "wrong" }, device.deviceName)).toBe(4);
		await (await world.connect(device)).endAsync();
		const down = await world.event("message.down", (one) => one.topic === "/ext/register");
		expect(down.payload).toBe("(secret, not shown)");
		const history = await world.admin.call("QueryMessages", { ...names, Count: 200 });
		const events = world.cloud.events.since(0);
		await world.stop(true);
		const journal = readFileSync(join(world.state, "events.ndjson"), "utf8");
		const all = [JSON.stringify(events), lines.join("\n"), journal, JSON.stringify(history)];
		expect(told.size).toBe(3);
		for (const secret of told) {
			expect(secret.length).toBeGreaterThanOrEqual(16);
			for (const one of all) expect(one).not.toContain(secret);
		}
		// The database keeps tokens as hashes: who reads it can't pose as the device.
		const database = ["", "-wal"].map((end) => {
			try {
				return readFileSync(join(world.state, `cloud.db${end}`), "latin1");
			} catch {
				return "";
			}
		});
		expect(database.join("")).not.toContain(kept["deviceToken"]);
		expect(database.join("")).toContain(kept["clientId"]);
	});
});
