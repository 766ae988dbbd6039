// From records to somebody who can connect, over streams and a clock that the test holds.

import { renewCertificate } from "enrolment/renew";
import { Key } from "hal/crypto";
import { encode } from "hal/text";
import type { Carrier } from "id2/carrier";
import Device from "link/device";
import Log from "log/log";
import { VaultError } from "vault/error";
import type { Changes } from "vault/records";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeRecords } from "../../lib/fake-records";
import { FakeStream } from "../../lib/fake-stream";
import { clock } from "../../lib/hal/clock";
import { bytes, publishPacket } from "../mqtt/support";
import { certificates, certified, connectOf, key, Platform, SecureStream, start } from "./support";

beforeEach(() => {
	clock.reset();
	FakeStream.made = [];
	FakeStream.refuse = undefined;
});

const named = { "identity/productKey": "pk", "identity/deviceName": "device" };
const secret = { ...named, "identity/deviceSecret": key("s") };
const product = { ...named, "identity/productSecret": key("p") };
const id2 = { ...product, "identity/id2": "00FF", "identity/carrierKey": Key.random(32) };

function enrol(changes: Changes, more: Parameters<typeof start>[1] = {}) {
	const started = start(new FakeRecords(changes), more);
	expect([started.ready.length, started.failures.length]).toEqual([0, 0]); // not inside the constructor
	clock.pass(0);
	return started;
}

/** HTTP over the last stream. */
function answer(text: string): void {
	const head = `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n`;
	FakeStream.last.receive(encode(head + text));
}

const request = () => Buffer.concat(FakeStream.last.written).toString();

describe("is somebody at once", () => {
	test("with a secret of its own: over TLS, with the firmware's roots", () => {
		const { ready, lines } = enrol(secret);
		expect(ready[0]).toMatchObject({
			identity: { kind: "device-secret" },
			place: { region: "cn-shanghai", security: "tls" },
			transport: { io: SecureStream, secure: { roots: ["PEM"] } },
		});
		expect([lines, FakeStream.made.length]).toEqual([[], 0]);
	});
	test("over plain TCP where that is burned", () => {
		const { ready } = enrol({ ...secret, "link/security": "tcp", "link/host": "h", "link/address": "127.0.0.1" });
		expect(ready[0]).toMatchObject({ place: { host: "h", security: "tcp", address: "127.0.0.1" } });
		expect(ready[0]?.transport).toEqual({ io: FakeStream });
	});
	test("with a root of its own, and roots that are asked for only when they're needed", () => {
		const roots = vi.fn(() => ["firmware's"]);
		const own = enrol({ ...secret, "link/root": encode("own") }, { roots });
		expect([own.ready[0]?.transport["secure"], roots.mock.calls.length]).toEqual([{ roots: [encode("own")] }, 0]);
		expect(enrol(secret, { roots }).ready[0]?.transport["secure"]).toEqual({ roots: ["firmware's"] });
	});
	test("with a token, or a certificate whose names it knows", () => {
		const token = { ...product, "identity/clientId": "c", "identity/deviceToken": key("t") };
		expect(enrol(token).ready[0]?.identity).toMatchObject({ kind: "token", clientId: "c" });
		expect(enrol({ ...certified, ...named }).ready[0]?.identity).toMatchObject({ kind: "x509", deviceName: "device" });
	});
	test("with ID²: its link begins with a challenge over a plain stream", () => {
		const [enrolled] = enrol({ ...id2, "link/host": "h", "link/port": "1884", "link/address": "127.0.0.1" }).ready;
		expect(enrolled?.identity.kind).toBe("id2");
		expect(FakeStream.made.length).toBe(0);
		enrolled?.transport.prepare?.(() => {});
		expect(FakeStream.last).not.toBeInstanceOf(SecureStream);
		expect(FakeStream.last.options).toMatchObject({ host: "h", port: 1884, address: "127.0.0.1" });
	});
	test("with ID² in a carrier of the board's", () => {
		const carrier: Carrier = { id2: "AA", mac: () => Key.random(32) };
		expect(enrol({ ...id2, "identity/carrierKey": undefined }, { carrier }).ready.length).toBe(1);
	});
});

