// A gateway's sub-devices, over a gateway that the test holds.
import { Key } from "hal/crypto";
import { encode } from "hal/text";
import SubDevices, { BATCH_MAX } from "link/sub-devices";
import { MqttError } from "mqtt/error";
import { beforeEach, describe, expect, test } from "vitest";
import { clock } from "../../lib/hal/clock";
import { turn } from "./support";

beforeEach(() => clock.reset());

const names = { productKey: "gw", deviceName: "gate" };

function start() {
	const published: { topic: string; payload: string }[] = [];
	let secrets: (bytes: Uint8Array, offset: number, total: number) => void = () => {};
	let replies: (message: { payload: Uint8Array }) => void = () => {};
	const state = { refuse: undefined as MqttError | undefined, denied: undefined as MqttError | undefined };
	const topics: string[] = [];
	const make = () =>
		new SubDevices({
			...names,
			gateway: {
				async publish(topic, payload) {
					published.push({ topic, payload });
					if (state.refuse) throw state.refuse;
				},
				async subscribe(filter, handler) {
					topics.push(filter);
					replies = handler;
					if (state.denied) throw state.denied;
				},
				takeSecret(topic, handler) {
					topics.push(topic);
					secrets = handler;
				},
			},
		});
	/** In pieces of that many bytes. @returns what is left in the receive buffer. */
	const answer = (text: string, size = 4096, pieces = Number.POSITIVE_INFINITY): string => {
		const all = encode(text);
		let left = "";
		for (let offset = 0; offset < all.byteLength && offset < pieces * size; offset += size) {
			const piece = all.slice(offset, offset + size);
			secrets(piece, offset, all.byteLength);
			left += `${piece}`;
		}
		return left;
	};
	return { make, published, answer, topics, state, reply: (text: string) => replies({ payload: encode(text) }) };
}

const grant = (deviceName: string, deviceSecret = "s3cret") => ({
	iotId: "i",
	productKey: "pk",
	deviceName,
	deviceSecret,
});
const reply = (data: unknown, id: string | number = "1", code: string | number = 200) =>
	JSON.stringify({ id, code, data, message: "success" });

