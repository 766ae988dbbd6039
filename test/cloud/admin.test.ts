import { readFileSync, statSync } from "node:fs";
import { networkInterfaces } from "node:os";
import Ajv2020 from "ajv/dist/2020";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ActionName, Actions } from "../../tools/cloud/admin/actions";
import { openApi } from "../../tools/cloud/admin/open-api";
import { CloudClient, readAccess } from "../../tools/cloud/client";
import { registered } from "./lib/registrant";
import { type Triple, World } from "./lib/world";

interface PathItem {
	post?: { requestBody: Content; responses: { "200": Content } };
	get?: unknown;
}
interface Content {
	content: { "application/json": { schema: object } };
}
interface Description {
	paths: Record<string, PathItem>;
	components: { schemas: { Problem: object } };
}

const file = JSON.parse(
	readFileSync(new URL("../../tools/cloud/admin/openapi.json", import.meta.url), "utf8"),
) as Description;
const ajv = new Ajv2020({ strict: true });

let world: World;
let device: Triple;

beforeAll(async () => {
	world = await World.start();
	device = await world.device();
});
afterAll(() => world.stop());

const post = (
	path: string,
	body: string | undefined,
	headers: Record<string, string> = { Authorization: `Bearer ${world.cloud.token}` },
	method = "POST",
) =>
	fetch(`${world.cloud.adminUrl}/api/v1/${path}`, {
		method,
		headers,
		...(body !== undefined && method !== "GET" && { body }),
	});

/** Calls an action and holds request and answer against the description. */
async function call<Name extends ActionName>(action: Name, request: Actions[Name]["request"]) {
	const item = file.paths[`/api/v1/${action}`]?.post;
	if (!item) throw new Error(`${action} is not described`);
	const valid = (schema: object, value: unknown) => {
		if (!ajv.validate(schema, value)) throw new Error(`${action}: ${ajv.errorsText()}`);
	};
	valid(item.requestBody.content["application/json"].schema, request);
	const answer = await world.admin.call(action, request);
	valid(item.responses["200"].content["application/json"].schema, answer);
	called.add(action);
	return answer;
}
const called = new Set<string>();

