import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { IClientOptions } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	ask,
	type Carried,
	carried,
	carriedOptions,
	challenge,
	connectCarried,
	id2Product,
	id2World,
	question,
} from "./lib/carried";
import { connectBy, expectRefusal } from "./lib/certified";
import { ManualClock } from "./lib/manual-clock";
import type { World } from "./lib/world";

const clock = new ManualClock();
let world: World;
let product: { productKey: string; productSecret: string };

beforeAll(async () => {
	({ world, product } = await id2World(clock));
});
afterAll(() => world.stop());

const connect = (who: Carried, more?: Parameters<typeof carriedOptions>[3]) => connectCarried(world, who, more);
const refused = (code: number, why: string, options: IClientOptions) => expectRefusal(world, code, why, options);

describe("licences and the white list", () => {
	it("a carrier more than licences: 461, and CONNACK 5 for one that asked before", async () => {
		const small = await id2Product(world, 1);
		const one = await carried(world, small, "first-one");
		const two = await carried(world, small, "second-one");
		const early = await challenge(world, two);
		await (await connect(one)).client.endAsync();
		expect(await ask(world, question(two))).toMatchObject({ code: 461 });
		await refused(5, "no ID² licence left", carriedOptions(world, two, early));
		// Nobody was registered on the way to the refusal.
		await expect(
			world.admin.call("QueryDeviceDetail", { ProductKey: small.productKey, DeviceName: "second-one" }),
		).rejects.toMatchObject({ code: "unknown" });
		await (await connect(one)).client.endAsync();
		await world.admin.call("AssignId2Licences", { ProductKey: small.productKey, Count: 1 });
		await (await connect(two)).client.endAsync();
	});

	it("a device that is removed gives its carrier free, and the licence goes with the carrier", async () => {
		const small = await id2Product(world, 1);
		const one = await carried(world, small, "first-name");
		await (await connect(one)).client.endAsync();
		await world.admin.call("DeleteDevice", { ProductKey: small.productKey, DeviceName: "first-name" });
		await (await connect({ ...one, deviceName: "second-name" })).client.endAsync();
		const { Data } = await world.admin.call("QueryId2Product", { ProductKey: small.productKey });
		expect(Data).toMatchObject({ Licences: 1, Used: 1 });
	});

	it("with the white list on, only devices that were registered", async () => {
		const listed = await id2Product(world, 10);
		await world.admin.call("SetId2WhiteList", { ProductKey: listed.productKey, WhiteList: "devices" });
		const one = await carried(world, listed, "registered");
		expect(await ask(world, question(one))).toMatchObject({ code: 460 });
		await world.device(listed.productKey, "registered");
		await (await connect(one)).client.endAsync();
	});

	it("`carriers`: only devices whose carrier was named, too", async () => {
		const listed = await id2Product(world, 10);
		await world.admin.call("SetId2WhiteList", { ProductKey: listed.productKey, WhiteList: "carriers" });
		const one = await carried(world, listed, "registered");
		const names = { ProductKey: listed.productKey, DeviceName: "registered" };
		await world.device(listed.productKey, "registered");
		expect(await ask(world, question(one))).toMatchObject({ code: 460 });
		await world.admin.call("BindId2Carrier", { ...names, Id2: one.id2 });
		await (await connect(one)).client.endAsync();
		const other = await carried(world, listed, "registered");
		await expect(world.admin.call("BindId2Carrier", { ...names, Id2: other.id2 })).rejects.toMatchObject({
			code: "refused",
		});
		expect(await ask(world, question(other))).toMatchObject({ code: 462 });
	});

	it("is turned on between the challenge and CONNECT: CONNACK 5", async () => {
		const listed = await id2Product(world, 10);
		const one = await carried(world, listed, "in-between");
		const early = await challenge(world, one);
		await world.admin.call("SetId2WhiteList", { ProductKey: listed.productKey, WhiteList: "devices" });
		await refused(5, "the white list is on", carriedOptions(world, one, early));
	});
});

describe("carriers of a batch of chips", () => {
	it("are taken with their keys, once", async () => {
		const key = randomBytes(32);
		const Carrier = [{ Id2: "CHIP00000001", Key: key.toString("hex") }];
		await world.admin.call("ImportId2Carriers", { Carrier });
		await (
			await connect({ ...product, deviceName: "imported", id2: "CHIP00000001", carrierKey: key })
		).client.endAsync();
		await expect(world.admin.call("ImportId2Carriers", { Carrier })).rejects.toMatchObject({ code: "exists" });
		for (const wrong of [
			{ Id2: "no²", Key: "00".repeat(32) },
			{ Id2: "CHIP00000002", Key: "00" },
		])
			await expect(world.admin.call("ImportId2Carriers", { Carrier: [wrong] })).rejects.toMatchObject({
				code: "invalid",
			});
	});

	it("and no key of theirs, nor of a link, is in the database, the journal or an event", async () => {
		const other = await carried(world, product, "secretive");
		const { psk, identity } = await challenge(world, other);
		await (await connectBy(carriedOptions(world, other, { psk, identity }))).client.endAsync();
		const events = JSON.stringify(world.cloud.events.since(0));
		for (const secret of [other.carrierKey, psk]) {
			for (const form of [secret.toString("hex"), secret.toString("base64")]) expect(events).not.toContain(form);
			for (const file of ["cloud.db", "cloud.db-wal", "events.ndjson"]) {
				const bytes = readFileSync(join(world.state, file));
				for (const form of [secret, Buffer.from(secret.toString("hex")), Buffer.from(secret.toString("base64"))])
					expect(bytes.includes(form), file).toBe(false);
			}
		}
	});
});
