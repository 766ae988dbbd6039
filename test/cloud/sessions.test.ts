import { connect as connectSocket } from "node:net";
import mqtt from "mqtt";
import { generate } from "mqtt-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "./lib/manual-clock";
import { closed, nextMessage, subscribe, type Triple, World } from "./lib/world";

let world: World;
let clock: ManualClock;
let device: Triple;

beforeEach(async () => {
	clock = new ManualClock();
	world = await World.start({ clock });
	device = await world.device();
});
afterEach(() => world.stop());

const sys = (path: string) => `/sys/${device.productKey}/${device.deviceName}/${path}`;
const user = (path: string) => `/${device.productKey}/${device.deviceName}/user/${path}`;
const pub = (topic: string, text: string, Qos = 0) =>
	world.admin.call("Pub", {
		ProductKey: device.productKey,
		TopicFullName: topic,
		MessageContent: Buffer.from(text).toString("base64"),
		Qos,
	});

describe("one device, one connection", () => {
	it("a second login throws the first off and stays", async () => {
		const first = await world.connect(device);
		const second = await world.connect(device, { clientIdText: "other" });
		await closed(first);
		expect((await world.event("device.offline")).reason).toContain("newer connection");
		expect(second.connected).toBe(true);
		const { Data } = await world.admin.call("GetDeviceStatus", {
			ProductKey: device.productKey,
			DeviceName: device.deviceName,
		});
		expect(Data.Status).toBe("ONLINE");
	});

	it("is online before its first packet is handled, even one that comes with CONNECT", async () => {
		const options = world.options(device, { extension: "securemode=3,signmethod=hmacsha256,_ss=1" });
		const connectPacket = generate({
			cmd: "connect",
			protocolId: "MQTT",
			protocolVersion: 4,
			clean: true,
			keepalive: 60,
			clientId: options.clientId ?? "",
			username: options.username ?? "",
			password: Buffer.from(String(options.password)),
		});
		const payload = '{"id":"1","params":{}}';
		const report = generate({
			cmd: "publish",
			topic: sys("thing/event/property/post"),
			payload,
			qos: 0,
			dup: false,
			retain: false,
		});
		const socket = connectSocket(world.cloud.ports.device, "127.0.0.1");
		socket.write(Buffer.concat([connectPacket, report]));
		await world.event("message.down", (one) => one.topic.endsWith("post_reply"));
		const order = world.cloud.events.since(0).map((one) => one.type);
		expect(order.indexOf("device.online")).toBeLessThan(order.indexOf("message.up"));
		socket.destroy();
	});

	it("a goodbye and a broken connection are told apart", async () => {
		const first = await world.connect(device);
		await first.endAsync();
		await world.event("device.offline", (one) => one.reason === "the device disconnected");
		const second = await world.connect(device);
		second.stream.destroy();
		await world.event("device.offline", (one) => one.reason === "the connection broke");
	});

	it("a refused login leaves the first alone", async () => {
		const first = await world.connect(device);
		await world.refusal(device, { password: "00" });
		await first.publishAsync(user("update"), "still here", { qos: 1 });
		expect(first.connected).toBe(true);
	});
});

describe("keep alive", () => {
	it("a client silent for 1.5 times its keep alive is closed, one that pings is not", async () => {
		const silent = await world.connect(device);
		const other = await world.device(device.productKey);
		const talking = await world.connect(other);
		await world.event("device.online", (one) => one.deviceName !== device.deviceName);
		clock.advance(60_000);
		const answered = new Promise((resolve) => talking.once("packetreceive", resolve));
		talking.sendPing();
		await answered;
		clock.advance(29_000);
		expect(silent.connected).toBe(true);
		clock.advance(2_000);
		await closed(silent);
		expect(talking.connected).toBe(true);
		expect((await world.event("device.offline", (one) => one.deviceName === device.deviceName)).reason).toContain(
			"1.5 times",
		);
	});
});

