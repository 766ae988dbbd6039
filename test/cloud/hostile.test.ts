import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closed, connectPacket, field, type Triple, World } from "./lib/world";

/** Seed of the random input; the failure's message names it, LINKXS_SEED gives another. */
const SEED = Number(process.env["LINKXS_SEED"] ?? 20261124);

/** A small generator of repeatable numbers (mulberry32). */
function generator(seed: number): (below: number) => number {
	let state = seed >>> 0;
	return (below) => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) % below;
	};
}

let world: World;
let device: Triple;
beforeAll(async () => {
	world = await World.start();
	device = await world.device();
});
afterAll(() => world.stop());

/** Writes bytes, then ends; resolves when the connection is gone, rejects when it stays. */
function send(port: number, bytes: Uint8Array): Promise<void> {
	return new Promise((resolve, reject) => {
		const socket = connect(port, "127.0.0.1");
		const timer = setTimeout(
			() => reject(new Error(`still open after ${Buffer.from(bytes).toString("hex")} (seed ${SEED})`)),
			15_000,
		);
		socket.on("error", () => {});
		socket.on("close", () => {
			clearTimeout(timer);
			resolve();
		});
		socket.resume();
		socket.end(bytes);
	});
}

/** The cloud still does its work. */
async function alive(): Promise<void> {
	const client = await world.connect(device);
	await client.publishAsync(`/${device.productKey}/${device.deviceName}/user/update`, "alive", { qos: 1 });
	await client.endAsync();
	await world.admin.call("QueryProductList", {});
	expect(world.cloud.events.since(0).filter((one) => one.type === "error")).toEqual([]);
}

const random = generator(SEED);
const noise = (length: number) => Uint8Array.from({ length }, () => random(256));

/** A valid CONNECT packet of the device, then packets of it. */
function conversation(): Buffer {
	const first = connectPacket(world.options(device));
	const topic = field(`/sys/${device.productKey}/${device.deviceName}/thing/event/property/post`);
	const publish = Buffer.concat([topic, Buffer.from([0, 1]), Buffer.from('{"id":"1","params":{"a":1}}')]);
	const subscribe = Buffer.concat([Buffer.from([0, 2]), topic, Buffer.from([1])]);
	return Buffer.concat([
		first,
		Buffer.from([0x32, publish.length]),
		publish,
		Buffer.from([0x82, subscribe.length]),
		subscribe,
		Buffer.from([0xa2, subscribe.length - 1]),
		subscribe.subarray(0, -1),
		Buffer.from([0xc0, 0, 0x40, 2, 0, 9, 0xe0, 0]),
	]);
}

