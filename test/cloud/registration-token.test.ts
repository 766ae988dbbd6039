import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "./lib/manual-clock";
import { byToken, type ProductSecret, productOf, refused, register, registered } from "./lib/registrant";
import { closed, subscribe, type Triple, World } from "./lib/world";

/** One product, one secret, not pre-registered: regnwl, then connwl (device-access.txt 520–580, 7.1.2, 7.1.3). */
const clock = new ManualClock();
let world: World;
let product: ProductSecret;
let deviceName: string;
let count = 0;

beforeAll(async () => {
	world = await World.start({ clock });
	product = await productOf(world);
});
beforeEach(() => {
	deviceName = `sim-${++count}`;
});
afterAll(() => world.stop());

const KIND = { kind: "regnwl" };
const names = () => ({ ProductKey: product.productKey, DeviceName: deviceName });
const triple = (): Triple => ({ productKey: product.productKey, deviceName, deviceSecret: "" });
const connect = (told: Record<string, string>, options: Parameters<typeof byToken>[1] = {}) =>
	world.connect(triple(), { tls: true, ...byToken(told, options) });
const refusal = (told: Record<string, string>, options: Parameters<typeof byToken>[1] = {}) =>
	world.refusal(triple(), { tls: true, ...byToken(told, options) });
const reason = (part: string) =>
	world.event("device.refused", (one) => one.deviceName === deviceName && one.reason.includes(part));

describe("a registration", () => {
	it.each([
		["-2", ""],
		["-2", ",instanceId=iot-x"],
		["2", ""],
		["2", ",instanceId=iot-x"],
	])("with securemode=%s%s", async (securemode, more) => {
		const told = await registered(world, product, deviceName, { ...KIND, securemode, more });
		expect(Object.keys(told)).toEqual(["productKey", "deviceName", "clientId", "deviceToken"]);
		await (await connect(told)).endAsync();
	});

	it.each(["hmacmd5", "hmacsha1", "hmacsha256"])("with %s", async (method) => {
		await registered(world, product, deviceName, { ...KIND, method });
	});

	it("tells the same on both topics: the document's and the one that stock clients wait for", async () => {
		const { client, told, messages } = await register(world, product, deviceName, KIND).then((one) => ({
			client: one.client,
			messages: one.messages,
			told: one.told("/ext/register"),
		}));
		const body = await told;
		expect(messages).toEqual([
			{ topic: "/ext/regnwl", body },
			{ topic: "/ext/register", body },
		]);
		await client.endAsync();
	});

	it("makes the device, unactive until it is connected", async () => {
		const told = await registered(world, product, deviceName, KIND);
		await world.event("device.created", (one) => one.deviceName === deviceName);
		await world.event("device.registered", (one) => one.deviceName === deviceName && one.way === "regnwl");
		expect((await world.admin.call("GetDeviceStatus", names())).Data.Status).toBe("UNACTIVE");
		const client = await connect(told);
		await world.event("device.activated", (one) => one.deviceName === deviceName);
		expect((await world.admin.call("GetDeviceStatus", names())).Data.Status).toBe("ONLINE");
		expect(await subscribe(client, `/${product.productKey}/${deviceName}/user/get`)).toBe(0);
		await client.endAsync();
	});

	it("by the document's misprint, regnlw, which a random number tells from a connection", async () => {
		const { client, told } = await register(world, product, deviceName, { kind: "regnlw" }).then((one) => ({
			client: one.client,
			told: one.told("/ext/regnwl"),
		}));
		await (await connect(await told)).endAsync();
		await client.endAsync();
	});
});

