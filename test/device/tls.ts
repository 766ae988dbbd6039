// The TLS engine alone, without a network: what it says first, and how it takes what no server should send.
import { Key } from "hal/crypto";
import { memory } from "hal/system";
import { Tls, TlsError, type TlsOptions } from "hal/tls";
import { describe, expect, test } from "test/expect";

// A P-256 root made for this test (valid until 2126); nothing is signed with it.
const root = `-----BEGIN CERTIFICATE-----
MIIBgDCCASWgAwIBAgIUQm73Oly6aaeVvTgk+BXya4hDteMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJVGVzdCBSb290MCAXDTI2MTEyNDExNDQ0MVoYDzIxMjYxMDMx
MTE0NDQxWjAUMRIwEAYDVQQDDAlUZXN0IFJvb3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAR0puS6spjQjKRvVm7AhTOM5IWUliWyJHRcWlab32d+R72VwNryGSp7
RQZ1lGQIh7sRAzDejvgAG80kCEzGUhQjo1MwUTAdBgNVHQ4EFgQUlMnlB9lDgDCh
El0v+Ix6JfZJ7jowHwYDVR0jBBgwFoAUlMnlB9lDgDChEl0v+Ix6JfZJ7jowDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA3H4MJXshYbJ/oupGkJnB
8Cr6rOyOr+3vWVv3QCcUOe4CIQCsgLznFsX4bPyL25Dujn7H3JND8CZjN/V6wg5c
zPCBVg==
-----END CERTIFICATE-----
`;
const options = { host: "device.test", roots: [root], now: Date.UTC(2026, 10, 24) };

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (it) => it.charCodeAt(0));
const record = (type: number, version: number, content: readonly number[]): Uint8Array =>
	Uint8Array.of(type, 3, version, content.length >> 8, content.length & 255, ...content);
const zeros = (length: number): number[] => new Array<number>(length).fill(0);

/** A ServerHello (RFC 5246 7.4.1.3) without extensions. */
function serverHello(version: number, suite: number, compression = 0): Uint8Array {
	const body = [3, version, ...zeros(32), 0, suite >> 8, suite & 255, compression];
	return record(22, version, [2, 0, 0, body.length, ...body]);
}
const alert = (level: number, description: number, version = 3) => record(21, version, [level, description]);

/** What a PEM text has between its first and last line. */
function der(pem: string): Uint8Array {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const text = pem.split("\n").slice(1, -2).join("").replace(/=+$/, "");
	const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
	for (let i = 0; i < bytes.length; i++) {
		const at = Math.floor(i / 3) * 4 + (i % 3);
		const [high = 0, low = 0] = [...text.slice(at, at + 2)].map((it) => digits.indexOf(it));
		bytes[i] = (high << (2 + (i % 3) * 2)) | (low >> (4 - (i % 3) * 2));
	}
	return bytes;
}

function hello(more: Partial<TlsOptions> = {}): Uint8Array {
	const tls = new Tls({ ...options, ...more });
	const bytes = tls.drain();
	tls.close();
	return new Uint8Array(bytes ?? new ArrayBuffer(0));
}

const has = (bytes: Uint8Array, text: string): boolean => bytes.join().includes(ascii(text).join());

/** The code that feeding `bytes` ends with. */
function fed(...bytes: Uint8Array[]): { code: string; detail: number } {
	const tls = new Tls(options);
	tls.drain();
	try {
		for (const it of bytes) tls.feed(it);
		tls.end();
	} catch (error) {
		if (!(error instanceof TlsError)) throw error;
		expect(tls.failure().code).toBe(error.code);
		expect(() => tls.feed(Uint8Array.of(0))).toThrowCode(error.code);
		return { code: error.code, detail: error.detail };
	} finally {
		tls.close();
	}
	throw new Error("it went well");
}

