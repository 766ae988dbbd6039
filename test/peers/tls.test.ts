// The device's TLS against OpenSSL: what it must refuse, each for its own reason, and what must work.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SimulatorVariant } from "../../tools/build/native";
import { ROOT } from "../../tools/build/places";
import { Authority, type Certificate, chainFile } from "../lib/certificates";
import { OpensslServer, Relay, type RelayOptions } from "../lib/openssl-server";
import { runTlsCases, type TlsCase, type TlsOutcome, type TlsRun } from "./tls-device";

const folder = join(ROOT, "build", "tests", `tls.${process.pid}`);
const variant = (process.env.LINKXS_VARIANT ?? "debug") as SimulatorVariant;
const servers: { stop(): void }[] = [];
const cases: TlsCase[] = [];
const relays = new Map<string, Relay>();
let run: TlsRun;

async function server(certificate: Certificate | string[] | undefined, ...args: string[]): Promise<OpensslServer> {
	const own = Array.isArray(certificate)
		? certificate
		: certificate
			? ["-cert", certificate.file, "-key", certificate.keyFile]
			: ["-nocert"];
	const it = await OpensslServer.start(...own, ...args);
	servers.push(it);
	return it;
}

async function relay(name: string, target: OpensslServer, options: RelayOptions = {}): Promise<number> {
	const it = await Relay.start(target.port, options);
	servers.push(it);
	relays.set(name, it);
	return it.port;
}

const outcome = (name: string): TlsOutcome => {
	const it = run.outcomes.get(name);
	if (!it) throw new Error(`the device said nothing of "${name}":\n${run.console.slice(-2000)}`);
	return it;
};

let ticketServer: OpensslServer;
let idServer: OpensslServer;
let clientServer: OpensslServer;

/** Servers that must be refused, one certificate or behaviour each. */
async function refusals(root: Authority, other: Authority): Promise<void> {
	const roots = [root.certificate.pem];
	const bad = async (name: string, certificate: Certificate | string[], ...args: string[]) => {
		const { port } = await server(certificate, "-tls1_2", ...args);
		cases.push({ name, host: "device.test", port, roots, send: "secret", until: 1 });
	};
	const named = { name: "device.test" };
	const expired = root.issue({ ...named, from: -30, to: -1 });
	await bad("expired", expired);
	await clocks(await server(expired, "-tls1_2"), roots);
	await bad("not yet valid", root.issue({ ...named, from: 1, to: 30 }));
	await bad("wrong host", root.issue({ name: "other.test" }));
	await bad("wrong host by its common name only", root.issue({ ...named, names: ["DNS:other.test"] }));
	await bad("self-signed", Authority.selfSigned(join(folder, "self"), named));
	await bad("unknown issuer", other.issue(named));
	await bad("signed with SHA-1", root.issue({ ...named, digest: "sha1" }), "-cipher", "ALL:@SECLEVEL=0");
	await bad("signed with MD5", root.issue({ ...named, digest: "md5" }), "-cipher", "ALL:@SECLEVEL=0");
	await bad("RSA of 1024 bits", root.issue({ ...named, key: "rsa1024" }), "-cipher", "ALL:@SECLEVEL=0");
	await bad("not a server", root.issue({ ...named, extensions: clientExtensions }));

	const middle = root.intermediate({ name: "Middle" });
	const leaf = middle.issue({ ...named, name: "device.test" });
	await bad("missing link", leaf);
	const wrong = chainFile(join(folder, "wrong.pem"), leaf, other.intermediate({ name: "Other Middle" }).certificate);
	await bad("broken chain", ["-cert", leaf.file, "-key", leaf.keyFile, "-cert_chain", wrong]);
	const noAuthority = root.issue({ name: "pretender.test" });
	const pretender = new PretendedAuthority(noAuthority).issue(root);
	await bad("issued by no authority", [
		...["-cert", pretender.file, "-key", pretender.keyFile],
		...["-cert_chain", chainFile(join(folder, "pretended.pem"), noAuthority)],
	]);
}

/** One server, whose certificate was valid until yesterday, and different clocks of the device. */
async function clocks({ port }: OpensslServer, roots: readonly string[]): Promise<void> {
	const at = (name: string, days: number | null, more: Partial<TlsCase> = {}) => {
		const clock = days === null ? null : Date.now() + days * 86_400_000;
		cases.push({ name: `clock: ${name}`, host: "device.test", port, roots, clock, ...more });
	};
	at("now", 0);
	at("the day before", -2);
	at("last year", -365);
	at("not set", null);
	at("not set, dates required", null, { dates: "required" });
	at("not set, wrong host", null, { host: "other.test" });
}

