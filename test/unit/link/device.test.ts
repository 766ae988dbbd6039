// The application's face, over a stream and a clock that the test holds.
import * as crypto from "hal/crypto";
import { encode } from "hal/text";
import type { Message } from "link/handlers";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeStream } from "../../lib/fake-stream";
import { clock } from "../../lib/hal/clock";
import { bytes, publishPacket } from "../mqtt/support";
import { acknowledge, online, start, turn, written } from "./support";

beforeEach(() => {
	clock.reset();
	FakeStream.made = [];
});

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
	test("acknowledges no message of this connection for a handler's end of the last one's", async () => {
		const { device } = online();
		const open: (() => void)[] = [];
		device.subscribe("t", () => new Promise<void>((resolve) => open.push(resolve)));
		FakeStream.last.receive(bytes("9003fffe01"));
		FakeStream.last.receive(publishPacket("t", bytes("01"), 5));
		FakeStream.last.fail();
		clock.pass(1000);
		FakeStream.last.open();
		FakeStream.last.receive(bytes("20020100"));
		FakeStream.last.take();
		FakeStream.last.receive(publishPacket("t", bytes("02"), 5));
		open[0]?.();
		await turn();
		expect(FakeStream.last.take()).toEqual([]);
		open[1]?.();
		await turn();
		expect(FakeStream.last.take()).toEqual(["40020005"]);
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