describe("the ClientHello", () => {
	test("is short, names the host, offers TLS 1.2", () => {
		const bytes = hello();
		expect([...bytes.subarray(0, 3)]).toEqual([22, 3, 3]);
		expect(bytes.length).toBeLessThan(140);
		expect(has(bytes, "device.test")).toBe(true);
	});

	test("has what was asked for, and nothing else", () => {
		const plain = hello();
		expect(hello({ alpn: ["mqtt"] }).length).toBe(plain.length + 4 + 2 + 5);
		expect(has(hello({ alpn: ["mqtt", "x"] }), "mqtt")).toBe(true);
		expect(hello({ maxFragmentLength: 0 }).length).toBe(plain.length - 5);
		expect(has(hello({ host: "192.0.2.1" }), "192.0.2.1")).toBe(false);
		const psk = { identity: "me", key: Uint8Array.of(1, 2, 3) };
		const shared = new Tls({ host: "x", psk, now: undefined });
		expect(has(new Uint8Array(shared.drain() ?? new ArrayBuffer(0)), "me")).toBe(false); // not before it's asked for
		shared.close();
	});

	test("can be taken in pieces", () => {
		const tls = new Tls(options);
		let length = 0;
		for (let part = tls.drain(50); part; part = tls.drain(50)) {
			expect(part.byteLength).toBeLessThanOrEqual(50);
			length += part.byteLength;
		}
		expect(length).toBe(hello().length);
		expect(tls.drain()).toBeUndefined();
		tls.close();
	});

	test("comes of roots in DER too, and of PEM in bytes", () => {
		expect(hello({ roots: [der(root)] }).length).toBe(hello().length);
		expect(hello({ roots: [ascii(root), der(root).buffer as ArrayBuffer] }).length).toBe(hello().length);
		expect(() => hello({ roots: [der(root).subarray(1)] })).toThrow(TypeError);
	});

	test("never is the same twice", () => {
		expect(hello().join()).not.toBe(hello().join());
	});
});

describe("a peer that", () => {
	test.each<[string, Uint8Array[], string, number?]>([
		["says nothing and ends", [], "truncated"],
		["ends inside a record", [serverHello(3, 0xc02f).subarray(0, 20)], "truncated"],
		["speaks HTTP", [ascii("HTTP/1.1 400 Bad Request\r\n\r\n")], "bad-record"],
		["speaks MQTT", [Uint8Array.of(0x20, 2, 0, 0, 0, 0, 0, 0)], "bad-record"],
		["answers with TLS 1.1", [serverHello(2, 0xc013)], "protocol-version"],
		["answers with TLS 1.0", [serverHello(1, 0xc013)], "protocol-version"],
		["answers with SSL 3", [serverHello(0, 0x0005)], "protocol-version"],
		["takes a suite that wasn't offered", [serverHello(3, 0x002f)], "handshake"],
		["takes a PSK suite without a PSK", [serverHello(3, 0x00a8)], "handshake"],
		["compresses", [serverHello(3, 0xc02f, 1)], "handshake"],
		["sends a record of 65535 bytes", [Uint8Array.of(22, 3, 3, 255, 255, ...zeros(40))], "bad-record"],
		["sends an empty handshake record", [record(22, 3, [])], "bad-record"],
		["sends data at once", [record(23, 3, zeros(30))], "handshake"],
		["changes the cipher at once", [record(20, 3, [1])], "handshake"],
		["wants another version (70)", [alert(2, 70)], "protocol-version", 70],
		["has no suite (40)", [alert(2, 40)], "no-shared-cipher", 40],
		["has no suite, in TLS 1.0 (40)", [alert(2, 40, 1)], "protocol-version", 40],
		["finds us weak (71)", [alert(2, 71)], "no-shared-cipher", 71],
		["has an internal error (80)", [alert(2, 80)], "alert", 80],
		["doesn't know the name (112)", [alert(2, 112)], "alert", 112],
		["closes inside the handshake", [alert(1, 0)], "truncated"],
		["sends an alert cut short", [record(21, 3, [2])], "bad-record"],
	])("%s", (_, bytes, code, detail) => {
		const it = fed(...bytes);
		expect(it.code).toBe(code);
		if (detail !== undefined) expect(it.detail).toBe(detail);
	});

	test("sends its hello twice, where its certificate belongs", () => {
		// mbedTLS 2.28 calls it a bad certificate.
		expect(fed(serverHello(3, 0xc02f), serverHello(3, 0xc02f)).code).toMatch(/^(bad-certificate|handshake)$/);
	});

	test("sends bit by bit is told the same", () => {
		const bytes = serverHello(2, 0xc013);
		expect(fed(...[...bytes].map((it) => Uint8Array.of(it))).code).toBe("protocol-version");
	});

	test("splits a message over records that never end is stopped", () => {
		// A certificate of 16 MB, in records of 512 bytes.
		const first = record(22, 3, [11, 0xff, 0xff, 0xff, ...zeros(508)]);
		const more = record(22, 3, zeros(512));
		expect(fed(serverHello(3, 0xc02f), first, ...new Array<Uint8Array>(40).fill(more)).code).toMatch(
			/^(handshake|bad-record|bad-certificate)$/,
		);
	});

	test("sends anything never breaks it", () => {
		let state = 0x2545f491;
		const next = () => {
			state ^= state << 13;
			state ^= state >>> 17;
			state ^= state << 5;
			return state >>> 0;
		};
		const good = [...serverHello(3, 0xc02f), ...record(22, 3, [11, 0, 0, 3, 0, 0, 0]), ...alert(1, 90)];
		for (let round = 0; round < 400; round++) {
			const bytes = Uint8Array.from(good);
			for (let i = next() % 4; i >= 0; i--) bytes[next() % bytes.length] = next() & 255;
			expect(fed(bytes.subarray(0, next() % (bytes.length + 1))).code).not.toBe("internal");
		}
	});
});

