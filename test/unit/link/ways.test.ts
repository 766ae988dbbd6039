// A device in each way to be somebody, over a stream and a clock that the test holds: what it sends, and what its state
// says when it's refused.
import { Key } from "hal/crypto";
import { decode, encode } from "hal/text";
import type { Identity } from "identity/identity";
import type { DeviceState } from "link/device";
import { MqttError } from "mqtt/error";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeRecords } from "../../lib/fake-records";
import { FakeStream } from "../../lib/fake-stream";
import { clock } from "../../lib/hal/clock";
import { bytes, publishPacket } from "../mqtt/support";
import { online, start, text, written } from "./support";

beforeEach(() => {
	clock.reset();
	FakeStream.made = [];
	FakeStream.refuse = undefined;
});

const key = (secret: string) => Key.from(encode(secret));
const names = { productKey: "pk", deviceName: "device" } as const;
const x509: Identity = { kind: "x509", ...names, certificate: encode("CERT"), privateKey: key("k") };
const token: Identity = { kind: "token", ...names, clientId: "c1", deviceToken: key("t0ken") };
const id2: Identity = { kind: "id2", ...names, productSecret: key("p") };

const TLS_ERROR = (code: string, more: object = {}) =>
	Object.assign(new Error("x"), { name: "TlsError", code, retry: "later", ...more });

/** Refused at the first connection. */
function refused(connack: string, identity?: Identity): DeviceState | undefined {
	const { states } = start(identity ? { identity } : {});
	FakeStream.last.open();
	FakeStream.last.receive(bytes(connack));
	return states.at(-1);
}

describe("connects", () => {
	test("with a token as it is, which nothing holds afterwards", () => {
		const { device } = start({ identity: token });
		FakeStream.last.open();
		expect(written()[0]).toMatch(/c1\|securemode=-2,authType=connwl\|..device&pk..t0ken$/);
		FakeStream.last.receive(bytes("20020000"));
		expect(device.online).toBe(true);
	});
	test("with its certificate and that one's key, beside the roots and the TLS session", () => {
		class Secure extends FakeStream {
			session() {
				return "ticket";
			}
		}
		const transport = { io: Secure, secure: { roots: ["PEM"] } };
		online({ identity: x509, transport });
		const own = { roots: ["PEM"], certificate: encode("CERT"), key: x509.privateKey };
		expect(FakeStream.last.options["secure"]).toEqual(own);
		FakeStream.last.fail();
		clock.pass(1000);
		expect(FakeStream.last.options["secure"]).toEqual({ ...own, session: "ticket" });
	});
	test("with a key of that connection alone, by ID²", () => {
		let number = 0;
		class Secure extends FakeStream {
			session() {
				return "ticket";
			}
		}
		const { states } = start({
			identity: id2,
			transport: {
				io: Secure,
				prepare: (done) => {
					number += 1;
					if (number === 2) done(new MqttError("preparation", { cause: TLS_ERROR("x", { retry: "never" }) }));
					else done(undefined, { secure: { psk: number } });
					return () => {};
				},
			},
		});
		FakeStream.last.open();
		FakeStream.last.receive(bytes("20020000"));
		expect(FakeStream.last.options["secure"]).toEqual({ psk: 1 });
		FakeStream.last.fail();
		clock.pass(1000);
		expect(states.at(-1)).toMatchObject({
			name: "offline",
			error: { code: "preparation" },
			refusal: "credentials",
			wait: 90_000,
		});
		clock.pass(90_000);
		expect(FakeStream.last.options["secure"]).toEqual({ psk: 3 });
	});
	test("only over TLS, but for a secret of its own", () => {
		for (const identity of [x509, token, id2]) {
			expect(() => start({ identity, place: { host: "h", security: "tcp" } })).toThrow(RangeError);
		}
		expect(FakeStream.made.length).toBe(0);
	});
	test("with a signature that is never a text of JavaScript's, and closed once it's in CONNECT", () => {
		const made: Key[] = [];
		const signer = {
			fromHmac: (...call: Parameters<typeof Key.fromHmac>) => {
				const key = Key.fromHmac(...call);
				made.push(key);
				return key;
			},
		};
		start({ signer });
		FakeStream.last.open();
		expect(written()[0]).toMatch(/[0-9A-F]{64}$/);
		expect(made.map(({ byteLength }) => byteLength)).toEqual([0, 0]);
	});
	test("later, when there's no memory for its first connection", () => {
		FakeStream.refuse = TLS_ERROR("no-memory");
		const { states, device } = start();
		expect(states.map(({ name }) => name)).toEqual(["connecting"]);
		clock.pass(0);
		expect(states.at(-1)).toMatchObject({ name: "offline", error: { code: "tls", detail: "no-memory" }, wait: 4500 });
		FakeStream.refuse = undefined;
		clock.pass(4500);
		FakeStream.last.open();
		FakeStream.last.receive(bytes("20020000"));
		expect(device.online).toBe(true);
	});
	test("to an address, by the host's name", () => {
		start({ place: { host: "cloud.test", address: "127.0.0.1" } });
		expect(FakeStream.last.options).toMatchObject({ host: "cloud.test", address: "127.0.0.1", port: 1883 });
	});
});