describe("the description", () => {
	it("is what the server gives, and openapi.json is its copy (npx linkxs cloud openapi)", async () => {
		expect(file).toEqual(JSON.parse(JSON.stringify(openApi())));
		const served = await fetch(`${world.cloud.adminUrl}/api/v1/openapi.json`);
		expect(await served.json()).toEqual(file);
	});

	it("holds for every action", async () => {
		const names = { ProductKey: device.productKey, DeviceName: device.deviceName };
		const body = Buffer.from("x").toString("base64");
		const { ProductKey } = await call("CreateProduct", {
			ProductName: "described",
			Description: "d",
			NetType: "WIFI",
			NodeType: 1,
			DataFormat: 0,
			AuthType: "secret",
		});
		await call("QueryProduct", { ProductKey });
		await call("QueryProductList", { CurrentPage: 1, PageSize: 1 });
		await call("UpdateProduct", { ProductKey, ProductName: "described2" });
		const { TopicId } = await call("CreateProductTopic", {
			ProductKey,
			TopicShortName: "x",
			Operation: "ALL",
			Desc: "d",
		});
		await call("QueryProductTopic", { ProductKey });
		await call("DeleteProductTopic", { TopicId });
		const { Data } = await call("RegisterDevice", { ProductKey, Nickname: "nick" });
		await call("QueryDevice", { ProductKey });
		await call("QueryDeviceDetail", { IotId: Data.IotId });
		await call("GetDeviceStatus", names);
		await call("BatchGetDeviceState", { ProductKey: device.productKey, DeviceName: [device.deviceName] });
		const client = await world.connect(device);
		client.on(
			"message",
			(topic) => topic.includes("/rrpc/") && client.publish(topic.replace("/request/", "/response/"), "y"),
		);
		await client.subscribeAsync(`/sys/${device.productKey}/${device.deviceName}/rrpc/request/+`);
		await client.publishAsync(
			`/sys/${device.productKey}/${device.deviceName}/thing/event/property/post`,
			'{"id":"1","params":{"a":1}}',
			{ qos: 1 },
		);
		await call("Pub", {
			ProductKey: device.productKey,
			TopicFullName: `/${device.productKey}/${device.deviceName}/user/get`,
			MessageContent: body,
			Qos: 1,
		});
		await call("PubBroadcast", {
			ProductKey: device.productKey,
			TopicFullName: `/broadcast/${device.productKey}/x`,
			MessageContent: body,
		});
		await call("RRpc", { ...names, RequestBase64Byte: body, Timeout: 5000 });
		await call("SetDeviceProperty", { ...names, Items: "{}" });
		await call("InvokeThingService", { ...names, Identifier: "s", Args: "{}" });
		await call("QueryDevicePropertyStatus", names);
		await call("QueryDeviceSubscriptions", names);
		await call("QueryMessages", { ...names, Count: 5 });
		await call("DisableThing", names);
		await call("EnableThing", names);
		await call("DeleteDevice", { IotId: Data.IotId });
		await call("DeleteProduct", { ProductKey });
	});

	it("holds for certificates and batches", async () => {
		const { ProductKey } = await call("CreateProduct", { ProductName: "certified", AuthType: "x509" });
		const { Data } = await call("RegisterDevice", { ProductKey, DeviceName: "one1", KeyType: "EC256" });
		const names = { IotId: Data.IotId };
		await call("QueryDeviceCert", names);
		const renewed = await call("RenewDeviceCert", { ...names, KeyType: "EC256", GraceDays: 1 });
		await call("RevokeDeviceCert", { ...names, CertSN: renewed.DeviceCertInfo.CertSN, RevocationReason: "superseded" });
		await call("QueryDeviceCertList", names);
		await call("QueryDeviceCertAuthority", {});
		const { Data: many } = await call("BatchRegisterDevice", { ProductKey, Count: 1, KeyType: "EC256" });
		await world.event("batch.finished", (one) => one.applyId === many.ApplyId);
		await call("QueryPageByApplyId", { ApplyId: many.ApplyId });
		await call("QueryCertUrlByApplyId", { ApplyId: many.ApplyId });
		await call("QueryBatchCsv", { ProductKey, ApplyId: many.ApplyId });
		const DeviceNameList = [{ DeviceName: "two2", DeviceNickname: "nick" }, { DeviceName: "x" }];
		await call("BatchCheckDeviceNames", { ProductKey, DeviceNameList });
		const { Data: named } = await call("BatchCheckDeviceNames", {
			ProductKey,
			DeviceName: ["three"],
			KeyType: "EC256",
		});
		await call("BatchRegisterDeviceWithApplyId", { ProductKey, ApplyId: named.ApplyId });
		await call("QueryBatchRegisterDeviceStatus", { ProductKey, ApplyId: named.ApplyId });
		await call("QueryBatchList", { ProductKey });
	});

	it("holds for ID²", async () => {
		const { ProductKey } = await call("CreateProduct", { ProductName: "carried", AuthType: "id2" });
		const { Data: device } = await call("RegisterDevice", { ProductKey });
		await call("AssignId2Licences", { ProductKey, Count: 2 });
		await call("SetId2WhiteList", { ProductKey, WhiteList: "carriers" });
		await call("QueryId2Product", { ProductKey });
		await call("ImportId2Carriers", { Carrier: [{ Id2: "IMPORTED1", Key: "00".repeat(32) }] });
		const { Data } = await call("CreateId2Carrier", { Count: 1 });
		const Id2 = Data.Carrier[0]?.Id2 ?? "";
		await call("BindId2Carrier", { IotId: device.IotId, Id2 });
		await call("QueryId2CarrierList", { PageSize: 1 });
		await call("DeleteId2Carrier", { Id2 });
	});

	it("holds for registration and topology", async () => {
		const { ProductKey } = await call("CreateProduct", { ProductName: "registering", DynamicRegistration: true });
		const product = (await call("QueryProduct", { ProductKey })).Data;
		expect(product.DynamicRegistration).toBe(true);
		const secret = { productKey: ProductKey, productSecret: product.ProductSecret };
		const { clientId } = await registered(world, secret, "name", { kind: "regnwl" });
		await registered(world, secret, "name", { kind: "regnwl" });
		const names = { ProductKey, DeviceName: "name" };
		expect((await call("QueryRiskDevices", { ProductKey, CurrentPage: 1, PageSize: 1 })).Data.RiskDevice).toHaveLength(
			1,
		);
		expect((await call("QueryDeviceClientIds", names)).Data.ClientIdInfo).toHaveLength(2);
		await call("SwitchClientId", { ...names, ClientId: clientId ?? "" });
		await call("ClearClientIds", names);
		await call("ResetThing", names);
		await call("SetProductDynamicRegistration", { ProductKey, DynamicRegistration: false });
		expect((await call("QueryProduct", { ProductKey })).Data.DynamicRegistration).toBe(false);
		expect((await call("GetThingTopo", { ...names, PageNo: 1, PageSize: 10 })).Data.Total).toBe(0);
	});

	it("left no action out", () => {
		expect(Object.keys(file.paths).map((path) => path.slice("/api/v1/".length))).toEqual(
			expect.arrayContaining([...called, "events"]),
		);
		expect(called.size).toBe(Object.values(file.paths).filter((one) => one.post).length);
	});

	it("holds for refusals", async () => {
		const answers = await Promise.all([
			post("CreateProduct", "{}"),
			post("QueryProduct", '{"ProductKey":"no"}'),
			post("Nothing", "{}"),
			post("Pub", "not json"),
		]);
		expect(answers.map((one) => one.status)).toEqual([400, 404, 404, 400]);
		for (const one of answers) expect(ajv.validate(file.components.schemas.Problem, await one.json())).toBe(true);
	});
});