describe("misuse throws:", () => {
	test.each<[string, Partial<TlsOptions>, typeof TypeError]>([
		["no roots", { roots: [] }, TypeError],
		["roots that are none", { roots: ["certificate"] }, TypeError],
		["roots cut short", { roots: [root.slice(0, 200)] }, TypeError],
		["no host", { host: "" }, TypeError],
		["a host with a space", { host: "a b" }, RangeError],
		["a host of 254 characters", { host: "a".repeat(254) }, RangeError],
		["fragments of 100", { maxFragmentLength: 100 as 512 }, RangeError],
		["a certificate without its key", { certificate: root }, TypeError],
		["a key that is none", { certificate: root, key: "key" }, TypeError],
		["eight protocols", { alpn: "abcdefgh".split("") }, RangeError],
		["an empty protocol", { alpn: [""] }, RangeError],
		["a PSK of 65 bytes", { psk: { identity: "me", key: new Uint8Array(65) } }, RangeError],
		["a PSK of none", { psk: { identity: "me", key: Key.from(new Uint8Array(0)) } }, RangeError],
		["a PSK of nobody", { psk: { identity: "", key: Uint8Array.of(1) } }, RangeError],
		["a time before time", { now: -1 }, RangeError],
		["a session that's no key", { session: root as unknown as Key }, SyntaxError as typeof TypeError],
	])("%s", (_, more, kind) => {
		expect(() => new Tls({ ...options, ...more })).toThrow(kind);
	});

	test("dates that must be checked, and no clock", () => {
		expect(() => new Tls({ ...options, now: undefined, dates: "required" })).toThrowCode("clock-not-set");
		new Tls({ ...options, now: undefined }).close();
	});

	test("before the handshake's end, and after close", () => {
		const tls = new Tls(options);
		expect(tls.ready).toBe(false);
		expect(tls.readable).toBe(0);
		expect(tls.maxWrite).toBe(0);
		expect(tls.read()).toBeUndefined();
		expect(tls.session()).toBeUndefined();
		expect(tls.cipherSuite).toBeUndefined();
		expect(tls.resumed).toBe(false);
		expect(() => tls.write(Uint8Array.of(1))).toThrow(TlsError);
		tls.finish();
		tls.close();
		tls.close();
		expect(() => tls.feed(Uint8Array.of(1))).toThrow(TypeError);
		expect(() => tls.drain()).toThrow(TypeError);
		expect(() => tls.ready).toThrow(TypeError);
	});

	test("a session of another host or of rubbish is ignored", () => {
		for (const session of [Key.random(200), Key.from(ascii("\x01\x04device.test\0rubbish"))])
			expect(hello({ session }).length).toBe(hello().length);
	});
});

test("an engine that nobody closed is freed with its object", () => {
	const make = () => {
		for (let i = 0; i < 50; i++) new Tls(options);
	};
	const before = memory(true).native;
	make();
	expect(memory(true).native).toBeLessThanOrEqual(before + 40_000);
});

test("a failed one gives the alert for the peer", () => {
	const tls = new Tls(options);
	tls.drain();
	expect(() => tls.feed(serverHello(2, 0xc013))).toThrowCode("protocol-version");
	expect([...new Uint8Array(tls.drain() ?? new ArrayBuffer(0))].slice(0, 1)).toEqual([21]);
	tls.close();
});
