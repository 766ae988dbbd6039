import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../tools/cloud/store/database";
import { Seal } from "../../tools/cloud/store/seal";
import { Store } from "../../tools/cloud/store/store";
import { ManualClock } from "./lib/manual-clock";
import { openPostgres } from "./lib/postgres";

const folder = mkdtempSync(join(tmpdir(), "linkxs-store-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
	["SQLite", () => openDatabase(join(folder, "cloud.db"))],
	["PostgreSQL", openPostgres],
])("certificates, batches and carriers on %s", (_name, open) => {
	const clock = new ManualClock();
	let store: Store;
	beforeAll(async () => {
		store = new Store(await open(), clock, (error) => {
			throw error;
		});
	}, 60_000);
	afterAll(() => store.close());

	it("certificates: the newest counts, older ones for a while, revoked ones outlive their device", async () => {
		const { productKey } = await store.products.create({ name: "certified", authType: "x509" });
		const device = await store.devices.register(productKey, "dev1");
		const made = (n: number) => ({
			serialNumber: `A${n}`,
			iotId: device.iotId,
			fingerprint: `F${n}`,
			keyType: "EC256" as const,
			certificate: "pem",
			sealedKey: "sealed",
			notBefore: clock.now(),
			notAfter: clock.now() + 1000,
		});
		await store.certificates.add(made(1), 0);
		const until = clock.now() + 100;
		await store.certificates.add(made(2), until);
		expect(await store.certificates.current(device.iotId)).toMatchObject({ serialNumber: "A2" });
		expect(await store.certificates.find("F1")).toMatchObject({ serialNumber: "A1", acceptedUntil: until });
		// A third doesn't lengthen the first one's time.
		await store.certificates.add(made(3), until + 100);
		const list = await store.certificates.list(device.iotId);
		expect(list.map((one) => [one.serialNumber, one.acceptedUntil])).toEqual([
			["A3", undefined],
			["A1", until],
			["A2", until + 100],
		]);
		await store.devices.delete(device.iotId);
		await store.certificates.revoke(["A1", "A3"], "superseded");
		clock.advance(1);
		await store.certificates.revoke(["A3"], "keyCompromise");
		const at = clock.now() - 1;
		expect(await store.certificates.revoked()).toEqual([
			{ serialNumber: "A1", revokedAt: at, reason: "superseded" },
			{ serialNumber: "A3", revokedAt: at, reason: "superseded" },
		]);
		expect(await store.certificates.find("F3")).toMatchObject({ sealedKey: "", revokedAt: at });
		clock.advance(1000);
		expect(await store.certificates.revoked()).toEqual([]);
		expect(await store.certificates.find("none")).toBeUndefined();
	});

	it("batches: items, what is unfinished, devices by pages; gone with the product", async () => {
		const { productKey } = await store.products.create({ name: "batched" });
		const items = Array.from({ length: 250 }, (_, i) => ({
			deviceName: `name${i}`,
			nickname: "",
			failure: i === 7 ? "bad" : "",
		}));
		const batch = await store.batches.create(productKey, "RSA2048", "CREATE", items);
		const second = await store.batches.create(productKey, "EC256", "CHECK_FAILED", []);
		expect((await store.batches.list(productKey)).map((one) => one.applyId)).toEqual([second.applyId, batch.applyId]);
		expect((await store.batches.unfinished()).map((one) => one.applyId)).toEqual([batch.applyId]);
		const all = await store.batches.items(batch.applyId);
		expect(all).toHaveLength(250);
		expect(all[7]).toMatchObject({ done: true, failure: "bad" });
		const [first, next] = all;
		if (!first || !next) throw new Error("no items");
		const device = await store.batches.register(batch, first);
		// After a crash between registering and the rest it is the same device.
		const known = (await store.batches.items(batch.applyId))[0];
		expect(known).toMatchObject({ iotId: device.iotId, done: false });
		expect(await store.batches.register(batch, known ?? first)).toMatchObject({ iotId: device.iotId });
		await store.batches.done(batch.applyId, 0);
		await store.devices.register(productKey, next.deviceName);
		await expect(store.batches.register(batch, next)).rejects.toMatchObject({ code: "exists" });
		await store.batches.done(batch.applyId, 1, "taken");
		expect(await store.batches.devices(batch.applyId, 1, 10)).toMatchObject({
			total: 1,
			rows: [{ position: 0, device: { deviceName: "name0" } }],
		});
		await store.batches.setStatus(batch.applyId, "CREATE_FAILED");
		expect(await store.batches.get(batch.applyId)).toMatchObject({ finishedAt: clock.now(), status: "CREATE_FAILED" });
		await expect(store.batches.get(12345)).rejects.toMatchObject({ code: "unknown" });
		const page = await store.devices.list(productKey, 1, 10);
		for (const one of page.rows) await store.devices.delete(one.iotId);
		await store.products.delete(productKey);
		await expect(store.batches.get(batch.applyId)).rejects.toMatchObject({ code: "unknown" });
		expect(await store.batches.items(batch.applyId)).toEqual([]);
	});

	it("carriers: who may come in, and of two that want the last licence one gets it", async () => {
		const { productKey } = await store.products.create({ name: "carried", authType: "id2" });
		for (const id2 of ["CARRIER1", "CARRIER2"]) await store.carriers.add(id2, "sealed");
		await expect(store.carriers.add("CARRIER1", "sealed")).rejects.toMatchObject({ code: "exists" });
		const claim = (deviceName: string, id2: string) => ({ productKey, deviceName, id2 });
		expect(await store.carriers.check(claim("name1", "CARRIER1"))).toBe("licences");
		await store.carriers.addLicences(productKey, 1);
		expect(await store.carriers.check(claim("name1", "CARRIER1"))).toBeUndefined();
		const both = await Promise.all([
			store.carriers.enter(claim("name1", "CARRIER1")),
			store.carriers.enter(claim("name2", "CARRIER2")),
		]);
		expect(both.filter((one) => one === "licences")).toHaveLength(1);
		expect(both.filter((one) => typeof one === "object")).toMatchObject([{ created: true, licensed: true }]);
		expect(await store.carriers.settings(productKey)).toEqual({ licences: 1, used: 1, whiteList: "off" });
		await store.carriers.addLicences(productKey, 5);
		await store.carriers.setWhiteList(productKey, "devices");
		expect(await store.carriers.settings(productKey)).toEqual({ licences: 6, used: 1, whiteList: "devices" });
		expect(await store.carriers.check(claim("name9", "CARRIER1"))).toBe("other-device");
		expect(await store.carriers.check(claim("name1", "CARRIER2"))).toBe("other-carrier");
		expect(await store.carriers.check(claim("name3", "CARRIER2"))).toBe("white-list");
		expect(await store.carriers.check(claim("no", "CARRIER2"))).toBe("name");
		expect(await store.carriers.check(claim("name1", "CARRIER9"))).toBe("unknown");
		expect((await store.carriers.list(1, 1)).total).toBe(2);
		await store.carriers.remove("CARRIER1");
		await expect(store.carriers.remove("CARRIER1")).rejects.toMatchObject({ code: "unknown" });
		// The device is there without a carrier, and may be given another.
		expect(await store.carriers.enter(claim("name1", "CARRIER2"))).toMatchObject({ created: false, licensed: true });
	});
});