const clientExtensions = [
	"basicConstraints = CA:false",
	"extendedKeyUsage = clientAuth",
	"subjectAltName = DNS:device.test",
];

/** A server that signs as if its certificate were an authority's. */
class PretendedAuthority {
	readonly #certificate: Certificate;
	constructor(certificate: Certificate) {
		this.#certificate = certificate;
	}
	issue(root: Authority): Certificate {
		return root.issueBy(this.#certificate, { name: "device.test", names: ["DNS:device.test"] });
	}
}

async function weakServers(good: Certificate, roots: readonly string[]): Promise<void> {
	const weak = async (name: string, ...args: string[]) => {
		const { port } = await server(good, ...args);
		cases.push({ name, host: "device.test", port, roots, send: "secret", until: 1 });
	};
	await weak("TLS 1.0", "-tls1", "-cipher", "ALL:@SECLEVEL=0");
	await weak("TLS 1.1", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0");
	await weak("TLS 1.3", "-tls1_3");
	await weak("RSA key exchange", "-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0");
	await weak("no encryption", "-tls1_2", "-cipher", "NULL:@SECLEVEL=0");
	await weak("finite-field Diffie-Hellman", "-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256");
}

/** Handshakes in which some bytes of the server's are others. */
const seeds = Array.from({ length: 60 }, (_, seed) => seed);

/** A good server behind a network that isn't. */
async function spoiled(good: OpensslServer, roots: readonly string[]): Promise<void> {
	const through = async (name: string, options: RelayOptions, more: Partial<TlsCase> = {}) => {
		const port = await relay(name, good, options);
		cases.push({ name, host: "device.test", port, roots, send: "abc\n", ...more });
	};
	for (const length of [0, 1, 5, 100, 500]) await through(`truncated after ${length}`, { cutAfter: length });
	await through("corrupted record", { corrupt: 1 });
	await through("closed without notify", { endAfterRecord: 1 });
	for (const seed of seeds) await through(`mutated by ${seed}`, { mutate: seed }, { timeout: 300, until: 4 });
	await through("silent", { silent: true }, { timeout: 400 });
	await through("byte by byte", { byteByByte: true }, { until: 4 });
}

async function good(root: Authority): Promise<void> {
	const roots = [root.certificate.pem];
	const works = (name: string, port: number, more: Partial<TlsCase> = {}) =>
		cases.push({ name, host: "device.test", port, roots, send: "abc\n", until: 4, ...more });
	const rsa = root.issue({ name: "device.test", key: "rsa" });
	const ec = root.issue({ name: "device.test", names: ["DNS:device.test", "DNS:*.wild.test", "IP:192.0.2.7"] });
	const ec384 = root.issue({ name: "device.test", key: "ec384", digest: "sha384" });

	const rsaServer = await server(rsa, "-tls1_2", "-rev");
	works("RSA", await relay("RSA", rsaServer));
	works("ECDSA", (await server(ec, "-tls1_2", "-rev")).port);
	works("ECDSA P-384", (await server(ec384, "-tls1_2", "-rev")).port);
	const ecServer = await server(ec, "-rev", "-alpn", "http/1.1,mqtt");
	works("TLS 1.3 is there too", ecServer.port);
	works("ALPN", ecServer.port, { alpn: ["mqtt", "x"] });
	works("wild card", ecServer.port, { host: "a.wild.test" });
	works("an address as the host", ecServer.port, { host: "192.0.2.7" });
	works("another address as the host", ecServer.port, { host: "192.0.2.8" });
	for (const suite of ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"])
		works(suite, await relay(suite, await server(rsa, "-tls1_2", "-rev", "-cipher", suite)));
	for (const curve of ["X25519", "P-256", "P-384"])
		works(`curve ${curve}`, (await server(rsa, "-tls1_2", "-rev", "-curves", curve)).port);

	const middle = root.intermediate({ name: "Middle Two" });
	const leaf = middle.issue({ name: "device.test" });
	const chain = chainFile(join(folder, "chain.pem"), middle.certificate);
	works(
		"chain",
		(await server(["-cert", leaf.file, "-key", leaf.keyFile, "-cert_chain", chain], "-tls1_2", "-rev")).port,
	);
	works("leaf only, the middle is trusted", (await server(leaf, "-tls1_2", "-rev")).port, {
		roots: [middle.certificate.pem],
	});
	works("two roots in one text", rsaServer.port, { roots: [middle.certificate.pem + root.certificate.pem] });

	const page = await server(rsa, "-tls1_2", "-www", "-mtu", "16000");
	const request = { send: "GET / HTTP/1.0\r\n\r\n" };
	for (const size of [0, 512, 1024, 4096] as const) {
		const name = `fragments of ${size}`;
		cases.push({
			name,
			host: "device.test",
			roots,
			port: await relay(name, page),
			maxFragmentLength: size,
			...request,
		});
	}
	cases.push({ name: "sips", host: "device.test", roots, port: page.port, sip: 100, ...request });
	works("throws", rsaServer.port, { throws: true });
	works("after it", rsaServer.port);
	await spoiled(rsaServer, roots);
	await weakServers(rsa, roots);
}

async function identities(root: Authority): Promise<void> {
	const roots = [root.certificate.pem];
	const device = root.issue({ name: "my-device", extensions: ["extendedKeyUsage = clientAuth"] });
	const rsaDevice = root.issue({ name: "my-rsa-device", key: "rsa", extensions: ["extendedKeyUsage = clientAuth"] });
	const leaf = root.issue({ name: "device.test" });
	clientServer = await server(
		leaf,
		"-tls1_2",
		"-Verify",
		"2",
		"-CAfile",
		root.certificate.file,
		"-verify_return_error",
	);
	const it = { host: "device.test", port: clientServer.port, roots, send: "abc\n" };
	cases.push({ name: "client certificate", ...it, certificate: device.pem, key: device.key, until: 0 });
	cases.push({ name: "RSA client certificate", ...it, certificate: rsaDevice.pem, key: rsaDevice.key, until: 0 });
	cases.push({ name: "no client certificate", ...it });
	cases.push({ name: "key of another", ...it, certificate: device.pem, key: rsaDevice.key });

	const key = "0123456789abcdef".repeat(4); // 64 characters, as the platform's keys are
	const hex = Buffer.from(key).toString("hex");
	const psk = (cipher: string) =>
		server(undefined, "-tls1_2", "-rev", "-psk_identity", "me", "-psk", hex, "-cipher", cipher);
	const shared = { identity: "me", key };
	for (const cipher of ["PSK-AES128-GCM-SHA256", "PSK-AES256-GCM-SHA384", "ECDHE-PSK-CHACHA20-POLY1305"])
		cases.push({ name: cipher, host: "x", port: (await psk(cipher)).port, psk: shared, send: "abc\n", until: 4 });
	const { port } = await psk("PSK");
	cases.push({ name: "wrong PSK", host: "x", port, psk: { identity: "me", key: "other" }, send: "abc\n", until: 1 });

	ticketServer = await server(leaf, "-tls1_2");
	idServer = await server(leaf, "-tls1_2", "-no_ticket");
	for (const [name, target] of [
		["ticket", ticketServer],
		["id", idServer],
	] as const) {
		const port = await relay(name, target);
		const at = { host: "device.test", port, roots, send: "abc\n", until: 0 };
		cases.push({ name: `${name}: first`, ...at });
		cases.push({ name: `${name}: second`, ...at, resume: `${name}: first` });
		cases.push({ name: `${name}: third`, ...at, resume: `${name}: second` });
		cases.push({ name: `${name}: other fragments`, ...at, maxFragmentLength: 1024, resume: `${name}: first` });
		cases.push({ name: `${name}: other host`, ...at, host: "other.test", resume: `${name}: first` });
	}
}

beforeAll(async () => {
	mkdirSync(folder, { recursive: true });
	const root = Authority.root(join(folder, "root"), { name: "Root", key: "rsa", from: -60 });
	const other = Authority.root(join(folder, "other"), { name: "Other Root" });
	await good(root);
	await refusals(root, other);
	await identities(root);
	cases.push({ name: "nobody", host: "device.test", port: 1, roots: [root.certificate.pem] });
	cases.push({ name: "no root", host: "device.test", port: 1 });
	cases.push({ name: "no certificate", host: "device.test", port: 1, roots: ["text"] });
	const again = await server(root.issue({ name: "device.test" }), "-tls1_2");
	cases.push({
		name: "renegotiation",
		host: "device.test",
		port: again.port,
		roots: [root.certificate.pem],
		send: "abc\n",
	});
	const asking = setInterval(() => {
		if (!/^abc$/m.test(again.log)) return;
		clearInterval(asking);
		again.send("R\n");
	}, 20);
	run = await runTlsCases(join(folder, "device"), cases, variant);
	clearInterval(asking);
}, 180_000);

afterAll(() => {
	for (const it of servers) it.stop();
	rmSync(folder, { recursive: true, force: true });
});

describe("refused, with nothing sent", () => {
	test.each([
		["expired", "expired"],
		["not yet valid", "not-yet-valid"],
		["wrong host", "wrong-host"],
		["wrong host by its common name only", "wrong-host"],
		["another address as the host", "wrong-host"],
		["self-signed", "self-signed"],
		["unknown issuer", "unknown-issuer"],
		["missing link", "unknown-issuer"],
		["broken chain", "broken-chain"],
		["issued by no authority", "unknown-issuer"],
		["signed with SHA-1", "weak-algorithm"],
		["signed with MD5", "weak-algorithm"],
		["RSA of 1024 bits", "weak-algorithm"],
		["not a server", "wrong-usage"],
		["TLS 1.0", "protocol-version"],
		["TLS 1.1", "protocol-version"],
		["TLS 1.3", "protocol-version"],
		["RSA key exchange", "no-shared-cipher"],
		["no encryption", "no-shared-cipher"],
		["finite-field Diffie-Hellman", "no-shared-cipher"],
		["truncated after 0", "truncated"],
		["truncated after 1", "truncated"],
		["truncated after 5", "truncated"],
		["truncated after 100", "truncated"],
		["truncated after 500", "truncated"],
		["silent", "timeout"],
		["wrong PSK", "alert"],
		["nobody", "stream"],
	])("%s: %s", (name, code) => {
		expect(outcome(name)).toMatchObject({ ready: false, code, bytes: 0, late: false });
	});

	test("by the server, of a device without a certificate", () => {
		expect(outcome("no client certificate")).toMatchObject({ ready: false, code: "alert", detail: 40 });
	});

	test("before any connection: options that can't be right", () => {
		expect(outcome("no root").thrown).toMatch(/^TypeError: .*roots or psk/);
		expect(outcome("no certificate").thrown).toMatch(/^TypeError: .*roots/);
		expect(outcome("key of another").thrown).toMatch(/^TypeError: .*key/);
	});

	test("with a cause where the stream has one, and a word on trying again", () => {
		expect(outcome("nobody").cause).toBe("refused");
		expect(outcome("nobody").retry).toBe("later");
		expect(outcome("expired").retry).toBe("never");
		expect(outcome("truncated after 100").retry).toBe("later");
	});
});

test("a handshake in which bytes were changed fails or works, and nothing else", () => {
	let failed = 0;
	for (const seed of seeds) {
		const it = outcome(`mutated by ${seed}`);
		if (it.code === "enough")
			expect(it.received).toBe("cba\n"); // what was changed isn't a part of the handshake
		else {
			failed++;
			expect(it).toMatchObject({ ready: false, bytes: 0, late: false });
			expect(["internal", "guard", "no-memory"]).not.toContain(it.code);
		}
	}
	expect(failed).toBeGreaterThan(seeds.length / 2);
});

describe("a certificate's dates are compared with the device's clock", () => {
	test("which may be another than ours", () => {
		expect(outcome("clock: now")).toMatchObject({ ready: false, code: "expired" });
		expect(outcome("clock: the day before")).toMatchObject({ ready: true, code: "enough" });
		expect(outcome("clock: last year")).toMatchObject({ ready: false, code: "not-yet-valid" });
	});

	test("which may not be set: by default all but the dates is verified", () => {
		expect(outcome("clock: not set")).toMatchObject({ ready: true, code: "enough" });
		expect(outcome("clock: not set, wrong host")).toMatchObject({ ready: false, code: "wrong-host" });
		expect(outcome("clock: not set, dates required").thrown).toBe("TlsError: TLS: clock-not-set");
	});
});

describe("ended", () => {
	test("a corrupted record", () => {
		expect(outcome("corrupted record")).toMatchObject({ ready: true, code: "bad-record", bytes: 0 });
	});
	test("closed without notify: what came before is delivered", () => {
		const it = outcome("closed without notify");
		expect(it).toMatchObject({ ready: true, code: "closed-without-notify", received: "cba\n", retry: "now" });
	});
	test("a server that wants to renegotiate", () => {
		// It's told that there's none; OpenSSL ends the connection by handshake_failure then.
		expect(outcome("renegotiation")).toMatchObject({ ready: true, code: "alert", detail: 40 });
	});
	test("closed with notify", () => {
		expect(outcome("sips")).toMatchObject({ ready: true, code: "closed", retry: "now", late: false });
	});
});

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
		expect(outcome(name)).toMatchObject({ ready: true, code: "enough", received: "cba\n", late: false });
	});

