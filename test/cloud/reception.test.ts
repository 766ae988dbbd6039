import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Events } from "../../tools/cloud/events";
import { LIMITS } from "../../tools/cloud/limits";
import { Gate } from "../../tools/cloud/mqtt/gate/gate";
import { SecretWay } from "../../tools/cloud/mqtt/gate/secret";
import type { ConnectRequest } from "../../tools/cloud/mqtt/gate/way";
import { Reception } from "../../tools/cloud/mqtt/reception";
import { Switchboard } from "../../tools/cloud/mqtt/switchboard";
import { Registrar } from "../../tools/cloud/registration/registrar";
import { openDatabase } from "../../tools/cloud/store/database";
import type { Device } from "../../tools/cloud/store/devices";
import { Store } from "../../tools/cloud/store/store";
import { ManualClock } from "./lib/manual-clock";

function signedRequest({ productKey, deviceName, deviceSecret }: Device): ConnectRequest {
	const content = `clientIdcdeviceName${deviceName}productKey${productKey}`;
	return {
		clientId: "c|securemode=3,signmethod=hmacsha256|",
		userName: `${deviceName}&${productKey}`,
		password: createHmac("sha256", deviceSecret).update(content).digest("hex"),
		keepAlive: 60,
		transport: "tcp",
		remote: "127.0.0.1:1",
	};
}

/** The steps from CONNECT to a session, between which an admin action may come. */
const clock = new ManualClock();
const folder = mkdtempSync(join(tmpdir(), "linkxs-reception-"));
let store: Store;
let switchboard: Switchboard;
let reception: Reception;
let device: Device;

beforeAll(async () => {
	store = new Store(await openDatabase(join(folder, "cloud.db")), clock, () => {});
	switchboard = new Switchboard(store, new Events(() => clock.now()), clock);
	reception = new Reception(new Gate([new SecretWay(store)], "cn-shanghai"), store, switchboard);
	const { productKey } = await store.products.create({ name: "steps" });
	device = await store.devices.register(productKey, "dev1");
});
afterAll(async () => {
	await store.close();
	rmSync(folder, { recursive: true, force: true });
});

it("who is disabled while it is being let in stays outside", async () => {
	const entered: string[] = [];
	const { list } = store.subscriptions;
	// After the gate has judged, before the session is there.
	store.subscriptions.list = async (iotId) => {
		store.subscriptions.list = list;
		await store.devices.setDisabled(iotId, true);
		switchboard.throwOff(iotId, "disabled");
		return [];
	};
	const admission = await reception.receive(signedRequest(device), true, () => entered.push("in"));
	expect(admission).toMatchObject({ outcome: "refused", returnCode: 5, reason: "the device is disabled" });
	expect(entered).toEqual([]);
	await store.devices.setDisabled(device.iotId, false);
});

it("another device's being thrown off makes it judge again, and then lets it in, with its first connection told", async () => {
	const other = await store.devices.register(device.productKey, "dev2");
	const { expire } = store.pending;
	store.pending.expire = async (iotId) => {
		store.pending.expire = expire;
		switchboard.throwOff(device.iotId, "deleted");
		return expire.call(store.pending, iotId);
	};
	const entered: boolean[] = [];
	const admission = await reception.receive(signedRequest(other), false, ({ first }) => entered.push(first));
	expect(admission.outcome).toBe("session");
	expect(entered).toEqual([true]);
});

it("no new physical device gets a token while the others are being forbidden", async () => {
	const product = await store.products.create({ name: "tokens", dynamicRegistration: true });
	const registrar = new Registrar(store, new Events(() => clock.now()), LIMITS);
	const { productKey } = product;
	const random = "1";
	const content = `deviceNamenameproductKey${productKey}random${random}`;
	const sign = createHmac("md5", product.productSecret).update(content).digest("hex");
	const application = { productKey, deviceName: "name", random, method: "hmacmd5", sign };
	const first = await registrar.tokenFor(application);
	if (!first.ok) throw new Error(first.reason);
	const { iotId } = first.device;
	expect(await registrar.tokenFor(application)).toMatchObject({ ok: true });
	const { issue } = store.tokens;
	store.tokens.issue = async (...parameters) => {
		store.tokens.issue = issue;
		await store.tokens.forbid(iotId, first.clientId);
		return issue.apply(store.tokens, parameters);
	};
	expect(await registrar.tokenFor(application)).toMatchObject({ ok: false, code: "forbidden" });
	expect((await store.tokens.list(iotId)).map((one) => one.forbidden)).toEqual([false, true]);
});
