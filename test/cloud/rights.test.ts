import type { MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Session, type SessionOptions } from "../../tools/cloud/mqtt/session";
import { Rights } from "../../tools/cloud/topics/rights";
import { closed, nextMessage, subscribe, type Triple, World } from "./lib/world";

/**
 * The rights table of tools/cloud/README.md, cell by cell, by MQTT.js: what a class's right lets a device do on its
 * own topic, on another device's, and with a wildcard.
 */
let world: World;
let productKey: string;
let device: Triple;

beforeAll(async () => {
	world = await World.start();
	productKey = await world.product();
	device = await world.device(productKey, "mine");
	await world.device(productKey, "theirs");
	for (const Operation of ["PUB", "SUB", "ALL"] as const) {
		await world.admin.call("CreateProductTopic", {
			ProductKey: productKey,
			TopicShortName: Operation.toLowerCase(),
			Operation,
		});
	}
	await world.admin.call("CreateProductTopic", { ProductKey: productKey, TopicShortName: "tree/#", Operation: "SUB" });
	await world.admin.call("CreateProductTopic", {
		ProductKey: productKey,
		TopicShortName: "row/+/end",
		Operation: "SUB",
	});
});
afterAll(() => world.stop());

const own = (level: string) => `/${productKey}/mine/user/${level}`;
const foreign = (level: string) => `/${productKey}/theirs/user/${level}`;

/** Publishes with QoS 1; answers what became of it. */
async function publish(topic: string): Promise<"delivered" | "dropped" | "closed"> {
	const client = await world.connect(device);
	const after = world.cloud.events.since(0).at(-1)?.id ?? 0;
	const acknowledged = client.publishAsync(topic, "x", { qos: 1 }).then(
		() => "acknowledged",
		() => "failed",
	);
	const outcome = await Promise.race([acknowledged, closed(client).then(() => "closed")]);
	const seen = world.cloud.events.since(after);
	await client.endAsync(true);
	if (outcome === "closed") return "closed";
	if (seen.some((one) => one.type === "message.up" && one.topic === topic)) return "delivered";
	expect(seen.some((one) => one.type === "publish.refused" && one.topic === topic && !one.closed)).toBe(true);
	return "dropped";
}

describe("publish", () => {
	it.each([
		["pub", "delivered"],
		["all", "delivered"],
		["sub", "dropped"],
		["none", "dropped"],
	])("own topic of right %s: %s", async (right, outcome) => expect(await publish(own(right))).toBe(outcome));

	it.each(["pub", "all", "sub", "none"])("foreign topic of right %s: closed", async (right) => {
		expect(await publish(foreign(right))).toBe("closed");
		await world.event("publish.refused", (one) => one.topic === foreign(right) && one.closed);
	});

	it.each(["tree/#", "row/+/end", "none/+", "pub/+", "all/#"])("wildcard topic %s: closed", async (topic) =>
		expect(await publish(own(topic))).toBe("closed"),
	);
});

describe("subscribe", () => {
	let client: MqttClient;
	beforeAll(async () => {
		client = await world.connect(device);
	});

	it.each([
		["pub", 128],
		["all", 0],
		["sub", 0],
		["none", 128],
	])("own topic of right %s: %d", async (right, code) => expect(await subscribe(client, own(right))).toBe(code));

	it.each(["pub", "all", "sub", "none"])("foreign topic of right %s: 128", async (right) => {
		expect(await subscribe(client, foreign(right))).toBe(128);
		expect((await world.event("subscribe.refused", (one) => one.topic === foreign(right))).reason).toContain(
			"another device",
		);
	});

	it.each([
		["tree/#", 0],
		["tree/+/leaf", 0],
		["tree/branch", 0],
		["row/+/end", 0],
		["row/7/end", 0],
		["row/#", 128],
		["pub/+", 128],
		["all/#", 128],
		["+", 128],
		["#", 128],
	])("wildcard: own %s: %d", async (level, code) => expect(await subscribe(client, own(level))).toBe(code));

	it.each(["#", "+/+/user/sub", "/+/+/user/all"])("wildcard over other devices, %s: 128", async (topic) =>
		expect(await subscribe(client, topic)).toBe(128),
	);

	it("a refused topic closes nothing, and one refused among several refuses that one alone", async () => {
		expect(client.connected).toBe(true);
		const granted = await new Promise<number[]>((resolve) => {
			client.subscribe([own("all"), foreign("all"), own("sub")], { qos: 1 }, (_error, _granted, packet) =>
				resolve((packet?.granted ?? []) as number[]),
			);
		});
		expect(granted).toEqual([1, 128, 1]);
	});
});