describe("registers", () => {
	test("over MQTT, in the region, and says so", () => {
		const records = new FakeRecords(product);
		const { ready, lines } = start(records);
		clock.pass(0);
		expect(FakeStream.last.options).toMatchObject({
			host: "pk.iot-as-mqtt.cn-shanghai.aliyuncs.com",
			port: 1883,
			secure: { roots: ["PEM"] },
		});
		FakeStream.last.open();
		const { clientId } = connectOf(FakeStream.last.newest);
		expect(clientId).toMatch(
			/^pk\.device\|securemode=2,authType=register,random=[0-9a-f]{24},signmethod=hmacsha256\|$/,
		);
		for (const packet of new Platform().answer(FakeStream.last.newest)) FakeStream.last.receive(packet);
		expect(records.written).toEqual([["identity/deviceSecret"]]);
		expect(ready[0]?.identity.kind).toBe("device-secret");
		expect(lines).toEqual(["I enrolment device of pk registers over mqtt (register)", "I enrolment registered"]);
	});
	test("by another random text each time, and with what is set for registration without pre-registration", () => {
		const settings = { "link/registrationSecuremode": "2", "link/instanceId": "iot-1" };
		const texts = [1, 2].map(() => {
			enrol({ ...product, "identity/registration": "regnwl", ...settings });
			FakeStream.last.open();
			return connectOf(FakeStream.last.newest).clientId;
		});
		expect(texts[0]).not.toBe(texts[1]);
		expect(texts[0]).toMatch(/securemode=2,authType=regnwl,random=\w+,signmethod=hmacsha256,instanceId=iot-1\|$/);
	});
	const https = { ...product, "identity/road": "https" };
	test.each([
		[{}, "iot-auth.cn-shanghai.aliyuncs.com", 443],
		[{ "link/host": "h" }, "h", 1883],
		[{ "link/host": "h", "link/port": "1884" }, "h", 1884],
		[{ "link/authHost": "auth", "link/authPort": "8443" }, "auth", 8443],
	])("over HTTPS at %j: %s:%d", (place, host, port) => {
		const { ready } = enrol({ ...https, ...place });
		expect(FakeStream.last.options).toMatchObject({ host, port, secure: { roots: ["PEM"] } });
		FakeStream.last.open();
		expect(request()).toMatch(/^POST \/auth\/register\/device HTTP\/1\.1\r\n/);
		expect(request()).toMatch(
			/\r\n\r\nproductKey=pk&deviceName=device&random=\w+&sign=[0-9A-F]{64}&signMethod=hmacsha256$/,
		);
		answer('{"code":200,"data":{"productKey":"pk","deviceName":"device","deviceSecret":"s"},"message":"success"}');
		expect(ready[0]?.identity.kind).toBe("device-secret");
	});
	test.each([
		['{"code":6289,"message":"active"}', "already-active", 3_600_000],
		['{"code":200}', "bad-answer", 20_000],
		["{", "bad-answer", 20_000],
	])("over HTTPS and is told %s: %s", (text, code, wait) => {
		const { failures } = enrol(https);
		FakeStream.last.open();
		answer(text);
		expect([failures[0]?.error.code, failures[0]?.wait]).toEqual([code, wait]);
	});
	test.each([
		["HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "server"],
		["HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "refused"],
		["nonsense\r\n\r\n", "bad-answer"],
		[`HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n`, "bad-answer"],
	])("over HTTPS and is told %j: %s", (text, code) => {
		const { failures } = enrol(https);
		FakeStream.last.open();
		FakeStream.last.receive(encode(text));
		expect(failures[0]?.error.code).toBe(code);
	});
});

describe("tries again", () => {
	test("by its own decision, with a line for each, and not by the connection's", () => {
		const { failures, lines } = enrol(product);
		FakeStream.last.fail(Object.assign(new Error("x"), { code: "refused" }));
		expect([failures.length, failures[0]?.wait]).toEqual([1, 3000]);
		expect(lines.at(-1)).toBe("W enrolment failed: network: network: refused, again in 3.0 s");
		clock.pass(2999);
		expect(FakeStream.made.length).toBe(1);
		clock.pass(1);
		expect(FakeStream.made.length).toBe(2);
		expect(lines.at(-1)).toBe("I enrolment device of pk registers over mqtt (register)");
	});
	test("after what a callback throws, too", () => {
		const { lines } = enrol(product, {
			onFailed: () => {
				throw new Error("a bug");
			},
		});
		FakeStream.last.fail();
		expect(lines.filter((line) => line.startsWith("E"))[0]).toBe("E enrolment onFailed: Error: a bug");
		clock.pass(10_000);
		expect(FakeStream.made.length).toBe(2);
	});
	test("but not once it's closed", () => {
		const waiting = enrol(product);
		FakeStream.last.fail();
		waiting.enrolment.close();
		const trying = enrol(product);
		trying.enrolment.close();
		trying.enrolment.close();
		const early = start(new FakeRecords(secret));
		early.enrolment.close();
		clock.pass(1e9);
		expect([FakeStream.made.length, trying.failures.length, early.ready.length]).toEqual([2, 0, 0]);
	});
	test("and what onReady throws is logged", () => {
		const { lines } = enrol(secret, {
			onReady: () => {
				throw new Error("a bug");
			},
		});
		expect(lines[0]).toBe("E enrolment onReady: Error: a bug");
	});
	test("when the vault doesn't hold what was kept in it", () => {
		const records = new FakeRecords(product);
		records.write = () => {};
		const { failures } = start(records);
		clock.pass(0);
		FakeStream.last.open();
		for (const packet of new Platform().answer(FakeStream.last.newest)) FakeStream.last.receive(packet);
		expect(failures[0]?.error.message).toBe("vault: what was kept is not there");
	});
	test.each([
		["TlsError", "no-memory", "tls: no-memory", 20_000],
		["TCPError", "system", "network: network: system", 3000],
	])("when there's no stream to be had: %s %s", (name, code, message, wait) => {
		FakeStream.refuse = Object.assign(new Error("x"), { name, code, retry: "later" });
		const { failures } = enrol(product);
		expect([failures[0]?.error.message, failures[0]?.wait]).toEqual([message, wait]);
		FakeStream.refuse = undefined;
		clock.pass(20_000);
		expect(FakeStream.made.length).toBe(1);
	});
	test.each([
		[new VaultError("damaged"), "vault: damaged", 20_000],
		[Object.assign(new Error("x"), { name: "TlsError", code: "no-memory", retry: "later" }), "tls: no-memory", 20_000],
		[new Error("x"), "network", 3000],
	])("when the vault can't be read, or there's no memory for what is to be done: %s", (thrown, message, wait) => {
		const records = new FakeRecords(secret);
		records.key = () => {
			throw thrown;
		};
		const { failures } = start(records);
		clock.pass(0);
		expect([failures[0]?.error.message, failures[0]?.wait]).toEqual([message, wait]);
	});
});

describe("is nobody", () => {
	test.each([
		[{}, "no-identity: no deviceSecret: burn an identity first"],
		[{ ...secret, "link/port": "x" }, "no-identity: port: 1 to 65,535"],
		[{ ...secret, "link/port": "65536" }, "no-identity: port: 1 to 65,535"],
		[{ ...secret, "link/security": "ssl" }, "no-identity: security: tls or tcp"],
		[{ ...secret, "link/region": "moon" }, "no-identity: region: unknown"],
		[{ ...secret, "link/registrationSecuremode": "3" }, "no-identity: registrationSecuremode: -2 or 2"],
		[{ ...certified, "link/region": "cn-beijing" }, "no-identity: region: x509 is in cn-shanghai only"],
		[{ ...id2, "identity/carrierKey": key("short") }, "no-identity: carrierKey: 32 bytes"],
		[{ ...id2, "identity/carrierKey": undefined }, "no-identity: no carrierKey, and no carrier"],
		[{ ...product, "identity/registration": "regnwl", "link/instanceId": "a|" }, "no-identity: instanceId: no | , ="],
	])("with %j", (changes, message) => {
		const { failures, lines } = enrol(changes as Changes);
		expect([failures[0]?.error.message, failures[0]?.wait]).toEqual([message, undefined]);
		expect(lines.at(-1)).toBe(`W enrolment failed: ${message}, not tried again`);
		clock.pass(1e9);
		expect([failures.length, FakeStream.made.length]).toEqual([1, 0]);
	});
	test.each([
		product,
		{ ...product, "identity/road": "https" },
		{ ...product, "identity/registration": "regnwl" },
		certified,
		{ ...certified, ...named },
		{ ...named, "identity/clientId": "c", "identity/deviceToken": key("t") },
		id2,
	])("over plain TCP, where nothing is sent: %j", (changes) => {
		const { failures } = enrol({ ...(changes as Changes), "link/security": "tcp" });
		expect([failures[0]?.error.code, failures[0]?.wait, FakeStream.made.length]).toEqual(["not-secure", undefined, 0]);
	});
});

describe("with a certificate and no names", () => {
	test("asks by that, keeps the answer and is that device", () => {
		const records = new FakeRecords({ ...certified, "identity/clientId": "mac" });
		const { ready } = start(records);
		clock.pass(0);
		expect(FakeStream.last.options).toMatchObject({
			host: "x509.itls.cn-shanghai.aliyuncs.com",
			secure: { roots: ["PEM"], certificate: certified["identity/certificate"] },
		});
		FakeStream.last.open();
		expect(connectOf(FakeStream.last.newest)).toEqual({ clientId: "mac|securemode=2|", userName: "&", password: "" });
		for (const packet of new Platform().answer(FakeStream.last.newest)) FakeStream.last.receive(packet);
		expect(records.written).toEqual([["identity/productKey", "identity/deviceName"]]);
		expect(ready[0]?.identity).toMatchObject({ kind: "x509", productKey: "pk", deviceName: "device", clientId: "mac" });
	});
	test.each([
		["20020004", "certificate-refused"],
		["20020005", "certificate-refused"],
		["20020003", "server"],
	])("is refused by CONNACK %s: %s", (connack, code) => {
		const { failures } = enrol(certified);
		FakeStream.last.open();
		FakeStream.last.receive(bytes(connack));
		expect(failures[0]?.error.code).toBe(code);
	});
	test("is refused by an alert", () => {
		const { failures } = enrol(certified);
		FakeStream.last.fail(Object.assign(new Error("x"), { name: "TlsError", code: "alert", detail: 44 }));
		expect([failures[0]?.error.message, failures[0]?.wait]).toEqual([
			"certificate-refused: certificate_revoked",
			120_000,
		]);
	});
});

describe("with a certificate and names that the platform has changed", () => {
	const stored = { ...certified, ...named, "identity/deviceName": "old-name", "link/host": "h" };
	/** A device of each that is told, in place of the one before; the platform takes the names that are right. */
	function live(records: FakeRecords) {
		const devices: Device[] = [];
		const log = new Log("test", { sink: () => {} });
		const started = start(records, {
			onReady: (enrolled) => {
				devices.at(-1)?.close();
				devices.push(new Device({ ...enrolled, storage: records, log, random: () => 0.5 }));
			},
		});
		clock.pass(0);
		return { ...started, devices };
	}
	/** @returns the user name of the connection that was begun, answered with `packets`. */
	function answer(...packets: Uint8Array[]): string {
		FakeStream.last.open();
		const { userName } = connectOf(FakeStream.last.newest);
		for (const packet of packets) FakeStream.last.receive(packet);
		return userName;
	}
	const accepted = bytes("20020000");
	const refused = bytes("20020004");
	const namesOf = (deviceName: string) =>
		publishPacket("/ext/auth/identity/response", encode(`{"productKey":"pk","deviceName":"${deviceName}"}`));

	test("it asks once after a refusal, keeps the answer, and is that device", () => {
		const records = new FakeRecords(stored);
		const { devices, lines } = live(records);
		expect(answer(refused)).toBe("old-name&pk");
		clock.pass(60_000);
		expect(answer(accepted, namesOf("device"))).toBe("&");
		expect([records.written, lines]).toEqual([
			[["identity/deviceName"]],
			[
				"I enrolment refused by its names: asks whom its certificate names",
				"W enrolment the platform has other names for this certificate: they are kept",
			],
		]);
		clock.pass(0);
		expect([devices.length, answer(accepted), devices[1]?.online]).toEqual([2, "device&pk", true]);
	});
	test("it asks no more often than it's refused, and connects as before where nothing has changed or it isn't told", () => {
		const { devices, failures } = live(new FakeRecords(stored));
		const users: string[] = [];
		for (let round = 0; round < 3; round += 1) {
			users.push(answer(refused));
			clock.pass(round === 0 ? 60_000 : 30_000 + 30_000 * 2 ** round);
			users.push(round === 0 ? answer(accepted, namesOf("old-name")) : answer(refused));
		}
		expect(users).toEqual(["old-name&pk", "&", "old-name&pk", "&", "old-name&pk", "&"]);
		expect([devices.length, failures.length, FakeStream.made.length]).toEqual([1, 0, 7]);
	});
	test("it doesn't ask after an outage, or a refusal of the certificate", () => {
		live(new FakeRecords(stored));
		answer(bytes("20020005"));
		clock.pass(60_000);
		expect(answer(accepted)).toBe("old-name&pk");
		FakeStream.last.fail();
		clock.pass(60_000);
		expect(answer(accepted)).toBe("old-name&pk");
	});
	test("it gives the question up with the device, and asks nothing where another way was burned", () => {
		const given = live(new FakeRecords(stored));
		answer(refused);
		clock.pass(60_000);
		given.devices[0]?.close();
		expect(FakeStream.last.closed).toBe(true);
		const records = new FakeRecords(stored);
		live(records);
		answer(refused);
		records.write({ "identity/privateKey": undefined, "identity/deviceSecret": key("s") });
		const made = FakeStream.made.length;
		clock.pass(60_000);
		expect(FakeStream.made.length).toBe(made);
	});
	test("a device that nobody closes goes on by itself, and nobody is told once the enrolment is closed", () => {
		const records = new FakeRecords(stored);
		const { enrolment, devices } = live(records);
		enrolment.close();
		answer(refused);
		clock.pass(60_000);
		answer(accepted, namesOf("device"));
		clock.pass(1000);
		expect([devices.length, records.text("identity/deviceName")]).toEqual([1, "device"]);
		clock.pass(3_600_000);
		expect(answer(refused)).toBe("old-name&pk");
	});
});

describe("a certificate", () => {
	const other = { ...certified, "identity/privateKey": key(certificates[1]?.key ?? "") };

	test.each([
		["is no pair with its key", other],
		["is no pair with its key, though its names are known", { ...other, ...named }],
		["is none", { ...certified, "identity/certificate": encode("nothing") }],
	])("that %s is told before anything is sent", (_what, changes) => {
		const { failures } = enrol(changes);
		expect([failures[0]?.error.code, failures[0]?.wait, FakeStream.made.length]).toEqual(["no-identity", undefined, 0]);
	});
	test("takes the place of another, with its key", () => {
		const records = new FakeRecords(certified);
		const [, { pem, key: secret } = { pem: "", key: "" }] = certificates;
		renewCertificate(records, encode(pem), key(secret));
		expect(records.written).toEqual([["identity/certificate", "identity/privateKey"]]);
		expect(records.text("identity/certificate")).toBe(pem);
	});
	test("isn't kept when it's none", () => {
		const records = new FakeRecords(certified);
		expect(() => renewCertificate(records, encode("nothing"), key("nothing"))).toThrow(TypeError);
		expect(records.written).toEqual([]);
	});
});
