import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { connect as connectSocket, type Socket } from "node:net";
import { join } from "node:path";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Authority } from "../../tools/cloud/listener/authority";
import { protocolOf } from "../../tools/cloud/listener/sniffer";
import { connectPacket, type Triple, World } from "./lib/world";

let world: World;
let device: Triple;

beforeAll(async () => {
	world = await World.start();
	device = await world.device();
});
afterAll(() => world.stop());

const tls = (options: ConnectionOptions = {}): Promise<TLSSocket> =>
	new Promise((resolve, reject) => {
		const socket = connectTls({
			host: "127.0.0.1",
			servername: "localhost",
			port: world.cloud.ports.device,
			ca: readFileSync(world.cloud.caFile),
			...options,
		});
		socket.once("secureConnect", () => resolve(socket));
		socket.once("error", reject);
	});

/** Sends bytes; answers all that comes back until the cloud closes. */
const ask = (bytes: string | Uint8Array, over?: TLSSocket): Promise<Buffer> =>
	new Promise((resolve, reject) => {
		const socket: Socket = over ?? connectSocket(world.cloud.ports.device, "127.0.0.1");
		const parts: Buffer[] = [];
		socket.on("data", (part) => parts.push(part));
		socket.on("close", () => resolve(Buffer.concat(parts)));
		socket.on("error", reject);
		socket.write(bytes);
	});

describe("the first bytes", () => {
	it.each([
		["", undefined],
		["\x16", undefined],
		["\x16\x03", "tls"],
		["\x16\x02", "unknown"],
		["\x10", "mqtt"],
		["G", undefined],
		["GET", undefined],
		["GET ", "http-get"],
		["GETX", "unknown"],
		["POST /", "http-post"],
		["PRI * HTTP/2.0", "http2"],
		["P", undefined],
		["PU", "unknown"],
		["SSH-2.0", "unknown"],
	])("%j: %s", (head, protocol) => expect(protocolOf(Buffer.from(head, "latin1"))).toBe(protocol));

	it.each([
		["GET", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"],
		["POST", "POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"],
	])("%s gets to the HTTP side, over TCP and TLS", async (method, request) => {
		expect((await ask(request)).toString()).toMatch(/^HTTP\/1\.1 404 /);
		expect((await ask(request, await tls())).toString()).toMatch(/^HTTP\/1\.1 404 /);
		await world.event(
			"connection.refused",
			(one) => one.protocol === "HTTP" && one.reason.startsWith(method) && one.transport === "tls",
		);
	});

	it("HTTP/2 gets SETTINGS and GOAWAY", async () => {
		const answer = await ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
		expect(answer.toString("hex")).toBe(
			`${"000000" + "04" + "00" + "00000000"}${"000008" + "07" + "00" + "00000000"}${"00000000" + "0000000d"}`,
		);
	});

	it("anything else is closed without a word, byte by byte too", async () => {
		expect((await ask("SSH-2.0-x\r\n")).length).toBe(0);
		await world.event("connection.refused", (one) => one.reason.includes("neither"));
		const socket = connectSocket(world.cloud.ports.device, "127.0.0.1");
		const ended = new Promise((resolve) => socket.on("close", resolve));
		for (const letter of "GET / HTTP/1.0\r\n\r\n") {
			socket.write(letter);
			await new Promise((resolve) => setImmediate(resolve));
		}
		socket.resume();
		await ended;
	});

	it("TLS inside TLS is refused", async () => {
		expect((await ask(Buffer.from([0x16, 3, 1, 0, 1, 0]), await tls())).length).toBe(0);
		await world.event("connection.refused", (one) => one.reason === "TLS inside TLS");
	});

	it("a ClientHello that ends in the middle is told of; what is none gets the TLS library's alert", async () => {
		const half = connectSocket(world.cloud.ports.device, "127.0.0.1");
		half.end(Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]));
		half.resume();
		await world.event("connection.refused", (one) => one.reason.includes("ClientHello did not come whole"));
		const alert = await ask(Buffer.from([0x16, 3, 1, 0, 5, 2, 0, 0, 1, 0]));
		expect([...alert.subarray(0, 3)]).toEqual([0x15, 3, expect.any(Number)]);
	});

	it("an MQTT connection that arrives byte by byte gets in", async () => {
		const packet = connectPacket(world.options(device));
		const socket = connectSocket(world.cloud.ports.device, "127.0.0.1");
		const answer = new Promise<Buffer>((resolve) => socket.once("data", resolve));
		for (const byte of packet) {
			socket.write(Buffer.from([byte]));
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect([...(await answer)]).toEqual([0x20, 2, 0, 0]);
		socket.destroy();
	});
});

