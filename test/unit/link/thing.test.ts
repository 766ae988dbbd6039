// What a device says and hears in the platform's JSON form: reports, property sets.
import { encode } from "hal/text";
import Log from "log/log";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeStream } from "../../lib/fake-stream";
import { clock } from "../../lib/hal/clock";
import { bytes, publishPacket } from "../mqtt/support";
import { acknowledge, online, start, text, turn, written } from "./support";

beforeEach(() => {
	clock.reset();
	FakeStream.made = [];
});

describe("report", () => {
	const reply = "/sys/pk/device/thing/event/property/post_reply";

	test("publishes a property post and is settled by the platform's reply", async () => {
		const { device } = online();
		const promise = device.report({ temperature: 21 });
		const [subscribe = "", publish = ""] = written();
		expect(subscribe).toContain(reply);
		expect(publish).toContain(
			'/sys/pk/device/thing/event/property/post..{"id":"1","version":"1.0","params":{"temperature":21},"method":"thing.event.property.post"}',
		);
		FakeStream.last.receive(publishPacket(reply, text({ id: "1", code: 200, data: {} })));
		await promise;
		acknowledge();
		device.report({ temperature: 22 });
		expect(written().length).toBe(1);
	});
	test("is rejected with the platform's reason", async () => {
		const { device } = online();
		const promise = device.report({ a: 1 });
		const second = device.report({ a: 2 });
		FakeStream.last.receive(publishPacket(reply, text({ id: 1, code: 460, message: "request parameter error" })));
		FakeStream.last.receive(publishPacket(reply, text({ id: "2", code: "500" })));
		await expect(promise).rejects.toMatchObject({ code: "refused", detail: "460 request parameter error" });
		await expect(second).rejects.toMatchObject({ code: "refused", detail: "500", retry: "later" });
	});
	test("without a reply ends 20 s after PUBACK", async () => {
		const { device } = online();
		const promise = device.report({ a: 1 });
		acknowledge();
		clock.pass(19_999);
		const pending = Symbol();
		expect(await Promise.race([promise, Promise.resolve(pending)])).toBe(pending);
		clock.pass(1);
		await expect(promise).rejects.toMatchObject({ code: "no-reply" });
	});
	test("passes over what is no reply of ours", async () => {
		const debug: string[] = [];
		const { device } = online({
			log: new Log("test", { level: "debug", sink: (line) => debug.push(line) }),
		});
		device.report({ a: 1 });
		for (const payload of [encode("{"), encode("[]"), encode("null"), bytes("ff"), text({ id: "99", code: 200 })]) {
			FakeStream.last.receive(publishPacket(reply, payload));
		}
		expect(debug.slice(1)).toEqual(Array(5).fill("D link a reply that nobody awaits"));
		device.close();
	});
	test("sixteen at a time", async () => {
		const { device } = online();
		for (let i = 0; i < 16; i += 1) device.report({ i });
		await expect(device.report({})).rejects.toMatchObject({ code: "busy" });
		device.close();
	});
	test("of what JSON can't say is thrown, and takes no place", async () => {
		const { device } = online();
		for (let i = 0; i < 17; i += 1) expect(() => device.report({ big: 1n })).toThrow(TypeError);
		const report = device.report({ a: 1 });
		device.close();
		await expect(report).rejects.toMatchObject({ code: "closed" });
	});
	test("that the outbox refuses is rejected", async () => {
		const { device } = start({ outbox: { messages: 1 } });
		device.report({});
		await expect(device.report({})).rejects.toMatchObject({ code: "outbox-full" });
	});
	test("whose subscription is refused is logged", () => {
		const { device, lines } = online();
		device.report({});
		FakeStream.last.receive(bytes("9003fffe80"));
		expect(lines.at(-1)).toBe(`W link subscribe: subscription-refused: ${reply}`);
	});
});

describe("a property set", () => {
	const set = "/sys/pk/device/thing/service/property/set";
	const request = (params: unknown) => publishPacket(set, text({ id: "7", version: "1.0", params, method: "…" }), 5);

	test("is answered once the application has done it, and acknowledged then", async () => {
		const got: unknown[] = [];
		online({
			onPropertySet: async (params) => {
				await turn();
				got.push(params);
			},
		});
		FakeStream.last.receive(bytes("9003fffe01"));
		FakeStream.last.receive(request({ led: 1 }));
		expect(written()).toEqual([]);
		await turn();
		await turn();
		const [answer = "", puback = ""] = written();
		expect([got, answer.includes(`${set}_reply..{"id":"7","code":200,"data":{}}`), puback]).toEqual([
			[{ led: 1 }],
			true,
			"@...",
		]);
	});
	test("that the application throws at is answered with 500", async () => {
		const { lines } = online({
			onPropertySet: () => {
				throw new RangeError("too bright");
			},
		});
		FakeStream.last.receive(request({ led: 99 }));
		await turn();
		expect(written()[0]).toContain('{"id":"7","code":500,"data":{}}');
		expect(lines).toContain("E link onPropertySet: RangeError: too bright");
	});
	test("that is none is logged", async () => {
		const { lines } = online({ onPropertySet: () => {} });
		FakeStream.last.receive(request(null));
		FakeStream.last.receive(publishPacket(set, encode("no JSON"), 6));
		await turn();
		expect(lines.filter((line) => line === `W link ${set}: no request`).length).toBe(2);
	});
	test("whose answer finds no room is logged", async () => {
		const { device, lines } = online({ onPropertySet: () => {}, outbox: { messages: 1 } });
		device.publish("/pk/device/t", "x");
		FakeStream.last.receive(request({}));
		await turn();
		expect(lines.at(-1)).toBe(`W link ${set}_reply: outbox-full`);
	});
	test("isn't subscribed to without anybody to take it", () => {
		start();
		FakeStream.last.open();
		FakeStream.last.receive(bytes("20020000"));
		expect(written().length).toBe(1);
	});
});

test("what the platform has against the device is logged", () => {
	const { lines } = online();
	FakeStream.last.receive(publishPacket("/ext/error/pk/device", encode('{"code":520}')));
	FakeStream.last.receive(publishPacket("/ext/error", bytes("ff")));
	expect(lines.slice(1)).toEqual(['W link /ext/error/pk/device: {"code":520}', "W link /ext/error: 1 bytes"]);
});

test("what callbacks throw is logged", () => {
	const { device, lines } = start({
		onState: () => {
			throw new Error("bang");
		},
	});
	expect(lines[0]).toBe("E link onState: Error: bang");
	FakeStream.last.open();
	FakeStream.last.receive(bytes("20020000"));
	expect(device.online).toBe(true);
});