describe("subscriptions are the device's, not the connection's", () => {
	it.each([true, false])("kept over a connection with clean = %s", async (clean) => {
		const first = await world.connect(device, { clean });
		expect(await subscribe(first, user("get"))).toBe(0);
		await first.endAsync();
		const second = await world.connect(device, { clean, resubscribe: false });
		const message = nextMessage(second);
		await pub(user("get"), "hello");
		expect(await message).toMatchObject({ topic: user("get"), text: "hello", qos: 0 });
		await second.unsubscribeAsync(user("get"));
		expect((await pub(user("get"), "nobody")).Delivery).toBe("dropped");
		const { Data } = await world.admin.call("QueryDeviceSubscriptions", {
			ProductKey: device.productKey,
			DeviceName: device.deviceName,
		});
		expect(Data.Topic).toEqual([]);
	});

	it("survive a restart of the cloud, with products and devices", async () => {
		const client = await world.connect(device);
		await subscribe(client, user("get"));
		await world.stop(true);
		world = await World.start({ state: world.state, clock });
		const again = await world.connect(device, { resubscribe: false });
		const message = nextMessage(again);
		await pub(user("get"), "after the restart");
		expect((await message).text).toBe("after the restart");
	});

	it("CONNACK says session present only to a client that wants its old session", async () => {
		const present = async (clean: boolean) => {
			const client = await world.connect(device, { clean }).then((one) => one);
			await client.endAsync();
			return client;
		};
		await present(true);
		const flags: boolean[] = [];
		for (const clean of [false, true]) {
			const client = mqtt.connect(world.options(device, { clean }));
			flags.push(
				await new Promise<boolean>((resolve) => client.once("connect", (packet) => resolve(packet.sessionPresent))),
			);
			await client.endAsync();
		}
		expect(flags).toEqual([true, false]);
	});
});

describe("_ss=1", () => {
	it("brings system topics without SUBSCRIBE, and custom ones only with it", async () => {
		const client = await world.connect(device, { extension: "securemode=3,signmethod=hmacsha256,_ss=1" });
		const reply = nextMessage(client);
		await client.publishAsync(sys("thing/event/property/post"), '{"id":"7","params":{"a":1}}');
		expect((await reply).topic).toBe(sys("thing/event/property/post_reply"));
		const set = nextMessage(client);
		const { Data } = await world.admin.call("SetDeviceProperty", {
			ProductKey: device.productKey,
			DeviceName: device.deviceName,
			Items: '{"a":2}',
		});
		expect(Data.Delivery).toBe("sent");
		expect(JSON.parse((await set).text)).toMatchObject({
			version: "1.0",
			params: { a: 2 },
			method: "thing.service.property.set",
		});
		expect((await pub(user("get"), "x")).Delivery).toBe("dropped");
	});

	it("counts for a device that is away, too: a command waits for it", async () => {
		const extension = "securemode=3,signmethod=hmacsha256,_ss=1";
		await (await world.connect(device, { extension, clean: false })).endAsync();
		await world.offline(device);
		const names = { ProductKey: device.productKey, DeviceName: device.deviceName };
		const set = await world.admin.call("SetDeviceProperty", { ...names, Items: '{"a":2}' });
		expect(set.Data.Delivery).toBe("queued");
		const got = new Promise<string>((resolve) => {
			const client = mqtt.connect(world.options(device, { extension, clean: false }));
			client.on("message", (topic) => client.end(true, {}, () => resolve(topic)));
		});
		expect(await got).toBe(sys("thing/service/property/set"));
		const fresh = await world.device(device.productKey);
		const never = { ProductKey: fresh.productKey, DeviceName: fresh.deviceName, Items: "{}" };
		await expect(world.admin.call("SetDeviceProperty", never)).rejects.toMatchObject({
			detail: "iot.device.NotActive",
		});
	});

	it("without it nothing comes that was not subscribed", async () => {
		const client = await world.connect(device);
		await client.publishAsync(sys("thing/event/property/post"), '{"id":"7","params":{"a":1}}', { qos: 1 });
		expect((await world.event("message.dropped")).reason).toContain("not subscribed");
	});
});