// One connection is all that this PostgreSQL has, so that two transactions at once can't be shown on it.
it("who enters holds the carrier's row on PostgreSQL, as whoever binds it: of two at once the second waits", async () => {
	const statements: string[] = [];
	const postgres = new Store(await openPostgres((sql) => statements.push(sql)), new ManualClock(), () => {});
	const { productKey } = await postgres.products.create({ name: "carried", authType: "id2" });
	await postgres.carriers.add("CARRIER1", "sealed");
	await postgres.carriers.addLicences(productKey, 1);
	const device = await postgres.devices.register(productKey, "name1");
	const looks = () => statements.splice(0).filter((sql) => /from "id2_carrier" where "id2" = \$1/.test(sql));
	looks();
	await postgres.carriers.bind("CARRIER1", device);
	expect(looks()).toEqual([expect.stringMatching(/ for update$/)]);
	await postgres.carriers.enter({ productKey, deviceName: "name1", id2: "CARRIER1" });
	expect(looks()).toEqual([expect.stringMatching(/ for update$/)]);
	// Who only asks holds nobody up.
	await postgres.carriers.check({ productKey, deviceName: "name1", id2: "CARRIER1" });
	expect(looks()).toEqual([expect.not.stringMatching(/for update/)]);
	await postgres.close();
}, 60_000);

describe("the seal", () => {
	const file = join(folder, "seal.key");

	it("opens what it closed, also after a restart, and only as what it was", () => {
		const sealed = Seal.open(file).close("key A", Buffer.from("secret"));
		expect(sealed).not.toContain(Buffer.from("secret").toString("base64").slice(0, 6));
		const again = Seal.open(file);
		expect(again.open("key A", sealed).toString()).toBe("secret");
		expect(() => again.open("key B", sealed)).toThrow(expect.objectContaining({ code: "state" }));
		const other = new Seal(Buffer.alloc(32, 1));
		expect(() => other.open("key A", sealed)).toThrow(expect.objectContaining({ code: "state" }));
		expect(() => again.open("key A", "")).toThrow(expect.objectContaining({ code: "state" }));
		expect(again.sign("x")).toBe(Seal.open(file).sign("x"));
		expect(again.sign("x")).not.toBe(other.sign("x"));
	});

	it("lies in a file for its owner alone; one that is none is refused", () => {
		expect(statSync(file).mode & 0o777).toBe(0o600);
		writeFileSync(join(folder, "bad.key"), "short");
		expect(() => Seal.open(join(folder, "bad.key"))).toThrow(expect.objectContaining({ code: "state" }));
	});
});
