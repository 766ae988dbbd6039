import { randomBytes } from "node:crypto";
import { connect as connectSocket, createServer, type Server } from "node:net";
import type { IClientOptions } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHALLENGE_LIFE } from "../../tools/cloud/id2/challenges";
import {
	ask,
	type Carried,
	carried,
	carriedOptions,
	challenge,
	connectCarried,
	id2World,
	question,
} from "./lib/carried";
import { connectBy, expectRefusal } from "./lib/certified";
import { ManualClock } from "./lib/manual-clock";
import { sClient } from "./lib/openssl";
import { closed, connectPacket, type World } from "./lib/world";

const clock = new ManualClock();
let world: World;
let product: { productKey: string; productSecret: string };
let device: Carried;

beforeAll(async () => {
	({ world, product } = await id2World(clock));
	device = await carried(world, product, "chip1");
});
afterAll(() => world.stop());

const connect = (who: Carried, more?: Parameters<typeof carriedOptions>[3]) => connectCarried(world, who, more);
const refused = (code: number, why: string, options: IClientOptions) => expectRefusal(world, code, why, options);

/** The handshake itself fails, and the event says why. */
async function broken(why: RegExp, options: IClientOptions): Promise<void> {
	const error: unknown = await connectBy(options).then(
		({ client }) => void client.end(true),
		(error: unknown) => error,
	);
	expect(error).toBeInstanceOf(Error);
	await world.event("connection.refused", (one) => one.protocol === "TLS" && why.test(one.reason));
}

describe("who gets in by ID²", () => {
	it("a device that nobody registered, by the name it reports; it uses one licence, once", async () => {
		const fresh = await carried(world, product, "self-registered");
		const before = (await world.admin.call("QueryId2Product", { ProductKey: product.productKey })).Data.Used;
		await (await connect(fresh)).client.endAsync();
		await world.event("device.created", (one) => one.deviceName === "self-registered");
		await world.event("id2.licensed", (one) => one.deviceName === "self-registered" && one.id2 === fresh.id2);
		await world.event("device.online", (one) => one.deviceName === "self-registered" && one.transport === "tls");
		await (await connect(fresh)).client.endAsync();
		const { Data } = await world.admin.call("QueryId2Product", { ProductKey: product.productKey });
		expect(Data).toEqual({ Licences: 100, Used: before + 1, WhiteList: "off" });
		const { Data: list } = await world.admin.call("QueryId2CarrierList", { PageSize: 1000 });
		expect(list.CarrierInfo.find((one) => one.Id2 === fresh.id2)).toMatchObject({ ProductKey: product.productKey });
		expect(JSON.stringify(list)).not.toContain(fresh.carrierKey.toString("hex"));
	});

	it.each([
		["authtype and no instanceId", "securemode=8,signmethod=hmacsha256,authtype=id2"],
		["the document's misprint", "securemode=8,signmethod=hmacsha1,timestamp=2524608000000,authype=id2"],
		["an instance", "securemode=8,signmethod=hmacmd5,authtype=id2,instanceId=iot-cn-x"],
	])("%s", async (_name, extension) => {
		await (await connect(device, { extension })).client.endAsync();
	});

	it.each(["ECDHE-PSK-CHACHA20-POLY1305", "PSK-AES128-GCM-SHA256", "PSK-AES256-GCM-SHA384", "PSK-CHACHA20-POLY1305"])(
		"over each suite that the device's TLS has: %s",
		async (ciphers) => {
			await (await connect(device, { ciphers })).client.endAsync();
		},
	);

	it("and is a device like any other: messages down, and off when its carrier is removed", async () => {
		const other = await carried(world, product, "to-be-removed");
		const { client, message } = await connect(other);
		const topic = `/${product.productKey}/to-be-removed/user/get`;
		await client.subscribeAsync(topic);
		const MessageContent = Buffer.from("hello").toString("base64");
		await world.admin.call("Pub", { ProductKey: product.productKey, TopicFullName: topic, MessageContent });
		expect(await message(topic)).toBe("hello");
		const gone = closed(client);
		await world.admin.call("DeleteId2Carrier", { Id2: other.id2 });
		await gone;
		expect((await ask(world, question(other))).code).toBe(460);
	});

	it("openssl, with the same key", async () => {
		const { psk, identity } = await challenge(world, device);
		const { username } = carriedOptions(world, device, { psk, identity });
		const packet = connectPacket({ clientId: "x|securemode=8,authtype=id2|", username: username ?? "", password: "x" });
		const { bytes } = await sClient(
			[
				...["-connect", `127.0.0.1:${world.cloud.ports.device}`, "-quiet", "-tls1_2"],
				...["-psk", psk.toString("hex"), "-psk_identity", identity, "-cipher", "PSK-AES128-GCM-SHA256"],
			],
			packet,
			(bytes) => bytes.length >= 4,
		);
		expect([...bytes.subarray(0, 4)]).toEqual([0x20, 2, 0, 0]);
	});
});

