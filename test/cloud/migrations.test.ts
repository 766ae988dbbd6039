import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kysely, type Migration, Migrator, SqliteDialect, sql } from "kysely";
import Database from "libsql";
import { afterAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../tools/cloud/store/database";
import { first } from "../../tools/cloud/store/migrations/0001-first";
import type { Schema } from "../../tools/cloud/store/schema";
import { Store } from "../../tools/cloud/store/store";
import { ManualClock } from "./lib/manual-clock";

/** Databases of earlier versions, and such as were cut off in the middle of becoming newer. */
const folder = mkdtempSync(join(tmpdir(), "linkxs-migrations-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PRODUCT = "a1product00";
const TRAP = `create trigger trap before insert on kysely_migration when new.name = '0003-x509-id2'
	begin select raise(abort, 'cut off'); end`;
const raw = (file: string) =>
	new Kysely<Schema>({ dialect: new SqliteDialect({ database: new Database(file) as never }) });

/** A database as the first version of the schema left it: a product, a device that was connected, one that was not. */
async function firstVersion(name: string): Promise<string> {
	const file = join(folder, name);
	const db = raw(file);
	const getMigrations = async (): Promise<Record<string, Migration>> => ({ "0001-first": first("sqlite") });
	const { error } = await new Migrator({ db, provider: { getMigrations } }).migrateToLatest();
	if (error) throw error;
	await sql`insert into product (product_key, name, secret, node_type, data_format, auth_type, net_type, description,
			dynamic_registration, created_at)
		values (${PRODUCT}, 'lamps', 'secret', 0, 1, 'secret', 'WIFI', '', 1, 5)`.execute(db);
	for (const [iotId, deviceName, activatedAt] of [
		["iot1", "lamp1", 7],
		["iot2", "lamp2", null],
	]) {
		await sql`insert into device (iot_id, product_key, device_name, secret, nickname, disabled, auto_subscribe,
				clean_session, firmware_version, ip_address, created_at, activated_at)
			values (${iotId}, ${PRODUCT}, ${deviceName}, 's', '', 0, 0, 1, '1.0', '::1', 6, ${activatedAt})`.execute(db);
	}
	await sql`insert into property (iot_id, identifier, value, at) values ('iot1', 'light', '1', 8)`.execute(db);
	await db.destroy();
	return file;
}

/** The present schema, with all that the first version's had in it, and good for what is new. */
async function expectUpgraded(file: string): Promise<void> {
	const store = new Store(await openDatabase(file), new ManualClock(), () => {});
	try {
		expect(await store.products.get(PRODUCT)).toMatchObject({ name: "lamps", dynamicRegistration: true });
		const { rows } = await store.devices.list(PRODUCT, 1, 10);
		expect(rows).toMatchObject([
			{ iotId: "iot1", deviceName: "lamp1", registered: true, byToken: false, activatedAt: 7, firmwareVersion: "1.0" },
			{ iotId: "iot2", deviceName: "lamp2", registered: false, byToken: false, activatedAt: undefined },
		]);
		expect(await store.properties.list("iot1")).toMatchObject([{ identifier: "light", value: 1, at: 8 }]);
		expect(await store.tokens.issue("iot2", 5)).toMatchObject({ clientId: expect.any(String) });
		await store.carriers.add("CARRIER1", "sealed");
		expect(await store.certificates.list("iot1")).toEqual([]);
	} finally {
		await store.close();
	}
}

describe("a database of the first version", () => {
	it("comes to the present schema with its products and devices; again is no change", async () => {
		const file = await firstVersion("upgrade.db");
		await expectUpgraded(file);
		const db = await openDatabase(file);
		expect(await sql`select name from kysely_migration order by name`.execute(db)).toMatchObject({
			rows: [{ name: "0001-first" }, { name: "0002-registration" }, { name: "0003-x509-id2" }],
		});
		await db.destroy();
	});

	// The step that fails stands for the end of the process there: what was done before it must not stay.
	it.each([
		["in the first of two migrations", "create table topology (x integer)", "drop table topology"],
		["in the last", "create table id2_carrier (x integer)", "drop table id2_carrier"],
		["at the very last, the note that it was done", TRAP, "drop trigger trap"],
	])("that was interrupted %s goes on", async (_where, obstacle, removal) => {
		const file = await firstVersion(`interrupted-${obstacle.length}.db`);
		const run = async (statement: string) => {
			const db = raw(file);
			await sql.raw(statement).execute(db);
			await db.destroy();
		};
		await run(obstacle);
		await expect(openDatabase(file)).rejects.toMatchObject({ code: "state" });
		await expect(openDatabase(file)).rejects.toMatchObject({ code: "state" });
		await run(removal);
		await expectUpgraded(file);
	});
});