	test.each([
		"ECDHE-RSA-AES128-GCM-SHA256",
		"ECDHE-RSA-AES256-GCM-SHA384",
		"ECDHE-RSA-CHACHA20-POLY1305",
		"PSK-AES128-GCM-SHA256",
		"PSK-AES256-GCM-SHA384",
		"ECDHE-PSK-CHACHA20-POLY1305",
	])("%s", (name) => {
		const it = outcome(name);
		expect(it).toMatchObject({ ready: true, received: "cba\n" });
		const plain = (text = "") => text.replace(/^TLS-|-WITH|-SHA\d+$/g, "").replace(/AES-/, "AES");
		expect(plain(it.cipherSuite)).toBe(plain(name));
	});

	test("ALPN", () => {
		expect(outcome("ALPN").protocol).toBe("mqtt");
		expect(outcome("TLS 1.3 is there too").protocol).toBeUndefined();
	});

	test("an exception out of every callback ends nothing", () => {
		expect(outcome("throws")).toMatchObject({ ready: true, received: "cba\n", code: "enough" });
		expect(run.console).toMatch(/exception in a callback:.*out of onReadable/s);
	});

	test("reading in sips gives all of it", () => {
		expect(outcome("sips").bytes).toBe(outcome("fragments of 0").bytes);
		expect(outcome("sips").bytes).toBeGreaterThan(2000);
	});

