// The application's face, over a stream and a clock that the test holds.
import * as crypto from "hal/crypto";
import { encode } from "hal/text";
import Device, { type DeviceOptions, type DeviceState } from "link/device";
import type { Message } from "link/handlers";
import Log from "log/log";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeStream } from "../../lib/fake-stream";
import { clock } from "../../lib/hal/clock";
import { bytes, publishPacket } from "../mqtt/support";

beforeEach(() => {
	clock.reset();
	FakeStream.made = [];
});

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const text = (value: unknown) => encode(JSON.stringify(value));

/** A PUBACK for the message that was written last. */
function acknowledge(): void {
	const packet = FakeStream.last.newest;
	const at = (packet[1] ?? 0) > 127 ? 3 : 2;
	const topic = ((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0);
	FakeStream.last.receive(Uint8Array.of(0x40, 2, packet[at + 2 + topic] ?? 0, packet[at + 3 + topic] ?? 0));
}

/** What was written since the last call, as text with dots for what is none. */
function written(): string[] {
	return FakeStream.last.take().map((packet) =>
		Buffer.from(packet, "hex")
			.toString("latin1")
			.replace(/[^ -~]/g, "."),
	);
}

function start(options: Partial<DeviceOptions> = {}) {
	const lines: string[] = [];
	const states: DeviceState[] = [];
	const device = new Device({
		identity: { kind: "device-secret", productKey: "pk", deviceName: "device", deviceSecret: encode("secret") },
		place: { host: "cloud.test", port: 1884 },
		transport: { io: FakeStream, secure: { roots: ["PEM"] } },
		log: new Log("test", { sink: (line) => lines.push(line) }),
		random: () => 0.5,
		onState: (state) => states.push(state),
		...options,
	});
	return { device, lines, states };
}

function online(options: Partial<DeviceOptions> = {}) {
	const started = start(options);
	FakeStream.last.open();
	FakeStream.last.receive(bytes("20020000"));
	FakeStream.last.take();
	return started;
}

describe("a device", () => {
	test("connects with what its identity signs, by TLS, and tells its state", () => {
		const { states, lines, device } = start();
		expect(FakeStream.last.options).toMatchObject({ host: "cloud.test", port: 1884, secure: { roots: ["PEM"] } });
		FakeStream.last.open();
		const [connect = ""] = written();
		expect(connect).toContain("pk.device|securemode=2,signmethod=hmacsha256|");
		expect(connect).toContain("device&pk");
		expect(connect).toContain(
			crypto
				.hex(crypto.hmac("SHA256", encode("secret"), encode("clientIdpk.devicedeviceNamedeviceproductKeypk")))
				.toUpperCase(),
		);
		expect(device.online).toBe(false);
		FakeStream.last.receive(bytes("20020100"));
		expect(states).toEqual([{ name: "connecting" }, { name: "online", sessionPresent: true }]);
		expect([device.online, lines]).toEqual([true, ["I link online"]]);
	});
	test("says why it's offline, waits as the policy says, and comes back", () => {
		const { states, lines } = start();
		FakeStream.last.open();
		FakeStream.last.receive(bytes("20020004"));
		expect(states[1]).toMatchObject({ name: "offline", error: { code: "bad-user-name-or-password" }, wait: 60_000 });
		expect(lines).toEqual(["W link offline: bad-user-name-or-password: CONNACK 4, cloud.test:1884 again in 60.0 s"]);
		clock.pass(59_999);
		expect(FakeStream.made.length).toBe(1);
		clock.pass(1);
		expect(FakeStream.made.length).toBe(2);
	});
	test("that's thrown off by a second login doesn't fight", () => {
		const { states, lines } = online();
		FakeStream.last.fail();
		clock.pass(500);
		FakeStream.last.open();
		FakeStream.last.receive(bytes("20020000"));
		FakeStream.last.fail();
		expect(states.at(-1)).toMatchObject({ name: "offline", error: { code: "replaced" }, wait: 90_000 });
		expect(lines.at(-1)).toBe("W link offline: replaced, cloud.test:1884 again in 90.0 s");
	});
	test("takes up its TLS session again", () => {
		class Secure extends FakeStream {
			session() {
				return "ticket";
			}
		}
		online({ transport: { io: Secure, secure: { roots: ["PEM"] } } });
		FakeStream.last.fail();
		clock.pass(1000);
		expect(FakeStream.last.options["secure"]).toEqual({ roots: ["PEM"], session: "ticket" });
	});
	test("takes what the platform's hosts are from its region", () => {
		const { device } = start({ place: { region: "cn-beijing" } });
		expect(device.endpoint).toEqual({ host: "pk.iot-as-mqtt.cn-beijing.aliyuncs.com", port: 1883, security: "tls" });
	});
	test("with wrong options isn't begun", () => {
		expect(() => start({ keepAlive: 29 })).toThrow(RangeError);
		expect(() => start({ place: { host: "" } })).toThrow(RangeError);
		const identity = {
			kind: "device-secret",
			productKey: "p&k",
			deviceName: "device",
			deviceSecret: encode("s"),
		} as const;
		expect(() => start({ identity })).toThrow(RangeError);
		expect(FakeStream.made.length).toBe(0);
	});
	test("never logs a secret", async () => {
		const { device, lines } = online();
		device.publish("/pk/device/t", "x").catch(() => {});
		FakeStream.last.receive(bytes("f000"));
		device.close();
		await turn();
		const all = lines.join("\n");
		expect(all).not.toContain("secret");
		expect(all).not.toMatch(/[0-9A-F]{32}/i);
	});
	test("draws its own random numbers when none are handed in", () => {
		const { states } = start({ random: undefined as never });
		FakeStream.last.fail(Object.assign(new Error("x"), { code: "refused" }));
		const { wait } = states[1] as { wait: number };
		expect(wait >= 0 && wait < 2000).toBe(true);
	});
});

describe("publish", () => {
	test("is settled at PUBACK, QoS 0 when it's written", async () => {
		const { device } = online();
		let settled = false;
		const promise = device.publish("/pk/device/t", "x").then(() => {
			settled = true;
		});
		await turn();
		expect(settled).toBe(false);
		acknowledge();
		await promise;
		await device.publish("/pk/device/t", "x", 0);
	});
	test("is rejected by the drop rule, and that is no unhandled rejection", async () => {
		const { device, lines } = start({ outbox: { messages: 1 } });
		device.publish("/pk/device/t", "x");
		device.publish("/pk/device/t", "x");
		await expect(device.publish("/pk/device/t", "x")).rejects.toMatchObject({ code: "outbox-full" });
		expect(lines).toEqual(["W link publish: outbox-full", "W link publish: outbox-full"]);
	});
	test("is settled by close()", async () => {
		const { device, states } = online();
		const promises = [device.publish("/pk/device/t", "x"), device.subscribe("f", () => {}), device.report({ a: 1 })];
		const gone = device.unsubscribe("f");
		device.close();
		device.close();
		for (const promise of promises) await expect(promise).rejects.toMatchObject({ code: "closed" });
		await gone;
		await expect(device.publish("/pk/device/t", "x")).rejects.toMatchObject({ code: "closed" });
		await expect(device.subscribe("g", () => {})).rejects.toMatchObject({ code: "closed" });
		expect(states.at(-1)).toEqual({ name: "closed" });
	});
	test("throws for a bad topic, and for one that isn't its own", () => {
		const { device } = online();
		for (const topic of ["/pk/other/t", "/other/device/t", "pk/device", "/pk/devices/t", "t"]) {
			expect(() => device.publish(topic, "x")).toThrow(RangeError);
		}
		for (const topic of ["/pk/device", "/ota/device/inform/pk/device", "/ext/rrpc/1/pk/device/user/a"]) {
			expect(device.isOwn(topic)).toBe(true);
		}
		expect(() => device.publish("/pk/device/#", "x")).toThrow(RangeError);
	});
});

describe("subscribe", () => {
	test("gives each message to the handlers that want it, in copies", async () => {
		const { device, lines } = online();
		const got: string[] = [];
		const note = (name: string) => (message: Message) => {
			got.push(`${name} ${message.topic} ${message.payload}`);
			message.payload.fill(0);
		};
		device.subscribe(device.topic("get"), note("exact"));
		device.subscribe("/pk/device/user/+", note("wild"));
		FakeStream.last.receive(bytes("9003fffe01"));
		FakeStream.last.receive(bytes("9003fffe01"));
		FakeStream.last.receive(publishPacket("/pk/device/user/get", bytes("01"), 5));
		FakeStream.last.receive(publishPacket("/pk/device/user/b", bytes("02")));
		FakeStream.last.receive(publishPacket("/other", bytes("03")));
		expect(got).toEqual(["exact /pk/device/user/get 1", "wild /pk/device/user/get 0", "wild /pk/device/user/b 2"]);
		expect(lines.at(-1)).toBe("W link nobody takes /other");
	});
	test("that is refused is rejected, and its handler is gone", async () => {
		const { device, lines } = online();
		const promise = device.subscribe("/foreign", () => {});
		FakeStream.last.receive(bytes("9003fffe80"));
		await expect(promise).rejects.toMatchObject({ code: "subscription-refused" });
		FakeStream.last.receive(publishPacket("/foreign", bytes("01")));
		expect(lines).toContain("W link subscribe: subscription-refused: /foreign");
		expect(lines.at(-1)).toBe("W link nobody takes /foreign");
	});
	test("that is left gets no more", async () => {
		const { device, lines } = online();
		device.subscribe("a/#", () => {});
		FakeStream.last.receive(bytes("9003fffe01"));
		const gone = device.unsubscribe("a/#");
		FakeStream.last.receive(bytes("b002ffff"));
		await gone;
		FakeStream.last.receive(publishPacket("a/b", bytes("01")));
		expect(lines.at(-1)).toBe("W link nobody takes a/b");
	});
	test("acknowledges when the handler's promise is settled, in the order of the messages", async () => {
		const { device } = online();
		const open: (() => void)[] = [];
		device.subscribe("t", () => new Promise<void>((resolve) => open.push(resolve)));
		FakeStream.last.receive(bytes("9003fffe01"));
		FakeStream.last.take();
		FakeStream.last.receive(publishPacket("t", bytes("01"), 5));
		FakeStream.last.receive(publishPacket("t", bytes("01"), 6));
		open[1]?.();
		await turn();
		expect(FakeStream.last.take()).toEqual([]);
		open[0]?.();
		await turn();
		expect(FakeStream.last.take()).toEqual(["40020005", "40020006"]);
	});
	test("waits for every piece of a large message", async () => {
		const { device } = online({ buffer: 256 });
		let done = 0;
		let pieces = 0;
		device.subscribe("t", async () => {
			pieces += 1;
			await turn();
			done += 1;
		});
		FakeStream.last.receive(bytes("9003fffe01"));
		FakeStream.last.take();
		FakeStream.last.receive(publishPacket("t", new Uint8Array(1000), 5));
		expect(FakeStream.last.take()).toEqual([]);
		await turn();
		await turn();
		expect([FakeStream.last.take(), done]).toEqual([["40020005"], pieces]);
	});
	test("logs what a handler throws or rejects with, acknowledges, and goes on", async () => {
		const { device, lines } = online();
		device.subscribe("throws", () => {
			throw new Error("bang");
		});
		device.subscribe("rejects", async () => {
			throw new Error("boom");
		});
		FakeStream.last.receive(bytes("9003fffe01"));
		FakeStream.last.receive(bytes("9003fffe01"));
		FakeStream.last.take();
		FakeStream.last.receive(publishPacket("throws", bytes("01"), 5));
		FakeStream.last.receive(publishPacket("rejects", bytes("01"), 6));
		await turn();
		expect(FakeStream.last.take()).toEqual(["40020005", "40020006"]);
		expect(lines.filter((line) => !line.startsWith("E link at "))).toEqual([
			"I link online",
			"E link throws: Error: bang",
			"E link rejects: Error: boom",
		]);
		expect(lines.some((line) => line.startsWith("E link at ") && line.includes("device.test.ts"))).toBe(true);
	});
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