describe("quality of service", () => {
	it("is the publisher's, whatever the subscription asked", async () => {
		const client = await world.connect(device);
		await subscribe(client, user("get"), 0);
		let message = nextMessage(client);
		await pub(user("get"), "one", 1);
		expect((await message).qos).toBe(1);
		await subscribe(client, user("get"), 1);
		message = nextMessage(client);
		await pub(user("get"), "zero", 0);
		expect((await message).qos).toBe(0);
	});

	it("QoS 2 is refused: SUBACK 128, and PUBLISH closes", async () => {
		const client = await world.connect(device);
		expect(await subscribe(client, user("get"), 2)).toBe(128);
		client.publish(user("update"), "x", { qos: 2 });
		await closed(client);
		expect((await world.event("device.offline")).reason).toContain("QoS 2");
	});

	it("QoS 1 waits for a device with clean = 0, in order; not for one with clean = 1; QoS 0 never waits", async () => {
		const client = await world.connect(device, { clean: false });
		await subscribe(client, user("get"));
		await client.endAsync();
		await world.event("device.offline");
		expect((await pub(user("get"), "lost", 0)).Delivery).toBe("dropped");
		for (let i = 0; i < 30; i++) expect((await pub(user("get"), String(i), 1)).Delivery).toBe("queued");
		const got: string[] = [];
		const again = mqtt.connect(world.options(device, { clean: false }));
		again.on("message", (_topic, payload) => got.push(payload.toString()));
		await world.event("message.acknowledged", () => got.length === 30);
		expect(got).toEqual(Array.from({ length: 30 }, (_, i) => String(i)));
		await again.endAsync();
		const cleaned = await world.connect(device);
		await cleaned.endAsync();
		await world.offline(device);
		expect((await pub(user("get"), "lost", 1)).Delivery).toBe("dropped");
	});

	it("QoS 0 to a client that does not read is dropped after a megabyte, and the cloud goes on", async () => {
		const client = await world.connect(device);
		await subscribe(client, user("get"));
		client.stream.pause();
		const large = "x".repeat(200_000);
		let outcome = "sent";
		for (let i = 0; i < 100 && outcome === "sent"; i++) outcome = (await pub(user("get"), large)).Delivery;
		expect(outcome).toBe("dropped");
		await world.event("message.dropped", (one) => one.reason === "the device does not read");
	});

	it("of more than a hundred that wait the oldest goes", async () => {
		const client = await world.connect(device, { clean: false });
		await subscribe(client, user("get"));
		await client.endAsync();
		await world.offline(device);
		for (let i = 0; i < 101; i++) await pub(user("get"), String(i), 1);
		expect((await world.event("message.dropped")).reason).toContain("too many");
	});

	it("QoS 1 messages one after the other, each acknowledged before the next", async () => {
		const client = await world.connect(device);
		await subscribe(client, user("get"));
		for (const text of ["a", "b", "c"]) {
			const message = nextMessage(client);
			const { MessageId } = await pub(user("get"), text, 1);
			expect((await message).text).toBe(text);
			await world.event("message.acknowledged", (one) => one.messageId === MessageId);
		}
	});

	it("what was not acknowledged comes again on the next connection, with DUP and the same packet identifier", async () => {
		const client = await world.connect(device, { clean: false });
		await subscribe(client, user("get"));
		// A client that takes the message and dies before it acknowledges.
		client.handleMessage = () => client.stream.destroy();
		let first = 0;
		client.on("packetreceive", (packet) => {
			if (packet.cmd === "publish") first = packet.messageId ?? 0;
		});
		await pub(user("get"), "again", 1);
		await closed(client);
		const again = mqtt.connect(world.options(device, { clean: false }));
		const packet = await new Promise<{ messageId?: number | undefined; dup: boolean }>((resolve) =>
			again.on("message", (_topic, _payload, packet) => resolve(packet)),
		);
		expect(packet).toMatchObject({ messageId: first, dup: true });
		await world.event("message.acknowledged");
		await again.endAsync();
	});
});

describe("what the platform does not know", () => {
	it("a will and a retained message are ignored with a notice", async () => {
		const client = await world.connect(device, {
			will: { topic: user("update"), payload: Buffer.from("dead"), qos: 0, retain: false },
		});
		await world.event("device.notice", (one) => one.reason.includes("will"));
		await client.publishAsync(user("update"), "x", { retain: true, qos: 1 });
		await world.event("device.notice", (one) => one.reason.includes("retains"));
		client.stream.destroy();
		await world.event("device.offline");
		expect(world.cloud.events.since(0).some((one) => one.type === "message.up" && one.payload === "dead")).toBe(false);
	});

	it("MQTT 5 gets CONNACK 1", async () => {
		await expect(world.connect(device, { protocolVersion: 5 })).rejects.toThrow();
		expect((await world.event("connection.refused")).reason).toContain("protocol version");
	});

	it("the C SDK's ?_rid suffix is taken off a topic", async () => {
		const client = await world.connect(device);
		await client.publishAsync(`${user("update")}?_rid=12`, "x", { qos: 1 });
		expect((await world.event("message.up")).topic).toBe(user("update"));
	});
});

it("a packet announced larger than allowed closes the connection, before and after CONNECT", async () => {
	const socket = connectSocket(world.cloud.ports.device, "127.0.0.1");
	socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f, 0]));
	await new Promise((resolve) => socket.on("close", resolve));
	expect((await world.event("connection.refused")).reason).toContain("larger than allowed");
	const client = await world.connect(device);
	client.stream.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0]));
	await closed(client);
	expect((await world.event("device.offline")).reason).toContain("larger than allowed");
});
