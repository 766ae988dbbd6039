import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { deviceOperations } from "../../tools/cloud/admin/device-operations";
import type { Context } from "../../tools/cloud/admin/operation";
import { type CloudEvent, Events } from "../../tools/cloud/events";
import type { Authority } from "../../tools/cloud/listener/authority";
import { type Identity, makeAuthority } from "../../tools/cloud/listener/certificates";
import { openDatabase } from "../../tools/cloud/store/database";
import type { Device } from "../../tools/cloud/store/devices";
import { Seal } from "../../tools/cloud/store/seal";
import { Store } from "../../tools/cloud/store/store";
import { DeviceCertificates } from "../../tools/cloud/x509/device-certificates";
import { ManualClock } from "./lib/manual-clock";
import { openssl } from "./lib/openssl";

/** Certificates of devices when something happens in the middle. */
const DAY = 24 * 3600 * 1000;
const folder = mkdtempSync(join(tmpdir(), "linkxs-certificates-"));
const clock = new ManualClock(Date.now());
let identity: Identity;
let store: Store;
let productKey: string;
let device: Device;
let events: CloudEvent[];
/** What happens while a certificate is made. */
let meanwhile: () => Promise<unknown>;

beforeAll(async () => {
	identity = await makeAuthority("CN=test", { from: clock.now() - DAY, to: clock.now() + 9000 * DAY });
	store = new Store(await openDatabase(join(folder, "cloud.db")), clock, () => {});
	({ productKey } = await store.products.create({ name: "certified", authType: "x509" }));
});
afterAll(async () => {
	await store.close();
	rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
	device = await store.devices.register(productKey);
	events = [];
	meanwhile = async () => {};
});

/** The certificates over `listFile`; a device that is thrown off is an event, as it is of the cloud. */
function certificatesOver(listFile = join(folder, `${device.iotId}.crl.pem`)) {
	const all = new Events(() => clock.now());
	all.on((event) => events.push(event));
	const devices = async () => {
		await meanwhile();
		return identity;
	};
	const certificates = new DeviceCertificates({
		store,
		clock,
		events: all,
		seal: new Seal(Buffer.alloc(32, 1)),
		authority: { devices } as Authority,
		listFile,
		onRevoked: ({ productKey, deviceName }) =>
			all.emit({ type: "device.offline", productKey, deviceName, reason: "revoked" }),
	});
	return { certificates, all, listFile };
}

const reasons = async () => (await store.certificates.list(device.iotId)).map((one) => one.reason);
const kinds = () => events.map((event) => event.type);

/** The serial numbers of a revocation list, by openssl. */
function revokedIn(file: string): string[] {
	const { out } = openssl(["crl", "-in", file, "-noout", "-text"]);
	return [...out.matchAll(/Serial Number: ([0-9A-F]+)/g)].map((found) => found[1] ?? "");
}

it("a revocation counts, and the device is thrown off, when the list can't be written", async () => {
	const inTheWay = join(folder, "in-the-way");
	mkdirSync(join(inTheWay, "x"), { recursive: true });
	const { certificates } = certificatesOver(inTheWay);
	const { serialNumber } = await certificates.issue(device, "EC256");
	expect(await certificates.revoke(device, undefined, "keyCompromise")).toEqual([serialNumber]);
	expect(await reasons()).toEqual(["keyCompromise"]);
	expect(kinds()).toEqual(["certificate.issued", "device.offline", "certificate.revoked", "error"]);
	// Who asks for the list is told it nevertheless, and again it is tried to keep it.
	expect(await certificates.list()).toContain("BEGIN X509 CRL");
	expect(kinds().slice(4)).toEqual(["error"]);
});

it("and when no list can be made; the next who asks gets a new one, not the one of before", async () => {
	const { certificates, listFile } = certificatesOver();
	const { serialNumber } = await certificates.issue(device, "EC256");
	const before = await certificates.list();
	meanwhile = () => Promise.reject(new Error("no authority"));
	await certificates.revoke(device, undefined, "unspecified");
	expect(kinds()).toContain("device.offline");
	expect(events.at(-1)).toMatchObject({ type: "error", where: "list of revoked certificates" });
	meanwhile = async () => {};
	expect(await certificates.list()).not.toBe(before);
	expect(revokedIn(listFile)).toContain(serialNumber);
});

it("a device that is removed while its certificate is made leaves none that counts", async () => {
	const { certificates, listFile } = certificatesOver();
	meanwhile = () => store.devices.delete(device.iotId);
	for (const make of [() => certificates.issue(device, "EC256"), () => certificates.renew(device, "EC256")])
		await expect(make()).rejects.toMatchObject({ code: "unknown", detail: "iot.device.NotExistedDevice" });
	expect(await reasons()).toEqual(["cessationOfOperation", "cessationOfOperation"]);
	const serialNumbers = (await store.certificates.list(device.iotId)).map((one) => one.serialNumber);
	expect(revokedIn(listFile)).toEqual(expect.arrayContaining(serialNumbers));
	expect(kinds()).not.toContain("certificate.issued");
});

it("nor when the certificate is there just before the device goes", async () => {
	const { certificates, all, listFile } = certificatesOver();
	await certificates.issue(device, "EC256");
	const remove = deviceOperations.find((one) => one.name === "DeleteDevice");
	const devices = {
		get: () => Promise.resolve(device),
		find: () => Promise.resolve(device),
		delete: async (iotId: string) => {
			await certificates.renew(device, "EC256");
			await store.devices.delete(iotId);
		},
	};
	const context = { store: { devices }, certificates, events: all, switchboard: { throwOff: () => {} } };
	await remove?.run({ IotId: device.iotId }, context as unknown as Context);
	expect(await reasons()).toEqual(["cessationOfOperation", "cessationOfOperation"]);
	const serialNumbers = (await store.certificates.list(device.iotId)).map((one) => one.serialNumber);
	expect(revokedIn(listFile)).toEqual(expect.arrayContaining(serialNumbers));
});

it("a renewal without grace revokes what an earlier one left its days, too", async () => {
	const { certificates, listFile } = certificatesOver();
	const first = await certificates.issue(device, "EC256");
	const second = await certificates.renew(device, undefined, 30);
	expect(await reasons()).toEqual(["", ""]);
	const third = await certificates.renew(device, undefined, 0);
	expect(await reasons()).toEqual(["", "superseded", "superseded"]);
	expect(revokedIn(listFile)).toEqual(expect.arrayContaining([first.serialNumber, second.serialNumber]));
	// Of two at once one stays.
	await Promise.all([certificates.renew(device, undefined, 0), certificates.renew(device, undefined, 0)]);
	expect((await reasons()).filter((one) => one === "")).toHaveLength(1);
	expect((await store.certificates.current(device.iotId))?.serialNumber).not.toBe(third.serialNumber);
});