describe("the classes themselves", () => {
	it.each([
		["+ with the right PUB", { TopicShortName: "a/+", Operation: "PUB" }],
		["# with the right ALL", { TopicShortName: "a/#", Operation: "ALL" }],
		["# that is not last", { TopicShortName: "a/#/b", Operation: "SUB" }],
		["an empty level", { TopicShortName: "a//b", Operation: "SUB" }],
		["a level with a dash", { TopicShortName: "a-b", Operation: "SUB" }],
		["another product's", { TopicFullName: "/other/${deviceName}/x", Operation: "SUB" }],
		["the platform's own", { TopicFullName: "/sys/x/${deviceName}/x", Operation: "SUB" }],
	] as const)("refuses %s", async (_name, request) => {
		await expect(world.admin.call("CreateProductTopic", { ProductKey: productKey, ...request })).rejects.toMatchObject({
			code: "invalid",
		});
	});

	it("a class outside user/ counts at once for a connected device", async () => {
		const client = await world.connect(device);
		const topic = `/${productKey}/mine/pub`;
		expect(await subscribe(client, topic)).toBe(128);
		await world.admin.call("CreateProductTopic", {
			ProductKey: productKey,
			TopicFullName: `/${productKey}/\${deviceName}/pub`,
			Operation: "ALL",
		});
		expect(await subscribe(client, topic)).toBe(0);
		const echo = nextMessage(client);
		await client.publishAsync(topic, "heard");
		expect((await echo).text).toBe("heard");
	});

	it("every product has the console's three", async () => {
		const { Data } = await world.admin.call("QueryProductTopic", { ProductKey: await world.product() });
		expect(Data.ProductTopicInfo.map((one) => [one.TopicShortName.replace(/^.*\/user\//, ""), one.Operation])).toEqual([
			["update", "PUB"],
			["update/error", "PUB"],
			["get", "SUB"],
		]);
	});
});

describe("the platform's own topics", () => {
	const rights = new Rights("PK", "DN", () => []);
	it.each([
		"/sys/PK/DN/thing/event/property/post",
		"/sys/PK/DN/thing/event/alarm/post",
		"/sys/PK/DN/thing/service/property/set_reply",
		"/sys/PK/DN/thing/service/reboot_reply",
		"/sys/PK/DN/rrpc/response/123",
		"/ext/ntp/PK/DN/request",
		"/ext/rrpc/123/sys/PK/DN/thing/service/x",
		"/ota/device/inform/PK/DN",
		"/shadow/update/PK/DN",
		"/ext/session/PK/DN/combine/batch_login",
	])("publish %s", (topic) => expect(rights.publish(topic)).toEqual({ ok: true }));

	it.each([
		"/sys/PK/DN/thing/event/property/post_reply",
		"/sys/PK/DN/thing/event/+/post_reply",
		"/sys/PK/DN/thing/service/property/set",
		"/sys/PK/DN/thing/service/+",
		"/sys/PK/DN/rrpc/request/+",
		"/sys/PK/DN/thing/config/push_reply",
		"/ext/rrpc/+/PK/DN/user/x",
		"/ext/error/PK/DN",
		"/broadcast/PK/news",
		"/ota/device/upgrade/PK/DN",
	])("subscribe %s", (topic) => expect(rights.subscribe(topic)).toEqual({ ok: true }));

	it.each(["/sys/PK/DN/thing/event/property/post_reply", "/ext/ntp/PK/DN/response", "/sys/PK/DN/unheard/of"])(
		"may not publish %s",
		(topic) => {
			expect(rights.publish(topic)).toMatchObject({ ok: false, foreign: false });
		},
	);
	it.each(["/sys/PK/other/thing/event/property/post", "/sys/other/DN/thing/event/property/post", "/other", ""])(
		"not its own: %s",
		(topic) => {
			expect(rights.publish(topic)).toMatchObject({ ok: false, foreign: true });
		},
	);
	it.each([
		"/sys/PK/DN/#",
		"/sys/PK/DN/thing/event/property/post",
		"/ext/ntp/PK/DN/request",
		"/sys/PK/other/thing/service/+",
		"/sys/PK/+/thing/service/property/set",
	])("may not subscribe %s", (topic) => expect(rights.subscribe(topic)).toMatchObject({ ok: false }));
});

describe("what reaches a client without SUBSCRIBE", () => {
	const session = (autoSubscribe: boolean) =>
		new Session({
			rights: new Rights("PK", "DN", () => []),
			autoSubscribe,
			subscriptions: ["/PK/DN/user/+"],
		} as unknown as SessionOptions);

	it.each(["/ext/register", "/ext/regnwl", "/ext/auth/identity/response", "/ext/error"])("%s always", (topic) => {
		expect(session(false).wants(topic)).toBe(true);
	});

	it.each([
		"/sys/PK/DN/thing/service/x",
		"/ext/ntp/PK/DN/response",
		"/broadcast/PK/x",
		"/ota/device/upgrade/PK/DN",
		"/ext/rrpc/1/PK/DN/user/x",
	])("%s with _ss=1 only", (topic) =>
		expect([session(false).wants(topic), session(true).wants(topic)]).toEqual([false, true]),
	);

	it("custom topics by SUBSCRIBE only, and what the device itself publishes never", () => {
		expect([session(true).wants("/PK/DN/user/a"), session(true).wants("/PK/DN/pub")]).toEqual([true, false]);
		expect(session(true).wants("/sys/PK/DN/thing/event/property/post")).toBe(false);
	});
});
