import type { MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ManualClock } from "./lib/manual-clock";
import { nextMessage, subscribe, type Triple, World } from "./lib/world";

let world: World;
let device: Triple;
let client: MqttClient;
const clock = new ManualClock();

beforeAll(async () => {
	world = await World.start({ clock });
	device = await world.device();
	client = await world.connect(device, { extension: "securemode=3,signmethod=hmacsha256,_ss=1" });
});
afterAll(() => world.stop());

const sys = (path: string) => `/sys/${device.productKey}/${device.deviceName}/${path}`;
const names = () => ({ ProductKey: device.productKey, DeviceName: device.deviceName });

async function ask(path: string, request: string): Promise<{ topic: string; text: string }> {
	const reply = nextMessage(client);
	await client.publishAsync(path.startsWith("/") ? path : sys(path), request);
	return reply;
}

describe("replies", () => {
	it("compact JSON, id first, code a number, data and message there (STOCK-CLIENTS 6)", async () => {
		const { topic, text } = await ask(
			"thing/event/property/post",
			'{"id":"42","version":"1.0","params":{"a":1},"method":"thing.event.property.post"}',
		);
		expect(topic).toBe(sys("thing/event/property/post_reply"));
		expect(text).toBe(
			'{"id":"42","code":200,"data":{},"message":"success","method":"thing.event.property.post","version":"1.0"}',
		);
	});

	it.each([
		["a text that is no number", '"1|exp-topic|/sys/x"', "1|exp-topic|/sys/x"],
		["a number", "2", "2"],
		["none", "null", ""],
	])("id echoed: %s", async (_name, id, expected) => {
		const { text } = await ask("thing/event/property/post", `{"id":${id},"params":{}}`);
		expect(JSON.parse(text).id).toBe(expected);
	});

	it.each([
		["thing/event/alarm/post", '{"id":"1","params":{"value":{}}}', 200],
		["thing/event/property/batch/post", '{"id":"1","params":{"properties":{}}}', 200],
		["thing/event/property/history/post", '{"id":"1","params":[]}', 200],
		["thing/property/desired/get", '{"id":"1","params":["a"]}', 200],
		["thing/property/desired/delete", '{"id":"1","params":{}}', 200],
		["thing/deviceinfo/update", '{"id":"1","params":[{"attrKey":"k","attrValue":"v"}]}', 200],
		["thing/deviceinfo/delete", '{"id":"1","params":[{"attrKey":"k"}]}', 200],
		["thing/dynamicTsl/get", '{"id":"1","params":{}}', 200],
		["thing/config/get", '{"id" : 5,"params":{"configScope":"product","getType":"file"}}', 6710],
		["thing/config/log/get", '{"id":"1","params":{}}', 200],
		["thing/log/post", '{"id":"1","params":[]}', 200],
		["thing/ota/firmware/get", '{"id": 4, "params": {}}', 200],
		["thing/topo/get", '{"id":"1","params":{}}', 200],
		["thing/topo/add", '{"id":"1","params":[]}', 401],
		["thing/sub/unregister", '{"id":"1","params":[]}', 503],
		["thing/reset", '{"id":2, "version":"1.0", "method":"thing.reset", "params":{}}', 200],
		["thing/event/property/post", '{"id":"1","params":[]}', 460],
		["thing/event/property/post", '{"method":"delete",,"state":{', 460],
		["thing/deviceinfo/update", '{"id":"1"}', 460],
	])("%s %s: %d", async (path, request, code) => {
		const { topic, text } = await ask(path, request);
		expect(topic).toBe(sys(`${path}_reply`));
		expect(JSON.parse(text)).toMatchObject({ code, data: expect.anything(), message: expect.any(String) });
	});

	it("none for sys.ack = 0", async () => {
		await client.publishAsync(sys("thing/event/property/post"), '{"id":"1","params":{"quiet":1},"sys":{"ack":0}}', {
			qos: 1,
		});
		const { text } = await ask("thing/event/property/post", '{"id":"2","params":{},"sys":{"ack":1}}');
		expect(JSON.parse(text).id).toBe("2");
	});

	it("the clock's three stamps", async () => {
		const { text, topic } = await ask(
			`/ext/ntp/${device.productKey}/${device.deviceName}/request`,
			'{"deviceSendTime":"1234"}',
		);
		expect(topic).toBe(`/ext/ntp/${device.productKey}/${device.deviceName}/response`);
		expect(JSON.parse(text)).toEqual({
			deviceSendTime: "1234",
			serverRecvTime: String(clock.now()),
			serverSendTime: String(clock.now()),
		});
	});

	it("the shadow says in the platform's form that it is not served", async () => {
		const { text } = await ask(`/shadow/update/${device.productKey}/${device.deviceName}`, '{"method":"get"}');
		expect(JSON.parse(text)).toMatchObject({ method: "reply", payload: { status: "error" } });
	});
});

