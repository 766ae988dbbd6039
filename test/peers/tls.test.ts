// What the device's TLS does with OpenSSL's servers, and what it costs on the wire. What it refuses: tls-refused.test.ts.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Authority, chainFile } from "../lib/certificates";
import type { OpensslServer } from "../lib/openssl-server";
import type { TlsCase } from "./tls-device";
import { TlsWorld } from "./tls-world";

const world = new TlsWorld("tls");
let ticketServer: OpensslServer;
let idServer: OpensslServer;
let clientServer: OpensslServer;

async function good(root: Authority): Promise<void> {
	const roots = [root.certificate.pem];
	const works = (name: string, port: number, more: Partial<TlsCase> = {}) =>
		world.add(name, { port, roots, send: "abc\n", until: 4, ...more });
	const rsa = root.issue({ name: "device.test", key: "rsa" });
	const ec = root.issue({ name: "device.test", names: ["DNS:device.test", "DNS:*.wild.test", "IP:192.0.2.7"] });
	const ec384 = root.issue({ name: "device.test", key: "ec384", digest: "sha384" });

	const rsaServer = await world.server(rsa, "-tls1_2", "-rev");
	works("RSA", await world.relay("RSA", rsaServer));
	works("ECDSA", (await world.server(ec, "-tls1_2", "-rev")).port);
	works("ECDSA P-384", (await world.server(ec384, "-tls1_2", "-rev")).port);
	const ecServer = await world.server(ec, "-rev", "-alpn", "http/1.1,mqtt");
	works("TLS 1.3 is there too", ecServer.port);
	works("ALPN", ecServer.port, { alpn: ["mqtt", "x"] });
	works("wild card", ecServer.port, { host: "a.wild.test" });
	works("an address as the host", ecServer.port, { host: "192.0.2.7" });
	for (const suite of ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"])
		works(suite, await world.relay(suite, await world.server(rsa, "-tls1_2", "-rev", "-cipher", suite)));
	for (const curve of ["X25519", "P-256", "P-384"])
		works(`curve ${curve}`, (await world.server(rsa, "-tls1_2", "-rev", "-curves", curve)).port);

	const middle = root.intermediate({ name: "Middle Two" });
	const leaf = middle.issue({ name: "device.test" });
	const chain = chainFile(join(world.folder, "chain.pem"), middle.certificate);
	works(
		"chain",
		(await world.server(["-cert", leaf.file, "-key", leaf.keyFile, "-cert_chain", chain], "-tls1_2", "-rev")).port,
	);
	works("leaf only, the middle is trusted", (await world.server(leaf, "-tls1_2", "-rev")).port, {
		roots: [middle.certificate.pem],
	});
	works("two roots in one text", rsaServer.port, { roots: [middle.certificate.pem + root.certificate.pem] });

	const page = await world.server(rsa, "-tls1_2", "-www", "-mtu", "16000");
	const request = { send: "GET / HTTP/1.0\r\n\r\n" };
	for (const size of [0, 512, 1024, 4096] as const) {
		const name = `fragments of ${size}`;
		world.add(name, { roots, port: await world.relay(name, page), maxFragmentLength: size, ...request });
	}
	world.add("sips", { roots, port: page.port, sip: 100, ...request });
	world.add("held back", { roots, port: page.port, maxFragmentLength: 512, hold: 500, ...request });
	works("throws", rsaServer.port, { throws: true });
	works("after it", rsaServer.port);
	works("byte by byte", await world.relay("byte by byte", rsaServer, { byteByByte: true }));
}

async function identities(root: Authority): Promise<void> {
	const roots = [root.certificate.pem];
	const device = root.issue({ name: "my-device", extensions: ["extendedKeyUsage = clientAuth"] });
	const rsaDevice = root.issue({ name: "my-rsa-device", key: "rsa", extensions: ["extendedKeyUsage = clientAuth"] });
	const leaf = root.issue({ name: "device.test" });
	const asks = ["-Verify", "2", "-verify_return_error", "-CAfile", root.certificate.file];
	clientServer = await world.server(leaf, "-tls1_2", ...asks);
	const it = { port: clientServer.port, roots, send: "abc\n" };
	world.add("client certificate", { ...it, certificate: device.pem, key: device.key, until: 0 });
	world.add("RSA client certificate", { ...it, certificate: rsaDevice.pem, key: rsaDevice.key, until: 0 });

	const key = "0123456789abcdef".repeat(4); // 64 characters, as the platform's keys are
	const hex = Buffer.from(key).toString("hex");
	const psk = (cipher: string) =>
		world.server(undefined, "-tls1_2", "-rev", "-psk_identity", "me", "-psk", hex, "-cipher", cipher);
	const shared = { identity: "me", key };
	for (const cipher of ["PSK-AES128-GCM-SHA256", "PSK-AES256-GCM-SHA384", "ECDHE-PSK-CHACHA20-POLY1305"])
		world.add(cipher, { host: "x", port: (await psk(cipher)).port, psk: shared, send: "abc\n", until: 4 });
	ticketServer = await world.server(leaf, "-tls1_2");
	idServer = await world.server(leaf, "-tls1_2", "-no_ticket");
	for (const [name, target] of [
		["ticket", ticketServer],
		["id", idServer],
	] as const) {
		const port = await world.relay(name, target);
		const at = { port, roots, send: "abc\n", until: 0 };
		world.add(`${name}: first`, at);
		world.add(`${name}: second`, { ...at, resume: `${name}: first` });
		world.add(`${name}: third`, { ...at, resume: `${name}: second` });
		world.add(`${name}: other fragments`, { ...at, maxFragmentLength: 1024, resume: `${name}: first` });
		world.add(`${name}: other host`, { ...at, host: "other.test", resume: `${name}: first` });
	}
}

beforeAll(async () => {
	const root = Authority.root(join(world.folder, "root"), { name: "Root", key: "rsa" });
	await good(root);
	await identities(root);
	await world.run();
}, 180_000);

afterAll(() => world.stop());

describe("works", () => {
	test.each([
		"RSA",
		"ECDSA",
		"ECDSA P-384",
		"TLS 1.3 is there too",
		"wild card",
		"an address as the host",
		"curve X25519",
		"curve P-256",
		"curve P-384",
		"chain",
		"leaf only, the middle is trusted",
		"two roots in one text",
		"byte by byte",
		"after it",
	])("%s", (name) => {
		expect(world.outcome(name)).toMatchObject({ ready: true, code: "enough", received: "cba\n", late: false });
	});

	test.each([
		"ECDHE-RSA-AES128-GCM-SHA256",
		"ECDHE-RSA-AES256-GCM-SHA384",
		"ECDHE-RSA-CHACHA20-POLY1305",
		"PSK-AES128-GCM-SHA256",
		"PSK-AES256-GCM-SHA384",
		"ECDHE-PSK-CHACHA20-POLY1305",
	])("%s", (name) => {
		const it = world.outcome(name);
		expect(it).toMatchObject({ ready: true, received: "cba\n" });
		const plain = (text = "") => text.replace(/^TLS-|-WITH|-SHA\d+$/g, "").replace(/AES-/, "AES");
		expect(plain(it.cipherSuite)).toBe(plain(name));
	});

	test("ALPN", () => {
		expect(world.outcome("ALPN").protocol).toBe("mqtt");
		expect(world.outcome("TLS 1.3 is there too").protocol).toBeUndefined();
	});

	test("an exception out of every callback ends nothing", () => {
		expect(world.outcome("throws")).toMatchObject({ ready: true, received: "cba\n", code: "enough" });
		expect(world.console).toMatch(/exception in a callback:.*out of onReadable/s);
	});

	test("closed with notify is a clean end", () => {
		expect(world.outcome("sips")).toMatchObject({ ready: true, code: "closed", retry: "now", late: false });
	});

	test("reading in sips gives all of it", () => {
		expect(world.outcome("sips").bytes).toBe(world.outcome("fragments of 0").bytes);
		expect(world.outcome("sips").bytes).toBeGreaterThan(2000);
	});

	test("what the server sent before it closed is not lost on an application that reads late", () => {
		expect(world.outcome("held back").bytes).toBe(world.outcome("fragments of 0").bytes);
		expect(world.outcome("held back")).toMatchObject({ code: "closed", late: false });
	});

	test("client certificates, as the server's log has them", () => {
		for (const name of ["client certificate", "RSA client certificate"])
			expect(world.outcome(name)).toMatchObject({ ready: true, code: "enough" });
		expect(clientServer.log).toMatch(/subject=CN = my-device/);
		expect(clientServer.log).toMatch(/subject=CN = my-rsa-device/);
	});
});

describe("records", () => {
	test.each([512, 1024, 4096])("of at most %i bytes, as asked for", (size) => {
		const name = `fragments of ${size}`;
		expect(world.outcome(name)).toMatchObject({ ready: true, code: "closed" });
		// The handshake's records may be longer by what encryption adds.
		expect(world.relays.get(name)?.traffic[0]?.longest).toBeLessThanOrEqual(size + 29);
	});

	test("of any size, when nothing was asked for", () => {
		expect(world.outcome("fragments of 0")).toMatchObject({ ready: true, code: "closed" });
		expect(world.relays.get("fragments of 0")?.traffic[0]?.longest).toBeGreaterThan(1100);
	});
});

describe.each([
	["ticket", () => ticketServer],
	["id", () => idServer],
] as const)("resumption by %s", (name, get) => {
	test("works again and again, and the server says so", () => {
		expect(world.outcome(`${name}: first`)).toMatchObject({ ready: true, resumed: false });
		expect(world.outcome(`${name}: second`)).toMatchObject({ ready: true, resumed: true });
		expect(world.outcome(`${name}: third`)).toMatchObject({ ready: true, resumed: true });
		expect(get().log.match(/Reused session-id/g)).toHaveLength(2);
	});

	test("isn't tried with another max_fragment_length, which the server would have to refuse", () => {
		expect(world.outcome(`${name}: other fragments`)).toMatchObject({ ready: true, resumed: false });
	});

	test("never stands for another host's verification", () => {
		expect(world.outcome(`${name}: other host`)).toMatchObject({ ready: false, code: "wrong-host" });
	});
});

test("the handshake is short: bytes and writes on the wire", () => {
	const { out = 0, chunks = 0 } = world.relays.get("ECDHE-RSA-AES256-GCM-SHA384")?.traffic[0] ?? {};
	// Its four bytes of data take 33; CONNECT of 203 bytes would take 232: 576 in all is the anchor's.
	expect(out - 33 + 232).toBeLessThanOrEqual(576);
	// Two flights, the data, the close.
	expect(chunks).toBeLessThanOrEqual(4);
});

test("and a resumed one shorter yet", () => {
	const [first, second] = world.relays.get("ticket")?.traffic ?? [];
	// Four bytes of data and the close_notify are 33 and 31; CONNECT would take 232, CONNACK 33.
	expect((second?.out ?? 0) - 33 - 31 + 232).toBeLessThanOrEqual(700);
	// The anchor has 174; the server's answer to max_fragment_length is 5 more, its close_notify 31.
	expect((second?.in ?? 0) + 33).toBeLessThanOrEqual(174 + 5 + 31);
	expect(first?.in).toBeGreaterThan(900);
});