describe("who may ask", () => {
	it.each([
		["no token", {}],
		["a wrong token", { Authorization: "Bearer 0" }],
		["another scheme", { Authorization: "Basic 0" }],
	])("not with %s", async (_name, headers) => {
		const answer = await post("QueryProductList", "{}", headers as Record<string, string>);
		expect(answer.status).toBe(401);
		await world.event("admin.refused");
	});

	it("not from another address of the machine", async () => {
		const address = Object.values(networkInterfaces())
			.flat()
			.find((one) => one && !one.internal && one.family === "IPv4")?.address;
		if (address === undefined) return;
		await expect(fetch(`http://${address}:${world.cloud.ports.admin}/api/v1/openapi.json`)).rejects.toThrow();
	});

	it("the token lies in cloud.json, readable by its owner alone; so are key and database", () => {
		expect(readAccess(world.state)).toMatchObject({
			token: world.cloud.token,
			adminUrl: world.cloud.adminUrl,
			caFile: world.cloud.caFile,
			ports: world.cloud.ports,
		});
		for (const name of ["cloud.json", "cloud.db", "ca/ca.key.pem", "ca/server.key.pem"])
			expect(statSync(`${world.state}/${name}`).mode & 0o077, name).toBe(0);
	});
});

describe("refusals name the field or the rule", () => {
	it.each([
		["CreateProduct", { ProductName: "abc" }, 400, "iot.prod.InvalidFormattedProductName"],
		["CreateProduct", { ProductName: "a name with spaces" }, 400, "iot.prod.InvalidFormattedProductName"],
		["CreateProduct", { ProductName: "温度计温度计温度计温度计温度计温" }, 400, "iot.prod.InvalidFormattedProductName"],
		["CreateProduct", { ProductName: "good", NodeType: 3 }, 400, "InvalidNodeType"],
		["CreateProduct", { ProductName: "good", NodeType: "0" }, 400, "InvalidNodeType"],
		["CreateProduct", { ProductName: "good", Color: "red" }, 400, "InvalidColor"],
		["CreateProduct", {}, 400, "MissingProductName"],
		["UpdateProduct", { ProductKey: "x", NodeType: 1 }, 400, "InvalidNodeType"],
		["UpdateProduct", { ProductKey: "x", AuthType: "x509" }, 400, "InvalidAuthType"],
		["CreateProduct", { ProductName: "good", Description: "d".repeat(101) }, 400, "iot.prod.LongDescription"],
		["CreateProduct", { ProductName: "good", ProductKey: "no-dash" }, 400, "InvalidProductKey"],
		["RegisterDevice", { ProductKey: "none" }, 404, "iot.prod.NotExistedProduct"],
		["RegisterDevice", { ProductKey: "none", DeviceName: "abc" }, 400, "iot.device.InvalidFormattedDeviceName"],
		["RegisterDevice", { ProductKey: "none", DeviceName: "with space" }, 400, "iot.device.InvalidFormattedDeviceName"],
		["RegisterDevice", { ProductKey: "none", Nickname: "abc" }, 400, "iot.device.InvalidFormattedNickname"],
		["QueryDeviceDetail", {}, 400, "MissingIotId"],
		["QueryDeviceDetail", { IotId: "none" }, 404, "iot.device.NotExistedDevice"],
		["QueryMessages", { IotId: "none", Count: 1.5 }, 400, "InvalidCount"],
		["QueryMessages", { IotId: "none", Count: 0 }, 400, "InvalidCount"],
		["DeleteProductTopic", { TopicId: 9999 }, 404, "iot.prod.NotExistedTopic"],
		["BatchGetDeviceState", { ProductKey: "x", DeviceName: [1] }, 400, "InvalidDeviceName"],
		["BatchGetDeviceState", { ProductKey: "x", DeviceName: "x" }, 400, "InvalidDeviceName"],
		[
			"Pub",
			{ ProductKey: "x", TopicFullName: "/x/y", MessageContent: "AA" },
			400,
			"iot.messagebroker.InvalidFormattedTopic",
		],
		[
			"PubBroadcast",
			{ ProductKey: "none", TopicFullName: "/x/y", MessageContent: "AA" },
			404,
			"iot.prod.NotExistedProduct",
		],
		["CreateProductTopic", { ProductKey: "none", Operation: "PUB" }, 404, "iot.prod.NotExistedProduct"],
		[
			"SetProductDynamicRegistration",
			{ ProductKey: "x", DynamicRegistration: "on" },
			400,
			"InvalidDynamicRegistration",
		],
		["SetProductDynamicRegistration", { ProductKey: "x" }, 400, "MissingDynamicRegistration"],
		[
			"SetProductDynamicRegistration",
			{ ProductKey: "none", DynamicRegistration: true },
			404,
			"iot.prod.NotExistedProduct",
		],
		["ResetThing", { IotId: "none" }, 404, "iot.device.NotExistedDevice"],
		["QueryRiskDevices", { ProductKey: "none" }, 404, "iot.prod.NotExistedProduct"],
		["SwitchClientId", { IotId: "none" }, 400, "MissingClientId"],
		["GetThingTopo", { IotId: "none", PageSize: 1001 }, 400, "InvalidPageSize"],
	])("%s %j: %d %s", async (action, request, status, code) => {
		const answer = await post(action, JSON.stringify(request));
		expect([answer.status, ((await answer.json()) as { Code: string }).Code]).toEqual([status, code]);
	});

	it("twice the same name, a product with devices, a bad message", async () => {
		const { productKey, deviceName } = device;
		const [name] = (await world.admin.call("QueryProductList", {})).Data.List.ProductInfo.filter(
			(one) => one.ProductKey === productKey,
		);
		await expect(world.admin.call("CreateProduct", { ProductName: name?.ProductName ?? "" })).rejects.toMatchObject({
			code: "exists",
			detail: "iot.prod.AlreadyExistedProductName",
		});
		await expect(
			world.admin.call("RegisterDevice", { ProductKey: productKey, DeviceName: deviceName }),
		).rejects.toMatchObject({ detail: "iot.device.AlreadyExistedDeviceName" });
		await expect(world.admin.call("DeleteProduct", { ProductKey: productKey })).rejects.toMatchObject({
			detail: "iot.prod.ProductHasDevice",
		});
		const TopicFullName = `/${productKey}/${deviceName}/user/get`;
		await expect(
			world.admin.call("Pub", { ProductKey: productKey, TopicFullName, MessageContent: "=?" }),
		).rejects.toMatchObject({ code: "invalid" });
		const MessageContent = Buffer.alloc(256 * 1024 + 1).toString("base64");
		await expect(
			world.admin.call("Pub", { ProductKey: productKey, TopicFullName, MessageContent }),
		).rejects.toMatchObject({ code: "invalid" });
		await expect(
			world.admin.call("CreateProductTopic", { ProductKey: productKey, Operation: "PUB" }),
		).rejects.toMatchObject({ detail: "MissingTopicShortName" });
	});

	it("of ten that ask for the same name at once, one gets it", async () => {
		const all = (asking: Promise<unknown>[]) => Promise.allSettled(asking);
		const products = await all(
			Array.from({ length: 10 }, () => world.admin.call("CreateProduct", { ProductName: "contested" })),
		);
		const request = { ProductKey: device.productKey, DeviceName: "contested" };
		const devices = await all(Array.from({ length: 10 }, () => world.admin.call("RegisterDevice", request)));
		const topic = { ProductKey: device.productKey, TopicShortName: "contested", Operation: "PUB" as const };
		const topics = await all(Array.from({ length: 10 }, () => world.admin.call("CreateProductTopic", topic)));
		for (const answers of [products, devices, topics]) {
			expect(answers.filter((one) => one.status === "fulfilled")).toHaveLength(1);
			expect(
				answers.every((one) => one.status === "fulfilled" || /Existed/.test((one.reason as { detail: string }).detail)),
			).toBe(true);
		}
	});

	it("a wrong method, a body that is too large, a path outside", async () => {
		expect((await post("QueryProductList", undefined, undefined, "GET")).status).toBe(405);
		expect((await fetch(`${world.cloud.adminUrl}/`)).status).toBe(404);
		expect((await fetch(`${world.cloud.adminUrl}/api/v1/../../etc/passwd`)).status).toBe(404);
		const large = await post("CreateProduct", `{"ProductName":"${"x".repeat(500_000)}"}`).then(
			(one) => one.status,
			() => 400,
		);
		expect(large).toBe(400);
	});
});

it("the event stream gives what was and what comes, until it is ended", async () => {
	const stop = new AbortController();
	const seen: string[] = [];
	const reading = (async () => {
		for await (const event of new CloudClient(world.cloud).events({ since: 0, signal: stop.signal })) {
			seen.push(event.type);
			if (event.type === "product.created" && seen.filter((type) => type === event.type).length >= 3) stop.abort();
		}
	})();
	await world.product();
	await reading;
	expect(seen[0]).toBe("cloud.started");
	await expect(
		(async () => {
			for await (const _ of new CloudClient({ ...world.cloud, token: "wrong" }).events()) return;
		})(),
	).rejects.toMatchObject({ code: "admin" });
});

it("a client without a cloud says so", async () => {
	await expect(
		new CloudClient({ adminUrl: "http://127.0.0.1:9", token: "" }).call("QueryProductList", {}),
	).rejects.toMatchObject({ code: "admin", retry: "later" });
	expect(() => readAccess("/nonexistent")).toThrow(/no cloud runs/);
});
