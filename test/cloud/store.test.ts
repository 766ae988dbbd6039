import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../tools/cloud/store/database";
import { PENDING_AGE, PENDING_MAX } from "../../tools/cloud/store/pending";
import type { Schema } from "../../tools/cloud/store/schema";
import { Store } from "../../tools/cloud/store/store";
import { userPattern } from "../../tools/cloud/topics/class";
import { ManualClock } from "./lib/manual-clock";
import { openPostgres } from "./lib/postgres";

const folder = mkdtempSync(join(tmpdir(), "linkxs-store-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
	["SQLite", () => openDatabase(join(folder, "cloud.db"))],
	["PostgreSQL", openPostgres],
])("the same schema and store on %s", (_name, open) => {
	const clock = new ManualClock();
	const errors: unknown[] = [];
	let db: Kysely<Schema>;
	let store: Store;
	beforeAll(async () => {
		db = await open();
		store = new Store(db, clock, (error) => errors.push(error));
	}, 60_000);
	afterAll(() => store.close());

	it("products, devices, topic classes", async () => {
		const product = await store.products.create({ name: "thermo", nodeType: 1 });
		expect(await store.products.get(product.productKey)).toEqual(product);
		const device = await store.devices.register(product.productKey, "dev1");
		expect(await store.devices.get({ iotId: device.iotId })).toEqual(device);
		expect((await store.products.list(1, 10)).rows).toMatchObject([{ devices: 1, name: "thermo" }]);
		clock.advance(1000);
		expect(await store.devices.cameOnline(device, "::1", true, false)).toBe(true);
		expect(await store.devices.get(device)).toMatchObject({
			activatedAt: clock.now(),
			onlineAt: clock.now(),
			autoSubscribe: true,
			cleanSession: false,
		});
		const id = await store.topicClasses.create(product.productKey, userPattern(product.productKey, "x"), "ALL");
		expect(await store.topicClasses.load(product.productKey)).toMatchObject([{ id, operation: "ALL" }]);
		await expect(
			store.topicClasses.create(product.productKey, userPattern(product.productKey, "x"), "PUB"),
		).rejects.toMatchObject({ code: "exists" });
		await expect(store.devices.register(product.productKey, "dev1")).rejects.toMatchObject({ code: "exists" });
		await expect(store.products.create({ name: "thermo" })).rejects.toMatchObject({ code: "exists" });
		await store.topicClasses.delete(id);
		await store.products.update(product.productKey, { name: "renamed" });
		expect((await store.devices.list(product.productKey, 2, 1)).rows).toEqual([]);
	});

	it("dynamic registration: the switch, what is registered, tokens and their places, risk devices", async () => {
		const { productKey } = await store.products.create({ name: "dynamic", dynamicRegistration: true });
		expect((await store.products.get(productKey)).dynamicRegistration).toBe(true);
		await store.products.setDynamicRegistration(productKey, false);
		expect((await store.products.get(productKey)).dynamicRegistration).toBe(false);
		await expect(store.products.setDynamicRegistration("none", true)).rejects.toMatchObject({ code: "unknown" });
		const device = await store.devices.register(productKey, "name", undefined, true);
		expect(device).toMatchObject({ byToken: true, registered: false });
		await store.devices.cameOnline(device, "::1", false, true);
		expect((await store.devices.get(device)).registered).toBe(true);
		await store.devices.setRegistered(device.iotId, false);
		expect(await store.devices.get(device)).toMatchObject({ registered: false, activatedAt: clock.now() });
		const { iotId } = device;
		const issued = [];
		for (let i = 0; i < 3; i++) issued.push(await store.tokens.issue(iotId, 3));
		expect(await store.tokens.issue(iotId, 3)).toBeUndefined();
		const [one, two] = issued;
		if (!one || !two) throw new Error("no tokens");
		expect(await store.tokens.find(iotId, one.clientId, one.deviceToken)).toMatchObject({ forbidden: false });
		expect(await store.tokens.find(iotId, one.clientId, two.deviceToken)).toBeUndefined();
		expect(await store.tokens.find("other", one.clientId, one.deviceToken)).toBeUndefined();
		clock.advance(5);
		const [first] = await store.tokens.list(iotId);
		if (first) await store.tokens.cameOnline(iotId, first);
		clock.advance(5);
		const [again] = await store.tokens.list(iotId);
		if (again) await store.tokens.cameOnline(iotId, again);
		expect((await store.tokens.list(iotId))[0]).toMatchObject({
			clientId: one.clientId,
			firstOnlineAt: clock.now() - 5,
			lastOnlineAt: clock.now(),
		});
		expect(await store.tokens.risks(productKey, 1, 10)).toEqual({
			page: 1,
			pageSize: 10,
			total: 1,
			rows: [{ iotId, deviceName: "name", clientIds: 3 }],
		});
		expect((await store.tokens.risks(productKey, 2, 1)).rows).toEqual([]);
		await store.tokens.forbid(iotId, two.clientId);
		expect((await store.tokens.list(iotId)).map((one) => one.forbidden)).toEqual([true, false, true]);
		expect((await store.tokens.risks(productKey, 1, 10)).total).toBe(0);
		await store.tokens.forbid(iotId);
		expect((await store.tokens.find(iotId, two.clientId, two.deviceToken))?.forbidden).toBe(true);
		await store.tokens.clear(iotId);
		expect(await store.tokens.list(iotId)).toEqual([]);
		const all = await Promise.all(Array.from({ length: 8 }, () => store.tokens.issue(iotId, 5)));
		expect(all.filter((one) => one !== undefined)).toHaveLength(5);
		await store.devices.delete(iotId);
		expect(await db.selectFrom("device_token").selectAll().execute()).toEqual([]);
	});

	it("topology: one gateway for a sub-device, a limit for a gateway", async () => {
		const { productKey } = await store.products.create({ name: "gateways", nodeType: 1 });
		const [one, two, a, b, c] = await Promise.all(
			["one1", "two2", "sub-a", "sub-b", "sub-c"].map((name) => store.devices.register(productKey, name)),
		);
		if (!one || !two || !a || !b || !c) throw new Error("no devices");
		const names = async (iotId: string) => (await store.topology.list(iotId, 1, 10)).rows.map((row) => row.deviceName);
		expect(await store.topology.add(one.iotId, [a.iotId, b.iotId], 2)).toBe(true);
		expect(await store.topology.add(one.iotId, [c.iotId], 2)).toBe(false);
		expect(await store.topology.add(one.iotId, [b.iotId, b.iotId], 2)).toBe(true);
		expect(await names(one.iotId)).toEqual(["sub-a", "sub-b"]);
		expect(await store.topology.add(two.iotId, [a.iotId], 2)).toBe(true);
		expect(await store.topology.gatewayOf(a.iotId)).toBe(two.iotId);
		expect(await names(one.iotId)).toEqual(["sub-b"]);
		expect(await store.topology.remove(one.iotId, a.iotId)).toBe(false);
		expect(await store.topology.remove(two.iotId, a.iotId)).toBe(true);
		expect(await store.topology.gatewayOf(a.iotId)).toBeUndefined();
		await store.topology.add(one.iotId, [a.iotId], 2);
		expect(await store.topology.list(one.iotId, 2, 1)).toMatchObject({ total: 2, rows: [{ iotId: b.iotId }] });
		await store.devices.delete(b.iotId);
		await store.topology.clear(two.iotId);
		expect(await names(one.iotId)).toEqual(["sub-a"]);
		await store.devices.delete(one.iotId);
		expect(await db.selectFrom("topology").selectAll().execute()).toEqual([]);
	});

	it("subscriptions, waiting messages, history, properties; all gone with the device", async () => {
		const { productKey } = await store.products.create({ name: "keeper" });
		const { iotId } = await store.devices.register(productKey, "dev2");
		await store.subscriptions.add(iotId, "/a");
		await store.subscriptions.add(iotId, "/a");
		await store.subscriptions.add(iotId, "/b");
		await store.subscriptions.remove(iotId, ["/a", "/c"]);
		expect(await store.subscriptions.list(iotId)).toEqual(["/b"]);
		const dropped = [];
		for (let i = 0; i < PENDING_MAX + 2; i++)
			dropped.push(...(await store.pending.add(iotId, `m${i}`, "/b", Buffer.from([i]))).dropped);
		expect(dropped.map((one) => one.messageId)).toEqual(["m0", "m1"]);
		const [first] = await store.pending.list(iotId, 1);
		expect(first).toMatchObject({ messageId: "m2", payload: Buffer.from([2]), packetId: undefined });
		await store.pending.sent(first?.id ?? 0, 7);
		expect((await store.pending.list(iotId, 1))[0]?.packetId).toBe(7);
		clock.advance(PENDING_AGE + 1);
		expect(await store.pending.expire(iotId)).toBe(PENDING_MAX);
		store.messages.add(iotId, { messageId: "1", direction: "up", topic: "/b", payload: Buffer.from("x"), qos: 1 });
		store.messages.add(iotId, {
			messageId: "2",
			direction: "down",
			topic: "/ext/register",
			payload: Buffer.from("secret"),
			qos: 0,
		});
		store.messages.add("nobody", { messageId: "3", direction: "up", topic: "/b", payload: Buffer.from("x"), qos: 1 });
		const last = await store.messages.last(iotId, 10);
		expect(last.map((one) => [one.messageId, one.payload.toString()])).toEqual([
			["2", ""],
			["1", "x"],
		]);
		store.properties.report(iotId, [{ identifier: "t", value: [1], at: 5 }]);
		await store.properties.flush();
		store.properties.report(iotId, [{ identifier: "t", value: "old", at: 4 }]);
		expect(await store.properties.list(iotId)).toEqual([{ identifier: "t", value: [1], at: 5 }]);
		await store.devices.delete(iotId);
		for (const table of ["subscription", "pending", "message", "property"] as const) {
			expect(await db.selectFrom(table).selectAll().where("iot_id", "=", iotId).execute(), table).toEqual([]);
		}
		expect(errors).toEqual([]);
	});
});

it("a file that is no database, and one of a newer version, are refused in words", async () => {
	const bad = join(folder, "bad.db");
	writeFileSync(
		bad,
		"this is not a database at all, but long enough to be looked at by SQLite as if it were one".repeat(20),
	);
	await expect(openDatabase(bad)).rejects.toMatchObject({ code: "state" });
	const newer = join(folder, "newer.db");
	const db = await openDatabase(newer);
	await sql`insert into kysely_migration values ('9999-newer', 'x')`.execute(db);
	await db.destroy();
	await expect(openDatabase(newer)).rejects.toMatchObject({ code: "state" });
});