describe("its connection by token", () => {
	it("takes connwl, and regnlw as the document prints it once", async () => {
		const told = await registered(world, product, deviceName, KIND);
		await (await connect(told, { authType: "connwl" })).endAsync();
		await (await connect(told, { authType: "regnlw" })).endAsync();
	});

	it("is refused with CONNACK 2 over plain TCP, where anybody could read the token, and with another securemode", async () => {
		const told = await registered(world, product, deviceName, KIND);
		expect(await world.refusal(triple(), byToken(told))).toBe(2);
		await reason("connwl needs TLS");
		expect(await refusal(told, { securemode: "2" })).toBe(2);
		await reason("securemode=-2, not 2");
		expect(await world.refusal(triple(), { tls: true, ...byToken(told), keepalive: 29 })).toBe(2);
	});

	it("is refused with CONNACK 4 with another's token, another's clientId, no token, an unknown name", async () => {
		const one = await registered(world, product, deviceName, KIND);
		const other = await registered(world, product, deviceName, KIND);
		expect(await refusal({ ...one, deviceToken: other["deviceToken"] ?? "" })).toBe(4);
		await reason("don't belong");
		expect(await refusal({ ...one, clientId: "nobody" })).toBe(4);
		expect(await refusal({ ...one, deviceToken: "" })).toBe(4);
		deviceName = "somebody";
		expect(await refusal(one)).toBe(4);
		await reason("no such device");
		expect(await world.refusal({ ...triple(), productKey: "none" }, { tls: true, ...byToken(one) })).toBe(4);
	});

	it("is refused with CONNACK 5 while the device is disabled, as is a registration with 4", async () => {
		const told = await registered(world, product, deviceName, KIND);
		const client = await connect(told);
		await world.admin.call("DisableThing", names());
		await closed(client);
		expect(await refusal(told)).toBe(5);
		expect(await refused(world, product, deviceName, KIND)).toBe(4);
		await world.admin.call("EnableThing", names());
		await (await connect(told)).endAsync();
	});

	it("goes on while the switch is off; nobody new registers", async () => {
		const told = await registered(world, product, deviceName, KIND);
		const set = (DynamicRegistration: boolean) =>
			world.admin.call("SetProductDynamicRegistration", { ProductKey: product.productKey, DynamicRegistration });
		await set(false);
		await (await connect(told)).endAsync();
		expect(await refused(world, product, deviceName, KIND)).toBe(4);
		await reason("switched off");
		await set(true);
	});

	it("is void after the name was deleted and came again", async () => {
		const told = await registered(world, product, deviceName, KIND);
		const client = await connect(told);
		await world.admin.call("DeleteDevice", names());
		await closed(client);
		expect(await refusal(told)).toBe(4);
		const again = await registered(world, product, deviceName, KIND);
		expect(await refusal(told)).toBe(4);
		await (await connect(again)).endAsync();
	});
});

describe("physical devices of one name", () => {
	const clientIds = async () => (await world.admin.call("QueryDeviceClientIds", names())).Data.ClientIdInfo;

	it("five register, each with its own clientId and token; the sixth is refused", async () => {
		const all = [];
		for (let i = 0; i < 5; i++) {
			all.push(await registered(world, product, deviceName, KIND));
			clock.advance(1000);
		}
		expect(new Set(all.flatMap((one) => [one["clientId"], one["deviceToken"]])).size).toBe(10);
		expect(await refused(world, product, deviceName, KIND)).toBe(4);
		await reason("5 physical devices");
		for (const told of all) await (await connect(told)).endAsync();
		expect((await clientIds()).map((one) => one.ClientId)).toEqual(all.map((one) => one["clientId"]));
		// ResetThing is the repair: all tokens are void, five places are free.
		await world.admin.call("ResetThing", names());
		expect(await refusal(all[0] ?? {})).toBe(4);
		await registered(world, product, deviceName, KIND);
	});

	it("of ten at once, five get in, with a name that none had before", async () => {
		const results = await Promise.all(
			Array.from({ length: 10 }, () => registered(world, product, deviceName, KIND).catch(() => undefined)),
		);
		expect(results.filter((one) => one !== undefined)).toHaveLength(5);
	});

	it("the list of risk devices has names with two and more", async () => {
		const other = await productOf(world);
		const once = await registered(world, other, "once", KIND);
		const risks = async () => (await world.admin.call("QueryRiskDevices", { ProductKey: other.productKey })).Data;
		expect((await risks()).RiskDevice).toEqual([]);
		for (const name of ["twice", "thrice", "thrice"]) await registered(world, other, name, KIND);
		await registered(world, other, "twice", KIND);
		await registered(world, other, "thrice", KIND);
		expect((await risks()).RiskDevice).toMatchObject([
			{ DeviceName: "thrice", ClientIds: 3 },
			{ DeviceName: "twice", ClientIds: 2 },
		]);
		const device = { ProductKey: other.productKey, DeviceName: "thrice" };
		const [first] = (await world.admin.call("QueryDeviceClientIds", device)).Data.ClientIdInfo;
		await world.admin.call("SwitchClientId", { ...device, ClientId: first?.ClientId ?? "" });
		expect((await risks()).RiskDevice).toMatchObject([{ DeviceName: "twice" }]);
		expect(once["deviceName"]).toBe("once");
	});

	it("“switch” throws the others off and forbids them; the kept one goes on, and no new one comes", async () => {
		const kept = await registered(world, product, deviceName, KIND);
		const other = await registered(world, product, deviceName, KIND);
		const client = await connect(other);
		expect((await clientIds()).map((one) => one.Connected)).toEqual([false, true]);
		await world.admin.call("SwitchClientId", { ...names(), ClientId: kept["clientId"] ?? "" });
		await closed(client);
		await world.event("device.forbidden", (one) => one.deviceName === deviceName && one.kept === kept["clientId"]);
		expect(await refusal(other)).toBe(5);
		await reason("this clientId was forbidden");
		const mine = await connect(kept);
		expect(await refused(world, product, deviceName, KIND)).toBe(4);
		await reason("no new one registers until ResetThing");
		// The other way round: the one that was forbidden keeps the name.
		await world.admin.call("SwitchClientId", { ...names(), ClientId: other["clientId"] ?? "" });
		await closed(mine);
		expect(await refusal(kept)).toBe(5);
		const back = await connect(other);
		await world.admin.call("SwitchClientId", { ...names(), ClientId: other["clientId"] ?? "" });
		expect(back.connected).toBe(true);
		await back.endAsync();
	});

	it("“clear” forbids all, until ResetThing", async () => {
		const told = await registered(world, product, deviceName, KIND);
		const client = await connect(told);
		await world.admin.call("ClearClientIds", names());
		await closed(client);
		await world.event("device.forbidden", (one) => one.deviceName === deviceName && one.kept === undefined);
		expect(await refusal(told)).toBe(5);
		expect(await refused(world, product, deviceName, KIND)).toBe(4);
		await world.admin.call("ResetThing", names());
		expect(await refusal(told)).toBe(4);
		await (await connect(await registered(world, product, deviceName, KIND))).endAsync();
	});

	it("ResetThing throws off the one that is connected: its token is void", async () => {
		const client = await connect(await registered(world, product, deviceName, KIND));
		await world.admin.call("ResetThing", names());
		await closed(client);
		await world.event("device.offline", (one) => one.deviceName === deviceName && one.reason === "reset");
	});

	it("only one of them is connected at a time", async () => {
		const one = await connect(await registered(world, product, deviceName, KIND));
		const two = await connect(await registered(world, product, deviceName, KIND));
		await closed(one);
		await two.endAsync();
	});

	it("the actions refuse an unknown clientId, and a device that has none", async () => {
		await registered(world, product, deviceName, KIND);
		await expect(world.admin.call("SwitchClientId", { ...names(), ClientId: "none" })).rejects.toMatchObject({
			code: "unknown",
		});
		const { productKey, deviceName: other } = await world.device(product.productKey);
		const fields = { ProductKey: productKey, DeviceName: other };
		await expect(world.admin.call("ClearClientIds", fields)).rejects.toMatchObject({ code: "refused" });
		await expect(world.admin.call("SwitchClientId", { ...fields, ClientId: "x" })).rejects.toMatchObject({
			code: "refused",
		});
		expect((await world.admin.call("QueryDeviceClientIds", fields)).Data.ClientIdInfo).toEqual([]);
	});
});

