// Our packets read by mqtt-packet, its packets read by us: neither knows the other.

import { connect, disconnect, pingreq, puback, publish, publishSize, subscribe, unsubscribe } from "mqtt/codec";
import { Reader } from "mqtt/reader";
import { topicField } from "mqtt/topic";
import { generate, type Packet, parser } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { Notes } from "./support";

/** What mqtt-packet makes of `bytes`, which are one packet. */
function parse(bytes: Uint8Array): Packet {
	const found: Packet[] = [];
	const reader = parser();
	reader.on("packet", (packet) => found.push(packet));
	reader.on("error", (error) => {
		throw error;
	});
	expect(reader.parse(Buffer.from(bytes))).toBe(0);
	expect(found.length).toBe(1);
	return found[0] as Packet;
}

const long = `${"p".repeat(20)}.${"d".repeat(32)}|securemode=2,signmethod=hmacsha256,timestamp=1700000000000|`;

describe("mqtt-packet reads our", () => {
	test.each([
		[
			"MQTT 3.1.1",
			{ level: 4, clientId: long, userName: "d&p", password: "A".repeat(64), keepAlive: 300, clean: false },
		],
		["MQTT 3.1", { level: 3, clientId: "ü", userName: "u", keepAlive: 1200, clean: true }],
		["no user", { level: 4, clientId: "c", keepAlive: 30, clean: true }],
	] as const)("CONNECT, %s", (_name, options) => {
		const { level, clientId, keepAlive, clean } = options;
		const packet = parse(connect(options));
		expect(packet).toMatchObject({ cmd: "connect", protocolVersion: level, clientId, keepalive: keepAlive, clean });
		if (packet.cmd !== "connect") throw new Error(packet.cmd);
		expect(packet.protocolId).toBe(level === 4 ? "MQTT" : "MQIsdp");
		expect(packet.username).toBe("userName" in options ? options.userName : undefined);
		expect(packet.password?.toString()).toBe("password" in options ? options.password : undefined);
		expect(packet.will).toBeUndefined();
	});
	test.each([0, 1, 127, 128, 16_383, 16_384, 100_000])("PUBLISH with %i bytes", (size) => {
		for (const qos of [0, 1] as const) {
			const topic = "/sys/pk/ü/thing";
			const field = topicField(topic);
			const payload = new Uint8Array(size).fill(7);
			const bytes = new Uint8Array(publishSize(field.byteLength, size, qos));
			publish(bytes, 0, field, field.byteLength, payload, size, qos, 0x1234);
			const packet = parse(bytes);
			expect(packet).toMatchObject({ cmd: "publish", topic, qos, dup: false, retain: false });
			if (packet.cmd !== "publish") throw new Error(packet.cmd);
			expect(packet.messageId).toBe(qos ? 0x1234 : undefined);
			expect(Buffer.compare(packet.payload as Buffer, Buffer.from(payload))).toBe(0);
		}
	});
	test("SUBSCRIBE, UNSUBSCRIBE, PUBACK, PINGREQ, DISCONNECT", () => {
		const wanted = [
			{ filter: "a/+", qos: 1 },
			{ filter: "ü/#", qos: 0 },
		] as const;
		const subscriptions = [
			{ topic: "a/+", qos: 1 },
			{ topic: "ü/#", qos: 0 },
		];
		expect(parse(subscribe(0xfffe, wanted))).toMatchObject({ cmd: "subscribe", messageId: 0xfffe, subscriptions });
		expect(parse(unsubscribe(7, wanted))).toMatchObject({
			cmd: "unsubscribe",
			messageId: 7,
			unsubscriptions: ["a/+", "ü/#"],
		});
		const ack = new Uint8Array(4);
		puback(ack, 0xabcd);
		expect(parse(ack)).toMatchObject({ cmd: "puback", messageId: 0xabcd });
		expect(parse(pingreq())).toMatchObject({ cmd: "pingreq" });
		expect(parse(disconnect())).toMatchObject({ cmd: "disconnect" });
	});
});

describe("we read mqtt-packet's", () => {
	const message = { cmd: "publish", topic: "ü/b", payload: "xy", dup: false, retain: false } as const;
	test.each([
		["CONNACK", { cmd: "connack", returnCode: 4, sessionPresent: false }, "connack false 4"],
		["CONNACK with a session", { cmd: "connack", returnCode: 0, sessionPresent: true }, "connack true 0"],
		["PUBLISH of QoS 0", { ...message, qos: 0 }, "publish ü/b 7879 0/2 0"],
		["PUBLISH of QoS 1", { ...message, qos: 1, messageId: 65_535 }, "publish ü/b 7879 0/2 65535"],
		["retained PUBLISH", { ...message, retain: true, qos: 1, messageId: 1 }, "publish ü/b 7879 0/2 1"],
		["empty PUBLISH", { ...message, payload: "", qos: 1, dup: true, messageId: 1 }, "publish ü/b  0/0 1"],
		["PUBACK", { cmd: "puback", messageId: 258 }, "puback 258"],
		["SUBACK", { cmd: "suback", messageId: 3, granted: [0, 1, 128] }, "suback 3 000180"],
		["UNSUBACK", { cmd: "unsuback", messageId: 4, granted: [] }, "unsuback 4"],
		["PINGRESP", { cmd: "pingresp" }, "pingresp"],
	] as const)("%s", (_name, packet, line) => {
		const notes = new Notes();
		const reader = new Reader(notes, 256);
		const bytes = generate(packet as unknown as Packet);
		reader.space(bytes.byteLength).set(bytes);
		expect(reader.filled(bytes.byteLength)).toBeUndefined();
		expect(notes.lines).toEqual([line]);
	});
});
