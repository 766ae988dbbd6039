import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sign } from "../../tools/cloud/mqtt/signature";
import { ManualClock } from "./lib/manual-clock";
import { type ProductSecret, productOf, refused, register, registered } from "./lib/registrant";
import { subscribe, type Triple, World } from "./lib/world";

/** One product, one secret, pre-registered, over MQTT (device-access.txt 489–570 and 7.1.3). */
const clock = new ManualClock();
let world: World;
let product: ProductSecret;
let device: Triple;

beforeAll(async () => {
	world = await World.start({ clock });
	product = await productOf(world);
});
beforeEach(async () => {
	device = await world.device(product.productKey);
});
afterAll(() => world.stop());

const names = () => ({ ProductKey: device.productKey, DeviceName: device.deviceName });
const reason = async (part: string) =>
	expect(
		(await world.event("device.refused", (one) => one.deviceName === device.deviceName && one.reason.includes(part)))
			.reason,
	).toContain(part);

describe("the proof", () => {
	// FACTS.md, "Dynamic registration": computed values.
	const content = { deviceName: "device1", productKey: "a123456789", random: "123" };
	it.each([
		["hmacsha1", "177E20E1053E355CDC4A52C1E2D93A5B47171C61"],
		["hmacsha256", "2D5B82765F57AEF232CE5D8D547F5AD0B6899A7A1AA73D18289F196A7DC9FDCB"],
	])("%s equals the reference value", (method, expected) => {
		expect(sign(method, "productsecret", content).toUpperCase()).toBe(expected);
	});

	it.each(["hmacmd5", "hmacsha1", "hmacsha256"])("%s, in either case", async (method) => {
		expect(await registered(world, product, device.deviceName, { method })).toEqual(device);
		expect(await registered(world, product, device.deviceName, { method, upperCase: true })).toEqual(device);
	});

	it("signMethod, as the document's table spells it, and the parameters in any order with unknown ones", async () => {
		const extension = "signMethod=hmacsha256,_v=x,random=123,authType=register,lan=C,securemode=2";
		expect(await registered(world, product, device.deviceName, { extension })).toEqual(device);
	});

	it("any keep alive, and MQTT 3.1", async () => {
		for (const keepalive of [0, 1, 5000]) await registered(world, product, device.deviceName, { keepalive });
		await registered(world, product, device.deviceName, { protocolVersion: 3, protocolId: "MQIsdp" });
	});
});

describe("a registration", () => {
	it("tells the secret, with which the device connects", async () => {
		const told = await registered(world, product, device.deviceName);
		expect(Object.keys(told)).toEqual(["productKey", "deviceName", "deviceSecret"]);
		await world.event("device.registered", (one) => one.deviceName === device.deviceName && one.way === "register");
		await (await world.connect(told as unknown as Triple)).endAsync();
		await world.event("device.activated", (one) => one.deviceName === device.deviceName);
	});

	it("is dropped after 15 s, not before", async () => {
		const { client, ended, told } = await register(world, product, device.deviceName).then((one) => ({
			client: one.client,
			ended: one.ended,
			told: one.told(),
		}));
		await told;
		clock.advance(14_999);
		expect(await subscribe(client, "/ext/register")).toBe(128);
		clock.advance(1);
		await ended;
	});

	it("subscribes nothing, not even its own topics", async () => {
		const { client } = await register(world, product, device.deviceName);
		for (const topic of [`/${product.productKey}/${device.deviceName}/user/get`, "/ext/register", "#"]) {
			expect(await subscribe(client, topic)).toBe(128);
		}
		await world.event("subscribe.refused", (one) => one.reason.includes("registration alone"));
		await client.endAsync();
	});

	it.each([0, 1] as const)("publishes nothing with QoS %d: the connection ends", async (qos) => {
		const { client, ended } = await register(world, product, device.deviceName);
		client.publish(`/sys/${product.productKey}/${device.deviceName}/thing/event/property/post`, "{}", { qos });
		await ended;
		await world.event("publish.refused", (one) => one.deviceName === device.deviceName && one.closed);
		expect((await world.admin.call("QueryMessages", names())).Data.MessageInfo).toEqual([]);
	});

	it("is no session: the device stays unactive and its connection is left alone", async () => {
		const first = await register(world, product, device.deviceName);
		await first.told();
		expect((await world.admin.call("GetDeviceStatus", names())).Data.Status).toBe("UNACTIVE");
		const { client } = first;
		const own = await world.connect(device);
		expect((await world.admin.call("GetDeviceStatus", names())).Data.Status).toBe("ONLINE");
		await client.endAsync();
		expect((await world.admin.call("GetDeviceStatus", names())).Data.Status).toBe("ONLINE");
		await own.endAsync();
	});
});

