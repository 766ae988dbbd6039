// What the device's TLS refuses or sees ended, each for its own reason, against OpenSSL and a network that spoils what passes.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Authority, type Certificate, chainFile } from "../lib/certificates";
import type { OpensslServer, RelayOptions } from "../lib/openssl-server";
import type { TlsCase } from "./tls-device";
import { TlsWorld } from "./tls-world";

const world = new TlsWorld("tls-refused");
let renegotiator: OpensslServer;

/** Servers that must be refused, one certificate or behaviour each. */
async function refusals(root: Authority, other: Authority): Promise<void> {
	const roots = [root.certificate.pem];
	const bad = async (name: string, certificate: Certificate | string[], ...args: string[]) => {
		const { port } = await world.server(certificate, "-tls1_2", ...args);
		world.add(name, { port, roots, send: "secret", until: 1 });
	};
	const named = { name: "device.test" };
	const expired = root.issue({ ...named, from: -30, to: -1 });
	await bad("expired", expired);
	await clocks(await world.server(expired, "-tls1_2"), roots);
	await bad("not yet valid", root.issue({ ...named, from: 1, to: 30 }));
	await bad("wrong host", root.issue({ name: "other.test" }));
	await bad("wrong host by its common name only", root.issue({ ...named, names: ["DNS:other.test"] }));
	await bad("self-signed", Authority.selfSigned(join(world.folder, "self"), named));
	await bad("unknown issuer", other.issue(named));
	await bad("signed with SHA-1", root.issue({ ...named, digest: "sha1" }), "-cipher", "ALL:@SECLEVEL=0");
	await bad("signed with MD5", root.issue({ ...named, digest: "md5" }), "-cipher", "ALL:@SECLEVEL=0");
	await bad("RSA of 1024 bits", root.issue({ ...named, key: "rsa1024" }), "-cipher", "ALL:@SECLEVEL=0");
	await bad("not a server", root.issue({ ...named, extensions: clientExtensions }));

	const middle = root.intermediate({ name: "Middle" });
	const leaf = middle.issue({ ...named, name: "device.test" });
	await bad("missing link", leaf);
	const wrong = chainFile(
		join(world.folder, "wrong.pem"),
		leaf,
		other.intermediate({ name: "Other Middle" }).certificate,
	);
	await bad("broken chain", ["-cert", leaf.file, "-key", leaf.keyFile, "-cert_chain", wrong]);
	const noAuthority = root.issue({ name: "pretender.test" });
	const pretender = new PretendedAuthority(noAuthority).issue(root);
	await bad("issued by no authority", [
		...["-cert", pretender.file, "-key", pretender.keyFile],
		...["-cert_chain", chainFile(join(world.folder, "pretended.pem"), noAuthority)],
	]);
}

/** One server, whose certificate was valid until yesterday, and different clocks of the device. */
async function clocks({ port }: OpensslServer, roots: readonly string[]): Promise<void> {
	const at = (name: string, days: number | null, more: Partial<TlsCase> = {}) => {
		const clock = days === null ? null : Date.now() + days * 86_400_000;
		world.add(`clock: ${name}`, { port, roots, clock, ...more });
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
		const { port } = await world.server(good, ...args);
		world.add(name, { port, roots, send: "secret", until: 1 });
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
		const port = await world.relay(name, good, options);
		world.add(name, { port, roots, send: "abc\n", ...more });
	};
	for (const length of [0, 1, 5, 100, 500]) await through(`truncated after ${length}`, { cutAfter: length });
	await through("corrupted record", { corrupt: 1 });
	await through("closed without notify", { endAfterRecord: 1 });
	for (const seed of seeds) await through(`mutated by ${seed}`, { mutate: seed }, { timeout: 300, until: 4 });
	await through("silent", { silent: true }, { timeout: 400 });
}

