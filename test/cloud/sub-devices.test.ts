import { createHmac } from "node:crypto";
import type { MqttClient } from "mqtt";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ProductSecret, productOf, proof } from "./lib/registrant";
import { type Triple, World } from "./lib/world";

/** A gateway's requests for its sub-devices: registration, topology (FACTS.md, "gateway"; STOCK-CLIENTS facts 6, 8, 9). */
let world: World;
let gateways: string;
let subs: ProductSecret;
let gateway: Gateway;
let sub: Triple;

/** A connected gateway. */
class Gateway {
	readonly device: Triple;
	readonly client: MqttClient;
	#id = 0;

	constructor(device: Triple, client: MqttClient) {
		this.device = device;
		this.client = client;
	}

	static async connect(device: Triple, among = world): Promise<Gateway> {
		const extension = "securemode=3,signmethod=hmacsha256,_ss=1";
		return new Gateway(device, await among.connect(device, { extension }));
	}

	/** Asks, and answers the reply as it came. */
	async ask(path: string, params: unknown): Promise<{ code: number; data: unknown; message: string; text: string }> {
		const topic = `/sys/${this.device.productKey}/${this.device.deviceName}/thing/${path}`;
		const id = String(++this.#id);
		const reply = new Promise<string>((resolve) => {
			const take = (from: string, payload: Buffer) => {
				if (from !== `${topic}_reply` || !payload.toString().startsWith(`{"id":"${id}",`)) return;
				this.client.off("message", take);
				resolve(payload.toString());
			};
			this.client.on("message", take);
		});
		this.client.publish(topic, JSON.stringify({ id, version: "1.0", params, method: `thing.${path}` }));
		const text = await reply;
		return { ...(JSON.parse(text) as { code: number; data: unknown; message: string }), text };
	}
}

beforeAll(async () => {
	world = await World.start();
	gateways = await world.product({ NodeType: 1 });
	subs = await productOf(world, { NodeType: 2 });
});
beforeEach(async () => {
	gateway = await Gateway.connect(await world.device(gateways));
	sub = await world.device(subs.productKey);
});
afterAll(() => world.stop());

const naming = ({ productKey, deviceName }: Pick<Triple, "productKey" | "deviceName">) => ({ productKey, deviceName });
const fields = ({ productKey, deviceName }: Triple) => ({ ProductKey: productKey, DeviceName: deviceName });

/** A sub-device's own signature for topo/add, made here by hand. */
function signed(device: Triple, change: Record<string, unknown> = {}, method = "hmacSha256", key = "signmethod") {
	const { deviceSecret, ...names } = device;
	const parameters: Record<string, unknown> = { ...names, clientId: "mac", timestamp: "1611711", ...change };
	const content = Object.keys(parameters)
		.sort()
		.map((name) => `${name}${String(parameters[name])}`)
		.join("");
	const sign = createHmac(method.toLowerCase().replace("hmac", ""), deviceSecret).update(content).digest("hex");
	return { ...parameters, [key]: method, sign };
}

describe("thing/sub/register", () => {
	it("tells the secrets of pre-registered sub-devices, compact, id first", async () => {
		const other = await world.device(subs.productKey);
		const answer = await gateway.ask("sub/register", [naming(sub), naming(other)]);
		expect(answer.code).toBe(200);
		expect(answer.data).toEqual([
			{ iotId: expect.stringMatching(/^\w{26}$/), ...sub },
			{ iotId: expect.stringMatching(/^\w{26}$/), ...other },
		]);
		expect(answer.text).toMatch(/^\{"id":"1","code":200,"data":\[\{"iotId":"\w+","productKey":/);
		expect(answer.text).toContain('"message":"success"');
		await world.event("device.registered", (one) => one.deviceName === sub.deviceName && one.way === "sub-device");
	});

	it("again and again while it was never added, and to its own gateway afterwards", async () => {
		for (let i = 0; i < 2; i++) expect((await gateway.ask("sub/register", [naming(sub)])).code).toBe(200);
		expect((await gateway.ask("topo/add", [signed(sub)])).code).toBe(200);
		expect((await gateway.ask("sub/register", [naming(sub)])).data).toMatchObject([sub]);
		const other = await Gateway.connect(await world.device(gateways));
		expect(await other.ask("sub/register", [naming(sub)])).toMatchObject({ code: 6619, data: {} });
		// Taken from behind its gateway it is active and nobody's: ResetThing opens it, with the same secret.
		expect((await gateway.ask("topo/delete", [naming(sub)])).code).toBe(200);
		expect((await gateway.ask("sub/register", [naming(sub)])).code).toBe(6289);
		await world.admin.call("ResetThing", fields(sub));
		expect((await other.ask("sub/register", [naming(sub)])).data).toMatchObject([sub]);
	});

	it("to its own gateway also when the product's switch is off by then: that is for new ones", async () => {
		const closing = await productOf(world, { NodeType: 2 });
		const added = await world.device(closing.productKey);
		const later = await world.device(closing.productKey);
		expect((await gateway.ask("topo/add", [signed(added)])).code).toBe(200);
		await world.admin.call("SetProductDynamicRegistration", {
			ProductKey: closing.productKey,
			DynamicRegistration: false,
		});
		expect((await gateway.ask("sub/register", [naming(added)])).data).toMatchObject([added]);
		const proxied = {
			...naming(added),
			random: "42",
			signMethod: "hmacSha256",
			sign: proof(closing, added.deviceName, "42", "hmacsha256"),
		};
		expect(await gateway.ask("proxy/provisioning/product_register", { proxieds: [proxied] })).toMatchObject({
			data: { successes: [added], failures: [] },
		});
		expect((await gateway.ask("sub/register", [naming(later)])).code).toBe(6288);
		await world.admin.call("DisableThing", fields(added));
		expect((await gateway.ask("sub/register", [naming(added)])).code).not.toBe(200);
	});

	it("refuses by code, nothing of the request being done", async () => {
		const code = async (params: unknown) => (await gateway.ask("sub/register", params)).code;
		expect(await code([naming(sub), { productKey: subs.productKey, deviceName: "stranger" }])).toBe(6100);
		expect(await code([{ productKey: "none", deviceName: "x" }])).toBe(6250);
		expect(await code([naming(gateway.device)])).toBe(6402);
		expect(await code([naming(await world.device())])).toBe(6287);
		for (const wrong of [undefined, [], [{}], [{ productKey: "x" }], "x", [[]], [null]])
			expect(await code(wrong)).toBe(460);
		expect(await code(Array.from({ length: 31 }, () => naming(sub)))).toBe(460);
		await world.admin.call("DisableThing", fields(sub));
		expect(await code([naming(sub)])).toBe(6204);
		const off = await productOf(world, { NodeType: 2, DynamicRegistration: false });
		expect(await code([naming(await world.device(off.productKey))])).toBe(6288);
		expect(await code([naming(await world.device(await world.product({ NodeType: 2, AuthType: "x509" })))])).toBe(6287);
	});

	it("is no device's but a gateway's", async () => {
		const direct = await Gateway.connect(await world.device());
		for (const [path, params] of [
			["sub/register", [naming(sub)]],
			["proxy/provisioning/product_register", { proxieds: [naming(sub)] }],
			["topo/add", [signed(sub)]],
			["topo/delete", [naming(sub)]],
		] as const) {
			expect(await direct.ask(path, params)).toMatchObject({ code: 401, message: "not a gateway" });
		}
		expect(await direct.ask("topo/get", {})).toMatchObject({ code: 200, data: [] });
	});

	it("no secret in an event or a history", async () => {
		await gateway.ask("sub/register", [naming(sub)]);
		const history = await world.admin.call("QueryMessages", { ...fields(gateway.device), Count: 200 });
		expect(JSON.stringify(world.cloud.events.since(0))).not.toContain(sub.deviceSecret);
		const bodies = history.Data.MessageInfo.map((one) => Buffer.from(one.MessageContent, "base64").toString());
		expect(bodies.join("")).not.toContain(sub.deviceSecret);
	});
});

describe("thing/proxy/provisioning/product_register", () => {
	const proved = (deviceName: string, method = "hmacSha256", from = subs) => ({
		productKey: from.productKey,
		deviceName,
		random: "42",
		signMethod: method,
		sign: proof(from, deviceName, "42", method.toLowerCase()),
	});

	it("tells each one's secret, or why not", async () => {
		const wrong = { ...subs, productSecret: "wrong" };
		const proxieds = [
			proved(sub.deviceName),
			proved("stranger", "hmacmd5"),
			proved(sub.deviceName, "hmacsha1", wrong),
			{ ...proved(sub.deviceName), random: "" },
		];
		const answer = await gateway.ask("proxy/provisioning/product_register", { proxieds });
		expect(answer).toMatchObject({
			code: 200,
			data: {
				successes: [sub],
				failures: [
					{ productKey: subs.productKey, deviceName: "stranger", code: 6100 },
					{ deviceName: sub.deviceName, code: 401 },
					{ deviceName: sub.deviceName, code: 460 },
				],
			},
		});
	});

	it("refuses what is no list", async () => {
		for (const params of [{}, [], { proxieds: [] }]) {
			expect((await gateway.ask("proxy/provisioning/product_register", params)).code).toBe(460);
		}
	});
});

describe("thing/topo/add, delete, get", () => {
	it.each([
		[
			"as the C SDK writes it",
			{ timestamp: "1611711", clientId: "PK.DN|lan=C,_ss=1,_v=sdk-c-3.2.0|" },
			"hmacSha256",
			"signmethod",
		],
		["as the Node SDK writes it", { timestamp: 1611711000000, clientId: "PK&DN" }, "hmacsha1", "signMethod"],
		["by hmacMd5", {}, "hmacMd5", "signMethod"],
		["with a parameter that is not known", { extra: "x", Z: "y" }, "hmacsha256", "signmethod"],
	])("takes a sub-device's own signature, %s", async (_name, change, method, key) => {
		const added = await gateway.ask("topo/add", [signed(sub, change, method, key)]);
		expect(added).toMatchObject({ code: 200, data: [naming(sub)] });
		expect(added.text).not.toContain("deviceSecret");
		await world.event("topology.added", (one) => one.sub === `${sub.productKey}/${sub.deviceName}`);
		expect((await gateway.ask("topo/get", {})).data).toEqual([naming(sub)]);
		const { Data } = await world.admin.call("GetThingTopo", fields(gateway.device));
		expect(Data).toMatchObject({ Total: 1, List: { deviceInfo: [{ DeviceName: sub.deviceName }] } });
		expect((await gateway.ask("topo/delete", [naming(sub)])).code).toBe(200);
		await world.event("topology.deleted", (one) => one.sub === `${sub.productKey}/${sub.deviceName}`);
		expect((await gateway.ask("topo/get", {})).data).toEqual([]);
		expect((await gateway.ask("topo/delete", [naming(sub)])).code).toBe(6401);
	});

	it("takes a signature in upper case, and a single one without a list", async () => {
		const one = signed(sub);
		expect((await gateway.ask("topo/add", { ...one, sign: String(one["sign"]).toUpperCase() })).code).toBe(200);
	});

	it("refuses by code, nothing of the request being done", async () => {
		const code = async (params: unknown) => (await gateway.ask("topo/add", params)).code;
		const good = signed(sub);
		const other = await world.device(subs.productKey);
		expect(await code([good, { ...signed(other), sign: "00" }])).toBe(401);
		expect(await code([{ ...good, clientId: "changed" }])).toBe(401);
		expect(await code([{ ...good, sign: undefined }])).toBe(401);
		expect(await code([{ ...good, signmethod: "crc" }])).toBe(460);
		expect(await code([{ ...good, extra: {} }])).toBe(460);
		expect(await code([signed({ ...sub, deviceName: "stranger" })])).toBe(6100);
		expect(await code([signed({ ...sub, productKey: "none" })])).toBe(6250);
		expect(await code([signed(gateway.device)])).toBe(6402);
		expect(await code([signed(await world.device())])).toBe(460);
		await world.admin.call("DisableThing", fields(sub));
		expect(await code([good])).toBe(6204);
		expect((await gateway.ask("topo/get", {})).data).toEqual([]);
	});

	it("a sub-device is behind one gateway: the newest that it signed for", async () => {
		expect((await gateway.ask("topo/add", [signed(sub)])).code).toBe(200);
		const other = await Gateway.connect(await world.device(gateways));
		expect((await other.ask("topo/add", [signed(sub)])).code).toBe(200);
		expect((await gateway.ask("topo/get", {})).data).toEqual([]);
		expect((await gateway.ask("topo/delete", [naming(sub)])).code).toBe(6401);
		expect((await other.ask("topo/get", {})).data).toEqual([naming(sub)]);
	});

	it("goes with a deleted sub-device, a deleted gateway, and the gateway's ResetThing", async () => {
		const other = await world.device(subs.productKey);
		await gateway.ask("topo/add", [signed(sub), signed(other)]);
		await world.admin.call("DeleteDevice", fields(sub));
		expect((await gateway.ask("topo/get", {})).data).toEqual([naming(other)]);
		await world.admin.call("ResetThing", fields(gateway.device));
		expect((await gateway.ask("topo/get", {})).data).toEqual([]);
		await gateway.ask("topo/add", [signed(other)]);
		await world.admin.call("DeleteDevice", fields(gateway.device));
		const next = await Gateway.connect(await world.device(gateways, gateway.device.deviceName));
		expect((await next.ask("topo/get", {})).data).toEqual([]);
	});

	it("how many a gateway may have is a setting, the platform's 1,500 if not given", async () => {
		const small = await World.start({ limits: { subDevices: 2 } });
		const its = await Gateway.connect(await small.device(await small.product({ NodeType: 1 })), small);
		const product = await small.product({ NodeType: 2 });
		const three = [await small.device(product), await small.device(product), await small.device(product)];
		expect(
			(
				await its.ask(
					"topo/add",
					three.map((one) => signed(one)),
				)
			).code,
		).toBe(6400);
		for (const one of three.slice(0, 2)) expect((await its.ask("topo/add", [signed(one)])).code).toBe(200);
		expect((await its.ask("topo/add", [signed(three[2] as Triple)])).code).toBe(6400);
		// One that is there already takes no new place.
		expect((await its.ask("topo/add", [signed(three[0] as Triple)])).code).toBe(200);
		await small.stop();
	});

	it("answers nothing when the request says so, and 460 to what is no JSON", async () => {
		const topic = `/sys/${gateway.device.productKey}/${gateway.device.deviceName}/thing/topo/get`;
		const replies: string[] = [];
		gateway.client.on("message", (from, payload) => from === `${topic}_reply` && replies.push(payload.toString()));
		await gateway.client.publishAsync(topic, '{"id":"x","params":{},"sys":{"ack":0}}', { qos: 1 });
		await gateway.client.publishAsync(topic, "not JSON", { qos: 1 });
		await gateway.ask("topo/get", {});
		expect(replies.map((one) => (JSON.parse(one) as { code: number }).code)).toEqual([460, 200]);
	});
});