describe("a refusal is typed, and slow to come back from:", () => {
	test("a wrong secret, an unknown device, another region: CONNACK 4", () => {
		expect(refused("20020004")).toMatchObject({
			error: { code: "bad-user-name-or-password" },
			refusal: "credentials",
			wait: 60_000,
		});
		expect(refused("20020004", token)).toMatchObject({ refusal: "credentials", wait: 60_000 });
	});
	test("a disabled device, a client id that was switched away: CONNACK 5", () => {
		expect(refused("20020005")).toMatchObject({ error: { code: "not-authorized" }, refusal: "disabled", wait: 60_000 });
	});
	test("a parameter that's wrong, a protocol that's too old: CONNACK 2 and 1", () => {
		expect(refused("20020002")).toMatchObject({ refusal: "parameters", wait: 60_000 });
		expect(refused("20020001")).toMatchObject({ refusal: "parameters", wait: 60_000 });
	});
	test("a device that's deleted while it's online: closed, and refused what was accepted before", () => {
		const { states } = online();
		FakeStream.last.fail();
		expect(states.at(-1)).toEqual({ name: "offline", error: new MqttError("closed-by-server"), wait: 500 });
		clock.pass(500);
		FakeStream.last.open();
		FakeStream.last.receive(bytes("20020004"));
		expect(states.at(-1)).toMatchObject({ name: "offline", refusal: "voided", wait: 90_000 });
	});
	test("a server of another region, whose name isn't the one: no refusal, but as slow", () => {
		const { states } = start();
		FakeStream.last.fail(TLS_ERROR("wrong-host", { retry: "never" }));
		expect(states.at(-1)).toMatchObject({ error: { code: "tls", detail: "wrong-host" }, wait: 60_000 });
		expect("refusal" in (states.at(-1) ?? {})).toBe(false);
	});
	for (const connack of ["20020004", "20020005"]) {
		test(`a certificate, by CONNACK ${connack.at(-1)}`, () => {
			expect(refused(connack, x509)).toMatchObject({ refusal: "certificate", wait: 60_000 });
		});
	}
	for (const [detail, why] of [
		[42, "bad_certificate"],
		[44, "certificate_revoked"],
		[45, "certificate_expired"],
		[48, "unknown_ca"],
	] as const) {
		test(`a certificate, by alert ${detail}`, () => {
			const { states } = start({ identity: x509 });
			FakeStream.last.fail(TLS_ERROR("alert", { detail }));
			expect(states.at(-1)).toMatchObject({
				error: { code: "certificate-refused", detail: why },
				refusal: "certificate",
				wait: 60_000,
			});
		});
	}
	test("but a preparation that may succeed later refuses nobody", () => {
		const { states } = start({
			identity: id2,
			transport: {
				io: FakeStream,
				prepare: (done) => {
					done(new MqttError("preparation"));
					return () => {};
				},
			},
		});
		expect(states.map((state) => [state.name, "refusal" in state])).toContainEqual(["offline", false]);
	});
	test("but a server that isn't well, or a network that's lost, refuses nobody", () => {
		const state = refused("20020003");
		expect([state?.name, "refusal" in (state ?? {})]).toEqual(["offline", false]);
	});
});

describe("the names that belong to a certificate", () => {
	const topic = "/ext/auth/identity/response";

	test("are kept when they're others, for the next start", () => {
		const storage = new FakeRecords({ "identity/productKey": "pk", "identity/deviceName": "device" });
		const { lines } = online({ identity: x509, storage });
		FakeStream.last.receive(publishPacket(topic, text({ productKey: "pk", deviceName: "device" })));
		expect([storage.written, lines]).toEqual([[], ["I link online"]]);
		FakeStream.last.receive(publishPacket(topic, text({ productKey: "pk", deviceName: "other" })));
		expect([storage.written, storage.text("identity/deviceName")]).toEqual([[["identity/deviceName"]], "other"]);
		FakeStream.last.receive(publishPacket(topic, text({ productKey: "pk2", deviceName: "other" })));
		expect(storage.text("identity/productKey")).toBe("pk2");
		expect(lines.at(-1)).toBe("W link the platform has other names for this certificate: kept for the next start");
	});
	for (const payload of [
		encode("nothing"),
		text({ productKey: "pk" }),
		text({ deviceName: "d" }),
		text({ productKey: "", deviceName: "d" }),
		text({ productKey: "pk", deviceName: "" }),
	]) {
		test(`aren't in ${payload}`, () => {
			const storage = new FakeRecords({});
			const { lines } = online({ identity: x509, storage });
			FakeStream.last.receive(publishPacket(topic, payload));
			expect([storage.written, lines.at(-1)]).toEqual([[], "W link identity response: no names"]);
		});
	}
	test("are nobody's business without a certificate, or without a vault", () => {
		const storage = new FakeRecords({});
		const { lines } = online({ storage });
		FakeStream.last.receive(publishPacket(topic, text({ productKey: "pk", deviceName: "other" })));
		expect([storage.written, lines.at(-1)]).toEqual([[], `W link nobody takes ${topic}`]);
	});
	test("aren't kept for another certificate, or none, that was stored meanwhile", () => {
		for (const certificate of [encode("OTHER"), undefined]) {
			const storage = new FakeRecords({ "identity/certificate": encode("CERT"), "identity/privateKey": key("k") });
			online({ identity: x509, storage });
			storage.write({ "identity/certificate": certificate });
			storage.written.length = 0;
			FakeStream.last.receive(publishPacket(topic, text({ productKey: "pk", deviceName: "other" })));
			expect(storage.written).toEqual([]);
		}
	});
});