describe("the device port", () => {
	it("300 connections of noise, some with a good first byte", async () => {
		const starts = [
			[],
			[0x10],
			[0x16, 3],
			[0x16, 3, 1],
			...["GET ", "POST ", "PRI "].map((word) => [...Buffer.from(word)]),
		];
		for (let i = 0; i < 30; i++) {
			const batch = Array.from({ length: 10 }, () =>
				Buffer.from([...(starts[random(starts.length)] ?? []), ...noise(random(600))]),
			);
			await Promise.all(batch.map((bytes) => send(world.cloud.ports.device, bytes)));
		}
		await alive();
	}, 120_000);

	it("a good conversation with one to four bytes changed, 400 times", async () => {
		for (let i = 0; i < 80; i++) {
			const batch = Array.from({ length: 5 }, () => {
				const bytes = Buffer.from(conversation());
				for (let n = random(4) + 1; n > 0; n--) bytes[random(bytes.length)] = random(256);
				return bytes;
			});
			await Promise.all(batch.map((bytes) => send(world.cloud.ports.device, bytes)));
		}
		await alive();
	}, 120_000);

	it("a good conversation cut at every byte", async () => {
		const whole = conversation();
		for (let i = 0; i < whole.length; i += 8) {
			const cuts = Array.from({ length: Math.min(8, whole.length - i) }, (_, n) => whole.subarray(0, i + n));
			await Promise.all(cuts.map((bytes) => send(world.cloud.ports.device, bytes)));
		}
		await alive();
	}, 120_000);

	it.each([
		["an empty topic", [0x30, 3, 0, 0, 1]],
		["a topic with NUL", [0x30, 4, 0, 2, 0, 65]],
		["a topic of bad UTF-8", [0x30, 4, 0, 2, 0xff, 0xfe]],
		["reserved flags of PINGREQ", [0xc1, 0]],
		["QoS 3", [0x36, 5, 0, 1, 65, 0, 1]],
		["packet type 0", [0, 0]],
		["packet type 15", [0xf0, 0]],
		["a second CONNECT", [0x10, 12, 0, 4, 77, 81, 84, 84, 4, 2, 0, 60, 0, 0]],
		["a CONNACK", [0x20, 2, 0, 0]],
		["SUBSCRIBE without topics", [0x82, 2, 0, 1]],
		["SUBSCRIBE with reserved QoS bits", [0x82, 6, 0, 1, 0, 1, 65, 0xfc]],
		["SUBSCRIBE with a/#/b, which is no filter", [0x82, 10, 0, 1, 0, 5, 97, 47, 35, 47, 98, 0]],
		["a remaining length of five bytes", [0x30, 0xff, 0xff, 0xff, 0xff, 1]],
	])("after CONNACK: %s closes the connection", async (_name, bytes) => {
		const client = await world.connect(device);
		const gone = closed(client);
		client.stream.write(Buffer.from(bytes));
		await gone;
	});
});

describe("the admin port", () => {
	it("200 requests of noise and half-good HTTP", async () => {
		const head = () =>
			`POST /api/v1/CreateProduct HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.cloud.token}\r\n`;
		for (let i = 0; i < 20; i++) {
			const batch = Array.from({ length: 10 }, () => {
				const body = Buffer.from(noise(random(300)));
				const kind = random(4);
				if (kind === 0) return body;
				if (kind === 1)
					return Buffer.concat([
						Buffer.from(`${head()}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n`),
						body,
					]);
				if (kind === 2) return Buffer.concat([Buffer.from(`${head()}Content-Length: ${random(10)}\r\n`), body]);
				return Buffer.from(
					`${head()}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${random(99).toString(16)}\r\n{`,
				);
			});
			await Promise.all(batch.map((bytes) => send(world.cloud.ports.admin, bytes)));
		}
		await alive();
	}, 120_000);

	it("every action with fields of every wrong kind answers, none with 500", async () => {
		const { paths } = (await (await fetch(`${world.cloud.adminUrl}/api/v1/openapi.json`)).json()) as {
			paths: Record<
				string,
				{ post?: { requestBody: { content: { "application/json": { schema: { properties: object } } } } } }
			>;
		};
		const values: unknown[] = [
			"",
			"x",
			"\0",
			"/+/#",
			"'; drop table device; --",
			"💥".repeat(50),
			-1,
			0,
			1,
			1e308,
			1.5,
			null,
			true,
			[],
			[[]],
			{},
			{ a: 1 },
		];
		for (const [path, { post }] of Object.entries(paths)) {
			const names = Object.keys(post?.requestBody.content["application/json"].schema.properties ?? {});
			for (let i = 0; i < 12; i++) {
				const body = Object.fromEntries(
					names.filter(() => random(4) > 0).map((name) => [name, values[random(values.length)]]),
				);
				const answer = await fetch(world.cloud.adminUrl + path, {
					method: post ? "POST" : "DELETE",
					headers: { Authorization: `Bearer ${world.cloud.token}` },
					body: JSON.stringify(body),
				});
				await answer.arrayBuffer();
				expect(answer.status, `${path} ${JSON.stringify(body)} (seed ${SEED})`).toBeLessThan(500);
			}
		}
		await alive();
	}, 120_000);
});