	test("client certificates, as the server's log has them", () => {
		for (const name of ["client certificate", "RSA client certificate"])
			expect(outcome(name)).toMatchObject({ ready: true, code: "enough" });
		expect(clientServer.log).toMatch(/subject=CN = my-device/);
		expect(clientServer.log).toMatch(/subject=CN = my-rsa-device/);
	});
});

describe("records", () => {
	test.each([512, 1024, 4096])("of at most %i bytes, as asked for", (size) => {
		const name = `fragments of ${size}`;
		expect(outcome(name)).toMatchObject({ ready: true, code: "closed" });
		// The handshake's records may be longer by what encryption adds.
		expect(relays.get(name)?.traffic[0]?.longest).toBeLessThanOrEqual(size + 29);
	});

	test("of any size, when nothing was asked for", () => {
		expect(outcome("fragments of 0")).toMatchObject({ ready: true, code: "closed" });
		expect(relays.get("fragments of 0")?.traffic[0]?.longest).toBeGreaterThan(1100);
	});
});

describe.each([
	["ticket", () => ticketServer],
	["id", () => idServer],
] as const)("resumption by %s", (name, get) => {
	test("works again and again, and the server says so", () => {
		expect(outcome(`${name}: first`)).toMatchObject({ ready: true, resumed: false });
		expect(outcome(`${name}: second`)).toMatchObject({ ready: true, resumed: true });
		expect(outcome(`${name}: third`)).toMatchObject({ ready: true, resumed: true });
		expect(get().log.match(/Reused session-id/g)).toHaveLength(2);
	});

	test("isn't tried with another max_fragment_length, which the server would have to refuse", () => {
		expect(outcome(`${name}: other fragments`)).toMatchObject({ ready: true, resumed: false });
	});

	test("never stands for another host's verification", () => {
		expect(outcome(`${name}: other host`)).toMatchObject({ ready: false, code: "wrong-host" });
	});
});

test("the handshake is short: bytes and writes on the wire", () => {
	const { out = 0, chunks = 0 } = relays.get("ECDHE-RSA-AES256-GCM-SHA384")?.traffic[0] ?? {};
	// Its four bytes of data take 33; CONNECT of 203 bytes would take 232: 576 in all is the anchor's.
	expect(out - 33 + 232).toBeLessThanOrEqual(576);
	// Two flights, the data, the close.
	expect(chunks).toBeLessThanOrEqual(4);
});

test("and a resumed one shorter yet", () => {
	const [first, second] = relays.get("ticket")?.traffic ?? [];
	// Four bytes of data and the close_notify are 33 and 31; CONNECT would take 232, CONNACK 33.
	expect((second?.out ?? 0) - 33 - 31 + 232).toBeLessThanOrEqual(700);
	// The anchor has 174; the server's answer to max_fragment_length is 5 more, its close_notify 31.
	expect((second?.in ?? 0) + 33).toBeLessThanOrEqual(174 + 5 + 31);
	expect(first?.in).toBeGreaterThan(900);
});
