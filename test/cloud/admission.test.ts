import { join } from "node:path";
import Database from "libsql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sign } from "../../tools/cloud/mqtt/signature";
import { closed, type Triple, World } from "./lib/world";

let world: World;
let device: Triple;

beforeAll(async () => {
	world = await World.start();
	device = await world.device();
});
afterAll(() => world.stop());

describe("signatures", () => {
	// FACTS.md, "MQTT": computed values for secret `secret`.
	const parameters = { clientId: "12345", deviceName: "device", productKey: "pk", timestamp: "789" };
	it.each([
		["hmacmd5", "14B198324FE55E1D3C88F2E705E201EE"],
		["hmacsha1", "FAFD82A3D602B37FB0FA8B7892F24A477F851A14"],
		["hmacsha256", "6074A46A91B1EBB2CC4EA42790AD0E80202C9843859FC292E57C4EB19FAD9E57"],
	])("%s equals the reference value", (method, expected) => {
		expect(sign(method, "secret", parameters).toUpperCase()).toBe(expected);
	});

	it("hmacsha256 without timestamp equals the reference value", () => {
		const { timestamp: _, ...rest } = parameters;
		expect(sign("hmacsha256", "secret", rest).toUpperCase()).toBe(
			"C8CB3DCB7159682438E5FD9A9C34F398E41BB8EDB6F222795E307BAFEE151090",
		);
	});
});

describe("who gets in", () => {
	it.each(["hmacmd5", "hmacsha1", "hmacsha256"])("%s over TCP and over TLS", async (method) => {
		await (await world.connect(device, { method, timestamp: "1", upperCase: true })).endAsync();
		await (await world.connect(device, { method, tls: true })).endAsync();
	});

	it("no signmethod means hmacmd5", async () => {
		await (await world.connect(device, { method: "hmacmd5", extension: "securemode=3" })).endAsync();
	});

	it("any timestamp, parameters in any order, unknown ones, spaces and line breaks", async () => {
		const extension = "_v=x-1,lan=C,\n  timestamp = yesterday ,securemode=3,\n signmethod=hmacsha256,gw=0";
		await (await world.connect(device, { timestamp: "yesterday", extension })).endAsync();
	});

	it("MQTT 3.1 with a long client id", async () => {
		const client = await world.connect(device, { protocolVersion: 3, protocolId: "MQIsdp" });
		expect((await world.event("device.online", (one) => one.version === "3.1")).deviceName).toBe(device.deviceName);
		await client.endAsync();
	});

	it.each([30, 1200])("a keep alive of %d s", async (keepalive) => {
		await (await world.connect(device, { keepalive })).endAsync();
	});

	it("2400 s of a C SDK, which puts twice its keep alive into CONNECT", async () => {
		const extension = "securemode=3,signmethod=hmacsha256,_v=sdk-c-3.2.0";
		await (await world.connect(device, { keepalive: 2400, extension })).endAsync();
		await world.event("device.notice", (one) => one.reason.includes("2400 s"));
		expect(await world.refusal(device, { keepalive: 2401, extension })).toBe(2);
	});
});

describe("who does not, with the reason in the events", () => {
	const reason = async (part: string) =>
		expect((await world.event("device.refused", (one) => one.reason.includes(part))).reason).toContain(part);

	it.each([0, 29, 1201])("CONNACK 2 for a keep alive of %d s", async (keepalive) => {
		expect(await world.refusal(device, { keepalive })).toBe(2);
		await reason(`keep alive of ${keepalive} s`);
	});

	it("CONNACK 2 for securemode 2 over TCP and 3 over TLS", async () => {
		expect(await world.refusal(device, { extension: "securemode=2,signmethod=hmacsha256" })).toBe(2);
		await reason("securemode=2 needs TLS");
		expect(await world.refusal(device, { tls: true, extension: "securemode=3,signmethod=hmacsha256" })).toBe(2);
		await reason("securemode=3 is plain TCP");
	});

	it.each([
		["no extension", { clientId: "test" }, "no extension parameters"],
		["an open extension", { clientId: "test|securemode=3" }, "don't end with |"],
		["an empty client id", { clientId: "|securemode=3|" }, "empty"],
		["a long client id", { clientIdText: "x".repeat(65) }, "longer than 64"],
		["no securemode", { extension: "signmethod=hmacsha256" }, "securemode is missing"],
		["an unknown securemode", { extension: "securemode=9" }, "securemode=9"],
		["an unknown sign method", { extension: "securemode=3,signmethod=crc" }, "signmethod=crc"],
		["a user name without &", { username: "nobody" }, "deviceName&productKey"],
	])("CONNACK 2 for %s", async (_name, options, why) => {
		expect(await world.refusal(device, options)).toBe(2);
		await reason(why);
	});

	it.each([
		["a wrong password", { password: "00" }, "signature is wrong"],
		["an unknown device", { username: "nobody&PK" }, "no such product"],
		["no password", { password: undefined }, "no password"],
	])("CONNACK 4 for %s", async (_name, options, why) => {
		expect(await world.refusal(device, options as object)).toBe(4);
		await reason(why);
	});

	it("CONNACK 4 for an unknown device of a known product", async () => {
		expect(await world.refusal({ ...device, deviceName: "somebody" })).toBe(4);
		await reason("no such device");
	});

	it("CONNACK 5 for a disabled device, and 0 again once it is enabled", async () => {
		const other = await world.device(device.productKey);
		const client = await world.connect(other);
		await world.admin.call("DisableThing", { ProductKey: other.productKey, DeviceName: other.deviceName });
		await closed(client);
		await world.event("device.offline", (one) => one.deviceName === other.deviceName && one.reason === "disabled");
		expect(await world.refusal(other)).toBe(5);
		await world.admin.call("EnableThing", { ProductKey: other.productKey, DeviceName: other.deviceName });
		await (await world.connect(other)).endAsync();
	});

	it("CONNACK 4 after the device was deleted, its connection closed at once", async () => {
		const other = await world.device(device.productKey);
		await world.connect(other);
		await world.admin.call("DeleteDevice", { ProductKey: other.productKey, DeviceName: other.deviceName });
		await world.event("device.offline", (one) => one.deviceName === other.deviceName && one.reason === "deleted");
		expect(await world.refusal(other)).toBe(4);
		const again = await world.device(other.productKey, other.deviceName);
		expect(again.deviceSecret).not.toBe(other.deviceSecret);
		expect(await world.refusal(other)).toBe(4);
	});

	it("a sub-device cannot connect itself, nor a device of an X.509 product by secret", async () => {
		expect(await world.refusal(await world.device(await world.product({ NodeType: 2 })))).toBe(5);
		expect(await world.refusal(await world.device(await world.product({ AuthType: "x509" })))).toBe(4);
	});
});

it("CONNACK 3 when the database fails, and the error in the events", async () => {
	const broken = await World.start();
	const other = await broken.device();
	const database = new Database(join(broken.state, "cloud.db"));
	database.exec("DROP TABLE subscription");
	database.close();
	expect(await broken.refusal(other)).toBe(3);
	await broken.event("error", (one) => one.where === "admission");
	await broken.stop();
});

it("no secret in any event", async () => {
	await world.connect(device);
	const text = JSON.stringify(world.cloud.events.since(0));
	expect(text).not.toContain(device.deviceSecret);
	expect(text).not.toContain(world.cloud.token);
});
