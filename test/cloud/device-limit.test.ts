import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { Events } from "../../tools/cloud/events";
import { LIMITS } from "../../tools/cloud/limits";
import { Registrar } from "../../tools/cloud/registration/registrar";
import { openDatabase } from "../../tools/cloud/store/database";
import { Room } from "../../tools/cloud/store/room";
import { Store } from "../../tools/cloud/store/store";
import { ManualClock } from "./lib/manual-clock";
import { openPostgres } from "./lib/postgres";
import { proof } from "./lib/registrant";

/** Devices of a product have an end (device-access.txt 428), whoever adds them. */
const folder = mkdtempSync(join(tmpdir(), "linkxs-limit-"));
const clock = new ManualClock();
const FULL = { code: "refused", detail: "iot.prod.TooManyDevices" };
const stores: Store[] = [];
let store: Store;

async function storeOf(devices: number, database = openDatabase(join(folder, `${devices}.db`))): Promise<Store> {
	const made = new Store(await database, clock, () => {}, { devices });
	stores.push(made);
	return made;
}

beforeAll(async () => {
	store = await storeOf(3);
});
afterAll(async () => {
	for (const one of stores) await one.close();
	rmSync(folder, { recursive: true, force: true });
});

it("is 500,000 where nothing else is set", () => {
	expect(LIMITS.devices).toBe(500_000);
});

it("no more are added, at once neither; a removed one makes place, another product has its own", async () => {
	const { productKey } = await store.products.create({ name: "small" });
	const all = await Promise.allSettled(
		["dev1", "dev2", "dev3", "dev4", "dev5"].map((name) => store.devices.register(productKey, name)),
	);
	expect(all.filter((one) => one.status === "fulfilled")).toHaveLength(3);
	await expect(store.devices.register(productKey, "dev6")).rejects.toMatchObject(FULL);
	await expect(store.devices.register(productKey, "dev1")).rejects.toMatchObject({ code: "exists" });
	const other = await store.products.create({ name: "other" });
	await store.devices.register(other.productKey, "dev6");
	await store.devices.delete((await store.devices.get({ productKey, deviceName: "dev1" })).iotId);
	await store.devices.register(productKey, "dev6");
	await expect(store.devices.register(productKey, "dev7")).rejects.toMatchObject(FULL);
});

it("on PostgreSQL, too", async () => {
	const postgres = await storeOf(1, openPostgres());
	const { productKey } = await postgres.products.create({ name: "small" });
	await postgres.devices.register(productKey, "dev1");
	await expect(postgres.devices.register(productKey, "dev2")).rejects.toMatchObject(FULL);
}, 60_000);

it("dynamic registration, batches and ID² come to the same end; a licence is not used for it", async () => {
	const { productKey, productSecret } = await store.products.create({ name: "dynamic", dynamicRegistration: true });
	for (const name of ["dev1", "dev2", "dev3"]) await store.devices.register(productKey, name);
	const registrar = new Registrar(store, new Events(() => 0), LIMITS);
	const deviceName = "dev4";
	const sign = proof({ productKey, productSecret }, deviceName, "1", "hmacsha256");
	const application = { productKey, deviceName, random: "1", method: "hmacsha256", sign };
	expect(await registrar.tokenFor(application)).toMatchObject({
		code: "full",
		reason: `product ${productKey} has 3 devices: no more can be added`,
	});
	const batch = await store.batches.create(productKey, "EC256", "CREATE", [
		{ deviceName: "dev5", nickname: "", failure: "" },
	]);
	const item = (await store.batches.items(batch.applyId))[0];
	if (!item) throw new Error("no item");
	await expect(store.batches.register(batch, item)).rejects.toMatchObject(FULL);
	await store.carriers.add("CARRIER1", "sealed");
	await store.carriers.addLicences(productKey, 1);
	expect(await store.carriers.enter({ productKey, deviceName, id2: "CARRIER1" })).toBe("devices");
	expect(await store.carriers.settings(productKey)).toMatchObject({ licences: 1, used: 0 });
});

it("is not counted for each one as long as it is far", async () => {
	const large = await storeOf(210);
	const { productKey } = await large.products.create({ name: "large" });
	const counting = vi.spyOn(Room.prototype, "count");
	for (let i = 0; i < 111; i++) await large.devices.register(productKey);
	expect(counting).toHaveBeenCalledTimes(1);
	for (let i = 0; i < 99; i++) await large.devices.register(productKey);
	await expect(large.devices.register(productKey)).rejects.toMatchObject(FULL);
	expect(counting).toHaveBeenCalledTimes(101);
});