describe("a certificate that is stored", () => {
	/** What each connection is made with, and whether its key is still open. */
	const made: { certificate: string; key: string; session: unknown }[] = [];
	class Secure extends FakeStream {
		constructor(options: ConstructorParameters<typeof FakeStream>[0]) {
			super(options);
			const { certificate, key, session } = options["secure"] as {
				certificate: Uint8Array;
				key: Key;
				session?: unknown;
			};
			const bytes = new Uint8Array(key.byteLength);
			key.copyTo(bytes);
			made.push({ certificate: decode(certificate), key: decode(bytes), session });
		}
		session() {
			return "ticket";
		}
	}
	const transport = { io: Secure, secure: { roots: ["PEM"] } };
	const lastKey = () => (FakeStream.last.options["secure"] as { key: Key }).key;
	beforeEach(() => {
		made.length = 0;
	});

	test("is read anew for each connection: a renewed one is shown by the next, without the old one's session", () => {
		const storage = new FakeRecords({ "identity/certificate": encode("ONE"), "identity/privateKey": key("1") });
		online({ identity: x509, storage, transport });
		expect(lastKey().byteLength).toBe(0); // the handshake is over
		const again = () => {
			FakeStream.last.fail();
			clock.pass(1000);
			FakeStream.last.open();
			FakeStream.last.receive(bytes("20020000"));
			clock.pass(30_000);
		};
		again();
		storage.write({ "identity/certificate": encode("TWO"), "identity/privateKey": key("2") });
		again();
		again();
		const one = { certificate: "ONE", key: "1" };
		const two = { certificate: "TWO", key: "2" };
		expect(made).toEqual([one, { ...one, session: "ticket" }, two, { ...two, session: "ticket" }]);
	});
	test("leaves no key open, however the connection ends", () => {
		const storage = new FakeRecords({ "identity/certificate": encode("ONE"), "identity/privateKey": key("1") });
		const { device } = start({ identity: x509, storage, transport });
		expect(lastKey().byteLength).toBe(1);
		FakeStream.last.fail();
		expect(lastKey().byteLength).toBe(0);
		clock.pass(10_000);
		expect(lastKey().byteLength).toBe(1);
		device.close();
		expect(lastKey().byteLength).toBe(0);
		expect(made.length).toBe(2);
	});
	test("by half is passed over: the identity's own is shown", () => {
		start({ identity: x509, storage: new FakeRecords({ "identity/privateKey": key("1") }), transport });
		start({ identity: x509, storage: new FakeRecords({ "identity/certificate": encode("ONE") }), transport });
		expect(made).toEqual([
			{ certificate: "CERT", key: "k" },
			{ certificate: "CERT", key: "k" },
		]);
	});
});

describe("what is secret in a message", () => {
	test("is taken where it was received, and nothing is left of it", () => {
		const { device } = online();
		const got: string[] = [];
		let view: Uint8Array = new Uint8Array(0);
		device.takeSecret("/pk/device/secret", (bytes, offset, total) => {
			got.push(`${bytes} ${offset}/${total}`);
			view = bytes;
		});
		FakeStream.last.receive(publishPacket("/pk/device/secret", encode("s"), 5));
		expect([got, `${view}`]).toEqual([["115 0/1"], "0"]);
		expect(written().at(-1)).toBe("@..."); // PUBACK
	});
	test("is gone from the receive buffer, too, when it came in two reads behind another", () => {
		const { device } = online();
		let whole: ArrayBufferLike = new ArrayBuffer(0);
		device.takeSecret("/pk/device/secret", (bytes) => {
			whole = bytes.buffer;
		});
		const all = Buffer.concat([
			publishPacket("/pk/device/get", new Uint8Array(90)),
			publishPacket("/pk/device/secret", encode("s3cr3t-s3cr3t")),
		]);
		FakeStream.last.receive(all.subarray(0, -3));
		FakeStream.last.receive(all.subarray(-3));
		expect([whole.byteLength, Buffer.from(whole).includes("s3cr")]).toEqual([1024, false]);
	});
	test("is wiped when its taker throws, too", () => {
		const { device, lines } = online();
		let view: Uint8Array = new Uint8Array(0);
		device.takeSecret("/pk/device/secret", (bytes) => {
			view = bytes;
			throw new Error("a bug");
		});
		device.takeSecret("/pk/device/other", () => {});
		FakeStream.last.receive(publishPacket("/pk/device/secret", encode("s")));
		expect([`${view}`, lines[1]]).toEqual(["0", "E link /pk/device/secret: Error: a bug"]);
	});
});