/** Who the device says it is, what it's told to trust, and a server that changes its mind. */
async function others(root: Authority): Promise<void> {
	const roots = [root.certificate.pem];
	const send = "abc\n";
	const leaf = root.issue({ name: "device.test", names: ["DNS:device.test", "IP:192.0.2.7"] });
	const plain = await world.server(leaf, "-tls1_2");
	world.add("another address as the host", { port: plain.port, roots, send, until: 1, host: "192.0.2.8" });

	const device = root.issue({ name: "my-device", extensions: ["extendedKeyUsage = clientAuth"] });
	const another = root.issue({ name: "another-device" });
	const asks = ["-Verify", "2", "-verify_return_error", "-CAfile", root.certificate.file];
	const { port } = await world.server(leaf, "-tls1_2", ...asks);
	world.add("no client certificate", { port, roots, send });
	world.add("key of another", { port, roots, send, certificate: device.pem, key: another.key });
	const shared = ["-psk_identity", "me", "-psk", "00112233445566778899", "-cipher", "PSK"];
	const pskServer = await world.server(undefined, "-tls1_2", "-rev", ...shared);
	world.add("wrong PSK", { port: pskServer.port, psk: { identity: "me", key: "other" }, send, until: 1 });
	world.add("nobody", { port: 1, roots });
	world.add("no root", { port: 1 });
	world.add("no certificate", { port: 1, roots: ["text"] });

	renegotiator = await world.server(root.issue({ name: "device.test" }), "-tls1_2");
	world.add("renegotiation", { port: renegotiator.port, roots, send });
}

/** As soon as the device has sent something, ask it to begin anew. */
function askToRenegotiate(): NodeJS.Timeout {
	const asking = setInterval(() => {
		if (!/^abc$/m.test(renegotiator.log)) return;
		clearInterval(asking);
		renegotiator.send("R\n");
	}, 20);
	return asking;
}

beforeAll(async () => {
	const root = Authority.root(join(world.folder, "root"), { name: "Root", key: "rsa", from: -60 });
	const other = Authority.root(join(world.folder, "other"), { name: "Other Root" });
	const roots = [root.certificate.pem];
	const rsa = root.issue({ name: "device.test", key: "rsa" });
	await refusals(root, other);
	await spoiled(await world.server(rsa, "-tls1_2", "-rev"), roots);
	await weakServers(rsa, roots);
	await others(root);
	const asking = askToRenegotiate();
	await world.run();
	clearInterval(asking);
}, 180_000);

afterAll(() => world.stop());

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
		expect(world.outcome(name)).toMatchObject({ ready: false, code, bytes: 0, late: false });
	});

	test("by the server, of a device without a certificate", () => {
		expect(world.outcome("no client certificate")).toMatchObject({ ready: false, code: "alert", detail: 40 });
	});

	test("before any connection: options that can't be right", () => {
		expect(world.outcome("no root").thrown).toMatch(/^TypeError: .*roots or psk/);
		expect(world.outcome("no certificate").thrown).toMatch(/^TypeError: .*roots/);
		expect(world.outcome("key of another").thrown).toMatch(/^TypeError: .*key/);
	});

	test("with a cause where the stream has one, and a word on trying again", () => {
		expect(world.outcome("nobody").cause).toBe("refused");
		expect(world.outcome("nobody").retry).toBe("later");
		expect(world.outcome("expired").retry).toBe("never");
		expect(world.outcome("truncated after 100").retry).toBe("later");
	});
});

test("a handshake in which bytes were changed fails or works, and nothing else", () => {
	let failed = 0;
	for (const seed of seeds) {
		const it = world.outcome(`mutated by ${seed}`);
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
		expect(world.outcome("clock: now")).toMatchObject({ ready: false, code: "expired" });
		expect(world.outcome("clock: the day before")).toMatchObject({ ready: true, code: "enough" });
		expect(world.outcome("clock: last year")).toMatchObject({ ready: false, code: "not-yet-valid" });
	});

	test("which may not be set: by default all but the dates is verified", () => {
		expect(world.outcome("clock: not set")).toMatchObject({ ready: true, code: "enough" });
		expect(world.outcome("clock: not set, wrong host")).toMatchObject({ ready: false, code: "wrong-host" });
		expect(world.outcome("clock: not set, dates required").thrown).toBe("TlsError: TLS: clock-not-set");
	});
});

describe("ended", () => {
	test("a corrupted record", () => {
		expect(world.outcome("corrupted record")).toMatchObject({ ready: true, code: "bad-record", bytes: 0 });
	});
	test("closed without notify: what came before is delivered", () => {
		const it = world.outcome("closed without notify");
		expect(it).toMatchObject({ ready: true, code: "closed-without-notify", received: "cba\n", retry: "now" });
	});
	test("a server that wants to renegotiate", () => {
		// It's told that there's none; OpenSSL ends the connection by handshake_failure then.
		expect(world.outcome("renegotiation")).toMatchObject({ ready: true, code: "alert", detail: 40 });
	});
});