describe("the two ways of one name don't mix", () => {
	it("a pre-registered name doesn't register without, and keeps its one physical device", async () => {
		const device = await world.device(product.productKey, deviceName);
		expect(await refused(world, product, deviceName, KIND)).toBe(4);
		await reason("the name is pre-registered");
		expect(await registered(world, product, deviceName)).toEqual(device);
	});

	it("a name that registered without is not told a secret, and none lets it in", async () => {
		await registered(world, product, deviceName, KIND);
		expect(await refused(world, product, deviceName)).toBe(4);
		await reason("without pre-registration, by authType=regnwl");
		const { Data } = await world.admin.call("QueryDeviceDetail", names());
		expect(await world.refusal({ ...triple(), deviceSecret: Data.DeviceSecret })).toBe(4);
		await reason("by token");
		await expect(world.device(product.productKey, deviceName)).rejects.toMatchObject({ code: "exists" });
	});
});

describe("is refused", () => {
	it("with CONNACK 2 over plain TCP", async () => {
		expect(await refused(world, product, deviceName, { ...KIND, tls: false })).toBe(2);
		await reason("regnwl needs TLS");
	});

	it.each([
		["another securemode", { securemode: "3" }, "securemode=3"],
		["a name against the rules", {}, "4 to 32"],
	])("with CONNACK 2 for %s", async (_name, options, why) => {
		if (why === "4 to 32") deviceName = "x y";
		expect(await refused(world, product, deviceName, { ...KIND, ...options })).toBe(2);
		await reason(why);
	});

	it("with CONNACK 4 for a wrong product secret; no device is made of it", async () => {
		expect(await refused(world, { ...product, productSecret: "wrong" }, deviceName, KIND)).toBe(4);
		await expect(world.admin.call("QueryDeviceDetail", names())).rejects.toMatchObject({ code: "unknown" });
	});

	it.each([
		["a sub-device's product", { NodeType: 2 }],
		["an X.509 product", { AuthType: "x509" as const }],
	])("with CONNACK 4 for %s", async (_name, fields) => {
		expect(await refused(world, await productOf(world, fields), deviceName, KIND)).toBe(4);
	});
});

it("the number of physical devices is a setting", async () => {
	const other = await World.start({ limits: { clientIds: 1 } });
	const its = await productOf(other);
	await registered(other, its, "name", KIND);
	expect(await refused(other, its, "name", KIND)).toBe(4);
	await other.stop();
});