describe("who does not: the proof", () => {
	it("a wrong carrier: the handshake fails", async () => {
		const { identity } = await challenge(world, device);
		await broken(
			new RegExp(`ID² ${device.id2} as ${device.productKey}/${device.deviceName} has another key`),
			carriedOptions(world, device, { psk: randomBytes(32), identity }),
		);
	});

	it("a carrier that makes something of another challenge", async () => {
		const first = await challenge(world, device);
		const second = await challenge(world, device);
		await broken(/has another key/, carriedOptions(world, device, { ...first, identity: second.identity }));
	});

	it("a replayed answer: a challenge serves one handshake, a failed one too", async () => {
		const used = await challenge(world, device);
		await (await connectBy(carriedOptions(world, device, used))).client.endAsync();
		await broken(/was answered before/, carriedOptions(world, device, used));
		const spoiled = await challenge(world, device);
		await broken(/has another key/, carriedOptions(world, device, { ...spoiled, psk: randomBytes(32) }));
		await broken(/was answered before/, carriedOptions(world, device, spoiled));
	});

	it("an answer after 60 s", async () => {
		const late = await challenge(world, device);
		clock.advance(CHALLENGE_LIFE - 1);
		const inTime = await challenge(world, device);
		clock.advance(1);
		await broken(/was answered before/, carriedOptions(world, device, late));
		await (await connectBy(carriedOptions(world, device, inTime))).client.endAsync();
	});

	it("an identity that is no challenge", async () => {
		await broken(
			/challenge is unknown/,
			carriedOptions(world, device, { psk: randomBytes(32), identity: "devicename|x" }),
		);
	});

	it("a record that was tampered with on its way: the connection breaks, and nothing of it is believed", async () => {
		let spoil = false;
		const proxy: Server = createServer((client) => {
			const cloud = connectSocket(world.cloud.ports.device, "127.0.0.1");
			client.on("data", (bytes) => {
				// In the last record of what the client sends: behind its header, in what is encrypted.
				if (spoil) bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
				cloud.write(bytes);
			});
			cloud.on("data", (bytes) => client.write(bytes));
			for (const [one, other] of [
				[client, cloud],
				[cloud, client],
			] as const) {
				one.on("error", () => one.destroy());
				one.on("close", () => other.destroy());
			}
		});
		await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
		const address = proxy.address();
		const port = typeof address === "object" && address ? address.port : 0;
		const { client } = await connect(device, { port });
		const topic = `/${product.productKey}/${device.deviceName}/user/update`;
		await client.publishAsync(topic, "good", { qos: 1 });
		const gone = closed(client);
		spoil = true;
		client.on("error", () => {});
		client.publish(topic, "tampered-with-message", { qos: 0 });
		await gone;
		await world.event("device.offline", (one) => one.deviceName === device.deviceName && /cipher/.test(one.reason));
		const { Data } = await world.admin.call("QueryMessages", {
			ProductKey: product.productKey,
			DeviceName: device.deviceName,
		});
		const texts = Data.MessageInfo.map((one) => Buffer.from(one.MessageContent, "base64").toString());
		expect(texts).toContain("good");
		expect(texts.some((text) => text.includes("tampered"))).toBe(false);
		proxy.close();
	});

	it("no TLS session resumes: there is none to resume", async () => {
		const { client } = await connect(device);
		await client.endAsync();
		const events = world.cloud.events.since(0);
		expect(events.some((one) => one.type === "device.online" && one.resumed)).toBe(false);
	});
});

describe("who does not: the names", () => {
	it("4: another name than the challenge's", async () => {
		const other = { ...device, deviceName: "somebody" };
		await refused(4, "the challenge was", carriedOptions(world, other, await challenge(world, device)));
	});

	it("4: ID² over a TLS connection with a certificate, 2: over TCP", async () => {
		const plain = { productKey: product.productKey, deviceName: device.deviceName, deviceSecret: "x" };
		const extension = "securemode=8,signmethod=hmacsha256,authtype=id2";
		expect(await world.refusal(plain, { tls: true, extension })).toBe(4);
		await world.event("device.refused", (one) => one.reason.includes("not made with an ID² challenge's key"));
		expect(await world.refusal(plain, { extension })).toBe(2);
	});

	it("2: another securemode, another authType, an unknown sign method", async () => {
		for (const [extension, why] of [
			["securemode=2,authtype=id2", "securemode=2 is not that of ID²"],
			["securemode=8", "authType= over a connection"],
			["securemode=8,authtype=id2,signmethod=crc", "signmethod=crc"],
		] as const)
			await refused(2, why, carriedOptions(world, device, await challenge(world, device), { extension }));
	});

	it("an ID² of another device, a device with another ID²: told at the challenge", async () => {
		await (await connect(device)).client.endAsync();
		expect(await ask(world, question({ ...device, deviceName: "another-name" }))).toMatchObject({
			code: 462,
			message: "the ID² belongs to another device",
		});
		const second = await carried(world, product, device.deviceName);
		expect(await ask(world, question(second))).toMatchObject({ code: 462, message: "the device has another ID²" });
	});

	it("5: two that asked for the same name at once: the first has it", async () => {
		const one = await carried(world, product, "contested");
		const two = await carried(world, product, "contested");
		const [first, second] = [await challenge(world, one), await challenge(world, two)];
		await (await connectBy(carriedOptions(world, one, first))).client.endAsync();
		await refused(5, "the device has another ID²", carriedOptions(world, two, second));
	});

	it("a disabled device: 463, and CONNACK 5 for one that asked before", async () => {
		const other = await carried(world, product, "disabled-chip");
		await (await connect(other)).client.endAsync();
		const early = await challenge(world, other);
		const names = { ProductKey: product.productKey, DeviceName: "disabled-chip" };
		await world.admin.call("DisableThing", names);
		expect((await ask(world, question(other))).code).toBe(463);
		await refused(5, "the device is disabled", carriedOptions(world, other, early));
		await world.admin.call("EnableThing", names);
		await (await connect(other)).client.endAsync();
	});
});
