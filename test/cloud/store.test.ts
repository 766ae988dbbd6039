import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { Kysely, PostgresDialect, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../tools/cloud/store/database";
import { migrate } from "../../tools/cloud/store/migrations";
import { PENDING_AGE, PENDING_MAX } from "../../tools/cloud/store/pending";
import type { Schema } from "../../tools/cloud/store/schema";
import { Store } from "../../tools/cloud/store/store";
import { userPattern } from "../../tools/cloud/topics/class";
import { ManualClock } from "./lib/manual-clock";

/** PostgreSQL compiled to WebAssembly, behind the few calls that Kysely's PostgreSQL dialect makes of a pool. */
function postgres(): PostgresDialect {
	const database = new PGlite();
	const client = {
		query: async (text: string, parameters?: readonly unknown[]) => {
			const result = await database.query(text, [...(parameters ?? [])]);
			return {
				rows: result.rows,
				rowCount: result.affectedRows ?? result.rows.length,
				command: text.trimStart().split(" ")[0]?.toUpperCase(),
			};
		},
		release: () => {},
	};
	return new PostgresDialect({ pool: { connect: async () => client, end: () => database.close() } as never });
}

const folder = mkdtempSync(join(tmpdir(), "linkxs-store-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
	["SQLite", () => openDatabase(join(folder, "cloud.db"))],
	[
		"PostgreSQL",
		async () => {
			const db = new Kysely<Schema>({ dialect: postgres() });
			await migrate(db, "postgres");
			return db;
		},
	],
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