describe("TLS", () => {
	it("RSA 2048 with SHA-256, good for localhost, the loopback and the platform's host names", async () => {
		const socket = await tls();
		const certificate = new X509Certificate(socket.getPeerCertificate().raw);
		socket.destroy();
		expect(certificate.publicKey.asymmetricKeyType).toBe("rsa");
		expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
		for (const name of [
			"localhost",
			"a1b2.iot-as-mqtt.cn-shanghai.aliyuncs.com",
			"iot-as-http.cn-shanghai.aliyuncs.com",
			"x509.itls.cn-shanghai.aliyuncs.com",
		]) {
			expect(certificate.checkHost(name), name).toBeDefined();
		}
		expect(certificate.checkHost("example.com")).toBeUndefined();
		for (const address of ["127.0.0.1", "::1"]) expect(certificate.checkIP(address), address).toBeDefined();
		const root = new X509Certificate(readFileSync(world.cloud.caFile));
		expect(certificate.verify(root.publicKey)).toBe(true);
		expect(root.ca).toBe(true);
	});

	it.each([
		"AES256-SHA256",
		"AES128-SHA256",
		"AES256-SHA",
		"AES128-SHA",
		"ECDHE-RSA-AES128-GCM-SHA256",
		"ECDHE-RSA-CHACHA20-POLY1305",
	])("TLS 1.2 with %s (the first four are all that the C SDK has)", async (ciphers) => {
		const socket = await tls({ ciphers, minVersion: "TLSv1.2", maxVersion: "TLSv1.2" });
		expect(socket.getCipher().name).toBe(ciphers);
		socket.destroy();
	});

	it("TLS 1.3 as Node speaks it; 1.0 and 1.1 are refused with the reason", async () => {
		const socket = await tls();
		expect(socket.getProtocol()).toBe("TLSv1.3");
		socket.destroy();
		await expect(tls({ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" })).rejects.toThrow();
		await world.event("connection.refused", (one) => one.protocol === "TLS" && one.reason.includes("protocol"));
	});

	it.each([
		["by ticket", {}],
		["by session id", { secureOptions: 0x4000 /* SSL_OP_NO_TICKET */ }],
	])("a session resumes %s, for the device seen as such", async (_name, extra) => {
		const options = { ...extra, minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;
		const first = await world.connect(device, { tls: true, ...options });
		const stream = first.stream as unknown as TLSSocket;
		const session = stream.getSession();
		expect(stream.isSessionReused()).toBe(false);
		await first.endAsync();
		const second = await world.connect(device, { tls: true, ...options, session } as object);
		expect((second.stream as unknown as TLSSocket).isSessionReused()).toBe(true);
		await world.event("device.online", (one) => one.transport === "tls" && one.resumed);
		await second.endAsync();
	});

	it("a handshake that is cut, garbage after the first bytes", async () => {
		expect((await ask(Buffer.from([0x16, 3, 1, 0xff, 0xff, 1, 2, 3]))).length).toBeGreaterThanOrEqual(0);
		await world.event(
			"connection.refused",
			(one) => one.protocol === "TLS" && one.reason.startsWith("handshake failed"),
		);
	});
});

describe("ports", () => {
	it("two clouds at once, several ports each, IPv4 and IPv6 loopback", async () => {
		const other = await World.start({ ports: { device: [0, 0] } });
		const ports = other.cloud.ports.devices;
		expect(new Set([...ports, world.cloud.ports.device, other.cloud.ports.admin, world.cloud.ports.admin]).size).toBe(
			5,
		);
		const known = await other.device();
		for (const port of ports) await (await other.connect(known, { port })).endAsync();
		await (await other.connect(known, { host: "localhost", tls: true })).endAsync();
		await other.stop();
	});

	it("a taken port and a state folder in use are refused in words", async () => {
		await expect(World.start({ ports: { device: world.cloud.ports.device } })).rejects.toMatchObject({
			code: "listen",
			detail: "EADDRINUSE",
		});
		await expect(World.start({ state: world.state })).rejects.toThrow(/already runs/);
	});

	it("--lan puts the machine's addresses into the certificate", async () => {
		const lan = await World.start({ lan: true });
		const { lanAddresses } = await import("../../tools/cloud/listener/addresses");
		const certificate = new X509Certificate(readFileSync(join(lan.state, "ca", "server.pem")));
		for (const address of lanAddresses()) expect(certificate.checkIP(address), address).toBeDefined();
		const address = lanAddresses().find((one) => !one.includes(":"));
		const known = await lan.device();
		if (address) await (await lan.connect(known, { host: address, tls: true })).endAsync();
		await lan.stop();
	});
});

describe("the authority", () => {
	it("stays over restarts, makes the server's certificate again when names change or it ends soon", async () => {
		let now = Date.now();
		const authority = new Authority(join(world.state, "other-ca"), () => now);
		const first = await authority.server(["localhost"], ["127.0.0.1"]);
		expect((await authority.server(["localhost"], ["127.0.0.1"])).certificate).toBe(first.certificate);
		const wider = await authority.server(["localhost", "more.example"], ["127.0.0.1"]);
		expect(wider.certificate).not.toBe(first.certificate);
		const root = (await authority.root()).certificate;
		now += 380 * 24 * 3600 * 1000;
		const later = await authority.server(["localhost", "more.example"], ["127.0.0.1"]);
		expect(later.certificate).not.toBe(wider.certificate);
		expect((await authority.root()).certificate).toBe(root);
		writeFileSync(join(world.state, "other-ca", "ca.key.pem"), "no key");
		await expect(authority.root()).rejects.toMatchObject({ code: "state" });
	});
});