describe("what is kept", () => {
	const values = async () => {
		const { Data } = await world.admin.call("QueryDevicePropertyStatus", names());
		return Object.fromEntries(
			Data.List.PropertyStatusInfo.map((one) => [one.Identifier, [JSON.parse(one.Value), Number(one.Time)]]),
		);
	};

	it("property values, with their own time where given; an older one does not win", async () => {
		clock.advance(1000);
		const time = clock.now() - 500;
		await ask(
			"thing/event/property/post",
			`{"id":"1","params":{"t":21.5,"s":{"value":{"deep":true},"time":${time}},"o":{"x":1}}}`,
		);
		await ask("thing/event/property/post", `{"id":"1","params":{"s":{"value":"old","time":${time - 1}}}}`);
		expect(await values()).toMatchObject({
			t: [21.5, clock.now()],
			s: [{ deep: true }, time],
			o: [{ x: 1 }, clock.now()],
		});
		await ask(
			"thing/event/property/batch/post",
			'{"id":"1","params":{"properties":{"b":[{"value":2,"time":2},{"value":1,"time":1}]}}}',
		);
		expect(await values()).toMatchObject({ b: [2, 2] });
	});

	it("the firmware version of an OTA inform", async () => {
		await client.publishAsync(
			`/ota/device/inform/${device.productKey}/${device.deviceName}`,
			'{"id": 1,"params": {"version":"1.2.3"}}',
			{ qos: 1 },
		);
		await expect
			.poll(async () => (await world.admin.call("QueryDeviceDetail", names())).Data.FirmwareVersion)
			.toBe("1.2.3");
	});

	it("the last messages, both ways, newest first, at most 200", async () => {
		for (let i = 0; i < 210; i++)
			await client.publishAsync(`/${device.productKey}/${device.deviceName}/user/update`, `n${i}`, { qos: 1 });
		const { Data } = await world.admin.call("QueryMessages", { ...names(), Count: 200 });
		expect(Data.MessageInfo).toHaveLength(200);
		expect(Data.MessageInfo[0]).toMatchObject({
			Direction: "up",
			MessageContent: Buffer.from("n209").toString("base64"),
			Qos: 1,
		});
	});
});

describe("from the cloud", () => {
	it("RRPC on the platform's topic and on one's own", async () => {
		client.once("message", (topic, payload) =>
			client.publish(topic.replace("/request/", "/response/"), `re: ${payload}`),
		);
		const request = { ...names(), RequestBase64Byte: Buffer.from("ask").toString("base64"), Timeout: 5000 };
		const answer = await world.admin.call("RRpc", request);
		expect(Buffer.from(answer.PayloadBase64Byte, "base64").toString()).toBe("re: ask");
		const Topic = `/${device.productKey}/${device.deviceName}/user/get`;
		client.once("message", (topic) => client.publish(topic, "own"));
		const own = await world.admin.call("RRpc", { ...request, Topic });
		expect(Buffer.from(own.PayloadBase64Byte, "base64").toString()).toBe("own");
	});

	it("RRPC to a device that does not answer times out, to one that is offline fails", async () => {
		const asked = world.admin.call("RRpc", { ...names(), RequestBase64Byte: "", Timeout: 1000 });
		const failed = expect(asked).rejects.toMatchObject({ code: "timeout" });
		await world.event("message.down", (one) => one.topic.includes("/rrpc/request/") && one.size === 0);
		clock.advance(1000);
		await failed;
		const other = await world.device(device.productKey);
		const request = {
			ProductKey: other.productKey,
			DeviceName: other.deviceName,
			RequestBase64Byte: "",
			Timeout: 1000,
		};
		await expect(world.admin.call("RRpc", request)).rejects.toMatchObject({
			code: "offline",
			retry: "later",
			detail: "OFFLINE",
		});
	});

	it("RRPC with a malformed request is refused, and leaves no time-out that nobody awaits", async () => {
		const unhandled: unknown[] = [];
		const note = (error: unknown) => unhandled.push(error);
		process.on("unhandledRejection", note);
		const request = { ...names(), RequestBase64Byte: "no base64!", Timeout: 1000 };
		await expect(world.admin.call("RRpc", request)).rejects.toMatchObject({ code: "invalid" });
		clock.advance(1000);
		await new Promise((resolve) => setImmediate(resolve));
		process.off("unhandledRejection", note);
		expect(unhandled).toEqual([]);
	});

	it("a service call and a broadcast", async () => {
		const call = nextMessage(client);
		await world.admin.call("InvokeThingService", { ...names(), Identifier: "reboot", Args: '{"in":5}' });
		expect(JSON.parse((await call).text)).toMatchObject({ method: "thing.service.reboot", params: { in: 5 } });
		const topic = `/broadcast/${device.productKey}/news`;
		expect(await subscribe(client, topic)).toBe(0);
		const news = nextMessage(client);
		const { Receivers } = await world.admin.call("PubBroadcast", {
			ProductKey: device.productKey,
			TopicFullName: topic,
			MessageContent: "AAAA",
		});
		expect(Receivers).toBe(1);
		expect((await news).topic).toBe(topic);
	});

	it.each([
		["a wildcard", "user/+", "invalid"],
		["a thing-model topic", "", "refused"],
	])("Pub refuses %s", async (_name, path, code) => {
		const topic = path ? `/${device.productKey}/${device.deviceName}/${path}` : sys("thing/service/property/set");
		const request = { ProductKey: device.productKey, TopicFullName: topic, MessageContent: "AAAA" };
		await expect(world.admin.call("Pub", request)).rejects.toMatchObject({ code });
	});
});