describe("registration", () => {
	test("asks by the platform's form, and gives keys", async () => {
		const { make, published, answer, topics } = start();
		const promise = make().register([{ productKey: "pk", deviceName: "sub1", extra: "x" } as never]);
		await turn();
		expect(topics).toEqual(["/sys/gw/gate/thing/sub/register_reply", "/sys/gw/gate/thing/topo/add_reply"]);
		expect(published[0]?.topic).toBe("/sys/gw/gate/thing/sub/register");
		expect(JSON.parse(published[0]?.payload ?? "")).toEqual({
			id: "1",
			version: "1.0",
			params: [{ productKey: "pk", deviceName: "sub1" }],
			method: "thing.sub.register",
		});
		expect(answer(reply([grant("sub1"), grant("sub2")]))).toMatch(/^(0,)+0$/);
		const grants = await promise;
		expect(grants.map(({ deviceName, deviceSecret }) => [deviceName, deviceSecret.byteLength])).toEqual([
			["sub1", 6],
			["sub2", 6],
		]);
	});
	test.each([1, 7, 64, 200])("takes an answer in pieces of %d bytes", async (size) => {
		const { make, answer } = start();
		const promise = make().register([{ productKey: "pk", deviceName: "sub1" }]);
		answer(reply([grant("sub1")]), size);
		expect((await promise)[0]?.deviceSecret.byteLength).toBe(6);
	});
	test("takes a numeric id and a code in quotes, and gives no grant for what has no secret", async () => {
		const { make, answer } = start();
		const promise = make().register([{ productKey: "pk", deviceName: "sub1" }]);
		const without = { productKey: "pk", deviceName: "sub1" };
		answer(reply([without, grant("sub2", ""), { ...without, deviceSecret: 5 }, grant("sub3")], 1, "200"));
		expect((await promise).map(({ deviceName }) => deviceName)).toEqual(["sub3"]);
	});
	test("is refused by the platform's code", async () => {
		const { make, answer } = start();
		const promise = make().register([{ productKey: "pk", deviceName: "sub1" }]);
		answer('{"id":"1","code":6288,"data":{},"message":"dynamic registration is off"}');
		await expect(promise).rejects.toMatchObject({ code: "refused", detail: "6288 dynamic registration is off" });
	});
	test("isn't answered by what is broken, too large, nobody's, or half of something", async () => {
		const { make, answer } = start();
		const subDevices = make();
		const promise = subDevices.register([{ productKey: "pk", deviceName: "sub1" }]);
		expect(() => answer("{")).toThrow("bad-json");
		answer(reply([grant("sub1")], "77"));
		answer('{"code":200}');
		answer(reply([grant("sub1", "s".repeat(4000))]), 1000);
		await turn();
		clock.pass(20_000);
		await expect(promise).rejects.toMatchObject({ code: "no-reply" });
	});
	test("takes the next answer when one broke off in the middle", async () => {
		const { make, answer } = start();
		const promise = make().register([{ productKey: "pk", deviceName: "sub1" }]);
		// As after a lost connection: another answer comes from its first piece, or this one from its middle.
		answer(reply([grant("sub9")]), 100, 1);
		answer(reply([grant("sub1"), grant("sub2")]), 100);
		expect((await promise).length).toBe(2);
	});
	test("is told what became of its message, and of close()", async () => {
		const { make, state } = start();
		state.denied = new MqttError("subscription-refused");
		const subDevices = make();
		const waiting = subDevices.register([{ productKey: "pk", deviceName: "sub1" }]);
		state.refuse = new MqttError("outbox-full");
		await expect(subDevices.register([{ productKey: "pk", deviceName: "sub1" }])).rejects.toMatchObject({
			code: "outbox-full",
		});
		subDevices.close();
		await expect(waiting).rejects.toMatchObject({ code: "closed" });
	});
	test("is for one to eight at once", () => {
		const { make } = start();
		const subDevices = make();
		expect(() => subDevices.register([])).toThrow(RangeError);
		const many = new Array(BATCH_MAX + 1).fill({ productKey: "pk", deviceName: "sub1" });
		expect(() => subDevices.register(many)).toThrow(RangeError);
		expect(() => subDevices.addTopology(many)).toThrow(RangeError);
	});
});

describe("topology", () => {
	const sub = { productKey: "pk", deviceName: "device", deviceSecret: Key.from(encode("secret")), clientId: "12345" };

	test("is added by the sub-device's own signature", async () => {
		const { make, published, reply: answered } = start();
		const promise = make().addTopology([{ ...sub, signMethod: "hmacsha1" }], "789");
		await turn();
		expect(published[0]?.topic).toBe("/sys/gw/gate/thing/topo/add");
		expect(JSON.parse(published[0]?.payload ?? "")).toMatchObject({
			method: "thing.topo.add",
			params: [
				{
					productKey: "pk",
					deviceName: "device",
					clientId: "12345",
					timestamp: "789",
					signmethod: "hmacSha1",
					sign: "FAFD82A3D602B37FB0FA8B7892F24A477F851A14",
				},
			],
		});
		answered('{"id":"1","code":200,"data":{}}');
		await promise;
	});
	test("is refused, or closed", async () => {
		const { make, reply: answered } = start();
		const subDevices = make();
		const refused = subDevices.addTopology([sub]);
		answered('{"id":"1","code":6402,"data":{},"message":"no"}');
		await expect(refused).rejects.toMatchObject({ code: "refused", detail: "6402 no" });
		const waiting = subDevices.addTopology([sub]);
		subDevices.close();
		await expect(waiting).rejects.toMatchObject({ code: "closed" });
	});
	test("isn't asked for names that can't be", () => {
		expect(() =>
			start()
				.make()
				.addTopology([{ ...sub, deviceName: "x" }]),
		).toThrow(RangeError);
	});
});
