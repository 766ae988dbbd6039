import { Key } from "hal/crypto";
import {
	connect,
	disconnect,
	lengthSize,
	pingreq,
	puback,
	publish,
	publishSize,
	setDup,
	subscribe,
	unsubscribe,
} from "mqtt/codec";
import { topicField } from "mqtt/topic";
import { describe, expect, test } from "test/expect";
import { bytes, hex } from "./support";

const login = { clientId: "c", keepAlive: 300, clean: false } as const;

describe("CONNECT", () => {
	test("of MQTT 3.1.1 with user name and password", () => {
		const packet = connect({ ...login, level: 4, userName: "u", password: "p" });
		expect(hex(packet)).toBe("1013" + "00044d515454" + "04" + "c0" + "012c" + "000163" + "000175" + "000170");
	});
	test("with a password that JavaScript can't read is the same packet", () => {
		const password = Key.from(bytes("70"));
		expect(hex(connect({ ...login, level: 4, userName: "u", password }))).toBe(
			hex(connect({ ...login, level: 4, userName: "u", password: "p" })),
		);
		const long = Key.random(300);
		const packet = connect({ ...login, level: 4, userName: "u", password: long });
		expect(hex(packet.subarray(packet.byteLength - 302, packet.byteLength - 300))).toBe("012c");
		expect(() => connect({ ...login, level: 4, password })).toThrow(TypeError);
	});
	test("of MQTT 3.1, clean, without a user", () => {
		const packet = connect({ ...login, level: 3, clean: true });
		expect(hex(packet)).toBe("100f" + "00064d514973647" + "0" + "03" + "02" + "012c" + "000163");
	});
	test("with a user name and no password", () => {
		expect(connect({ ...login, level: 4, userName: "u" })[9]).toBe(0x80);
	});
	test("with the platform's client id needs two bytes of length", () => {
		const packet = connect({ ...login, level: 4, clientId: "x".repeat(130), userName: "u", password: "p" });
		expect(hex(packet.subarray(0, 5))).toBe("1094010004");
		expect(packet.byteLength).toBe(3 + 0x94);
	});
	test("without a user name has no password (3.1.2.9)", () => {
		expect(() => connect({ ...login, level: 4, password: "p" })).toThrow(TypeError);
	});
	test("has no string of more than 65,535 bytes", () => {
		expect(() => connect({ ...login, level: 4, clientId: "x".repeat(65_536) })).toThrow(RangeError);
	});
});

describe("PUBLISH", () => {
	const encode = (topic: string, payload: Uint8Array | string, length: number, qos: 0 | 1, id: number): string => {
		const field = topicField(topic);
		const into = new Uint8Array(publishSize(field.byteLength, length, qos) + 1);
		publish(into, 1, field, field.byteLength, payload, length, qos, id);
		return hex(into.subarray(1));
	};
	test("of QoS 1", () =>
		expect(encode("a/b", bytes("0102"), 2, 1, 0x1234)).toBe("3209" + "0003612f62" + "1234" + "0102"));
	test("of QoS 0", () => expect(encode("a/b", bytes("0102"), 2, 0, 0)).toBe("3007" + "0003612f62" + "0102"));
	test("with a text", () => expect(encode("a", "é", 2, 0, 0)).toBe("3005" + "000161" + "c3a9"));
	test("with nothing", () => expect(encode("a", "", 0, 1, 1)).toBe("3205" + "000161" + "0001"));
	test("of 200 bytes", () =>
		expect(encode("a", new Uint8Array(200), 200, 1, 1).slice(0, 18)).toBe("32cd01" + "000161" + "0001" + "00"));
	test("of 20,000 bytes", () =>
		expect(encode("a", new Uint8Array(20_000), 20_000, 1, 1).slice(0, 18)).toBe("32a59c01" + "000161" + "0001"));
	test("with DUP", () => {
		const packet = bytes("00 3205");
		setDup(packet, 1);
		expect(hex(packet)).toBe("003a05");
	});
});

test("sizes of the remaining length (2.2.3)", () => {
	const sizes = [0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455].map(lengthSize);
	expect(sizes).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
});

test("SUBSCRIBE", () => {
	const packet = subscribe(0xfffe, [
		{ filter: "a/+", qos: 1 },
		{ filter: "b", qos: 0 },
	]);
	expect(hex(packet)).toBe("820c" + "fffe" + "0003612f2b01" + "00016200");
});

test("UNSUBSCRIBE", () => {
	expect(hex(unsubscribe(0xffff, [{ filter: "a/+", qos: 1 }]))).toBe("a207" + "ffff" + "0003612f2b");
});

test("the short ones", () => {
	const ack = new Uint8Array(4);
	puback(ack, 0x0102);
	expect(hex(ack)).toBe("40020102");
	expect(hex(pingreq())).toBe("c000");
	expect(hex(disconnect())).toBe("e000");
});