describe("is refused", () => {
	it("with CONNACK 2 over plain TCP, before anything is looked up", async () => {
		expect(await refused(world, product, device.deviceName, { tls: false })).toBe(2);
		await reason("needs TLS");
	});

	it.each([
		["no securemode", "authType=register,random=1,signmethod=hmacsha1", "securemode is missing"],
		["securemode=3", "securemode=3,authType=register,random=1,signmethod=hmacsha1", "securemode=3 is none"],
		["securemode=-2", "securemode=-2,authType=register,random=1,signmethod=hmacsha1", "securemode=-2 is none"],
		["no random", "securemode=2,authType=register,signmethod=hmacsha1", "random is missing"],
		["an empty random", "securemode=2,authType=register,random=,signmethod=hmacsha1", "random is missing"],
		["no signmethod", "securemode=2,authType=register,random=1", "signmethod is missing"],
		["an unknown signmethod", "securemode=2,authType=register,random=1,signmethod=crc", "signmethod=crc"],
		["an unknown authType", "securemode=2,authType=other,random=1,signmethod=hmacsha1", "authType=other"],
	])("with CONNACK 2 for %s", async (_name, extension, why) => {
		expect(await refused(world, product, device.deviceName, { extension })).toBe(2);
		await reason(why);
	});

	it("with CONNACK 2 without a password", async () => {
		expect(await refused(world, product, device.deviceName, { password: "" })).toBe(2);
		await reason("signature is missing");
	});

	it("with CONNACK 4 for a wrong product secret, an unknown product, an unknown device", async () => {
		const wrong = { ...product, productSecret: "x".repeat(16) };
		expect(await refused(world, wrong, device.deviceName)).toBe(4);
		await reason("signature by the productSecret is wrong");
		expect(await refused(world, { ...product, productKey: "nothing" }, device.deviceName)).toBe(4);
		await reason("no such product");
		expect(await refused(world, product, "nobody")).toBe(4);
		await world.event("device.refused", (one) => one.reason.includes("pre-registered"));
	});

	it("with CONNACK 4 when the switch is off; who is active is left alone", async () => {
		const other = await productOf(world, { DynamicRegistration: false });
		device = await world.device(other.productKey);
		expect(await refused(world, other, device.deviceName)).toBe(4);
		await reason("switched off");
		const set = (DynamicRegistration: boolean) =>
			world.admin.call("SetProductDynamicRegistration", { ProductKey: other.productKey, DynamicRegistration });
		await set(true);
		await registered(world, other, device.deviceName);
		const client = await world.connect(device);
		await set(false);
		expect(client.connected).toBe(true);
		await client.endAsync();
		await (await world.connect(device)).endAsync();
	});

	it("with CONNACK 4 for a disabled device, and taken again once it is enabled", async () => {
		await world.admin.call("DisableThing", names());
		expect(await refused(world, product, device.deviceName)).toBe(4);
		await reason("disabled");
		await world.admin.call("EnableThing", names());
		await registered(world, product, device.deviceName);
	});

	it.each([
		["a sub-device's product", { NodeType: 2 }, "through its gateway"],
		["an X.509 product", { AuthType: "x509" as const }, "by x509"],
		["an ID² product", { AuthType: "id2" as const }, "by id2"],
	])("with CONNACK 4 for %s", async (_name, fields, why) => {
		const other = await productOf(world, fields);
		device = await world.device(other.productKey);
		expect(await refused(world, other, device.deviceName)).toBe(4);
		await reason(why);
	});
});

describe("one secret activates one physical device", () => {
	it("the same name registers again as long as no device was connected: the first answer may have been lost", async () => {
		const first = await registered(world, product, device.deviceName);
		// Its power went before it could store the secret; and again, on another connection.
		expect(await registered(world, product, device.deviceName)).toEqual(first);
		expect(await registered(world, product, device.deviceName)).toEqual(first);
		await (await world.connect(device)).endAsync();
	});

	it("not after it was connected, until ResetThing; with the same secret then", async () => {
		await registered(world, product, device.deviceName);
		await (await world.connect(device)).endAsync();
		expect(await refused(world, product, device.deviceName)).toBe(4);
		await reason("active: its secret went to one physical device already");
		await world.admin.call("ResetThing", names());
		await world.event("device.reset", (one) => one.deviceName === device.deviceName);
		// The platform resets the registration, not the activation.
		await world.offline(device);
		expect((await world.admin.call("GetDeviceStatus", names())).Data.Status).toBe("OFFLINE");
		expect(await registered(world, product, device.deviceName)).toEqual(device);
		expect(await registered(world, product, device.deviceName)).toEqual(device);
		await (await world.connect(device)).endAsync();
		expect(await refused(world, product, device.deviceName)).toBe(4);
	});

	it("nor for a device that came with its secret burned", async () => {
		await (await world.connect(device)).endAsync();
		expect(await refused(world, product, device.deviceName)).toBe(4);
	});

	it("a reset leaves the connection of a device with its secret alone", async () => {
		const client = await world.connect(device);
		await world.admin.call("ResetThing", names());
		expect(client.connected).toBe(true);
		await registered(world, product, device.deviceName);
		await client.endAsync();
	});

	it("a deleted and re-created name has a new secret, and the old one is refused", async () => {
		const old = await registered(world, product, device.deviceName);
		await (await world.connect(device)).endAsync();
		await world.admin.call("DeleteDevice", names());
		expect(await refused(world, product, device.deviceName)).toBe(4);
		const again = await world.device(product.productKey, device.deviceName);
		const told = await registered(world, product, device.deviceName);
		expect(told).toEqual(again);
		expect(told["deviceSecret"]).not.toBe(old["deviceSecret"]);
		expect(await world.refusal(old as unknown as Triple)).toBe(4);
	});
});

it("a name of four to 32 characters, as long as they come, and nothing else", async () => {
	const longest = await world.device(product.productKey, "D".repeat(32));
	expect(await registered(world, product, longest.deviceName)).toEqual(longest);
	expect(await refused(world, product, "x&y")).toBe(4);
});

it("CONNACK 3 when the database fails", async () => {
	const { default: Database } = await import("libsql");
	const broken = await World.start();
	const other = await productOf(broken);
	const database = new Database(`${broken.state}/cloud.db`);
	database.exec("DROP TABLE property; DROP TABLE message; DROP TABLE pending; DROP TABLE subscription");
	database.exec("DROP TABLE device_token; DROP TABLE topology");
	database.exec("ALTER TABLE device RENAME TO gone");
	database.close();
	expect(await refused(broken, other, "somebody")).toBe(3);
	await broken.stop();
});
