import { createServer } from "node:net";
import { type ConnectionOptions, connect } from "node:tls";
import { beforeAll, describe, expect, it } from "vitest";
import { type ClientHello, ClientHelloReader, wantsSharedKey } from "../../tools/cloud/listener/client-hello";

/** The first bytes that Node's own TLS client sends. */
function helloOf(options: ConnectionOptions): Promise<Buffer> {
	return new Promise((resolve, reject) => {
		const server = createServer((socket) => {
			socket.on("error", () => {});
			socket.once("data", (bytes) => {
				resolve(bytes);
				socket.destroy();
				server.close();
			});
		});
		server.listen(0, "127.0.0.1", () => {
			const address = server.address();
			if (typeof address !== "object" || !address) return reject(new Error("no port"));
			connect({ host: "127.0.0.1", port: address.port, ...options }).on("error", () => {});
		});
	});
}

/** The same message in records of at most `size` bytes (RFC 8446, 5.1). */
function fragments(hello: Buffer, size: number): Buffer {
	const message = hello.subarray(5);
	const records: Buffer[] = [];
	for (let at = 0; at < message.length; at += size) {
		const part = message.subarray(at, at + size);
		const header = Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]);
		records.push(header, part);
	}
	return Buffer.concat(records);
}

const read = (bytes: Uint8Array) => new ClientHelloReader().push(bytes);

let hello: Buffer;
beforeAll(async () => {
	hello = await helloOf({ servername: "X509.Localhost" });
});

describe("a ClientHello", () => {
	it("tells its server name, whatever the case, and its suites", () => {
		expect(read(hello)).toMatchObject({ serverName: "x509.localhost" });
		expect((read(hello) as ClientHello).suites).toContain(0x1301);
	});

	it("without a server name has none", async () => {
		expect(read(await helloOf({}))).toMatchObject({ serverName: undefined });
	});

	it("is the same byte by byte, and cut in two at every place", () => {
		const whole = read(hello);
		const reader = new ClientHelloReader();
		const states = [...hello].map((byte) => reader.push(Uint8Array.of(byte)));
		expect(states.slice(0, -1).every((state) => state === "more")).toBe(true);
		expect(states.at(-1)).toEqual(whole);
		for (let cut = 0; cut < hello.length; cut++) {
			const two = new ClientHelloReader();
			expect(two.push(hello.subarray(0, cut))).toBe("more");
			expect(two.push(hello.subarray(cut))).toEqual(whole);
		}
	});

	it.each([7, 50, 300])("is the same in records of %d bytes", (size) => {
		expect(read(fragments(hello, size))).toEqual(read(hello));
	});

	it("in more records than anybody sends is none", () => {
		expect(read(fragments(hello, 1))).toBe("malformed");
	});

	it("that is longer than a record, or claims to be, is none", () => {
		const long = Buffer.from([22, 3, 1, 0, 4, 1, 0, 0x41, 0]);
		expect(read(long)).toBe("malformed");
		expect(read(Buffer.from([22, 3, 1, 0x40, 1]))).toBe("malformed");
		expect(read(Buffer.from([22, 3, 1, 0, 0]))).toBe("malformed");
	});

	it.each([
		["application data", [23, 3, 3, 0, 1, 0]],
		["another version's record", [22, 2, 0, 0, 1, 1]],
		["another message", [22, 3, 1, 0, 1, 2]],
	])("is not %s", (_name, bytes) => expect(read(Buffer.from(bytes))).toBe("malformed"));

	it("with any byte changed is something or nothing, never an exception and never waits for more", () => {
		for (let at = 9; at < hello.length; at++) {
			for (const value of [0, 1, 127, 255]) {
				const bad = Buffer.from(hello);
				bad[at] = value;
				expect(read(bad)).not.toBe("more");
			}
		}
	});

	it("cut short inside, with lengths that agree, is none or tells less", () => {
		const body = hello.subarray(9);
		for (let length = 0; length < body.length; length++) {
			const message = Buffer.from([1, 0, length >> 8, length & 255]);
			const record = Buffer.from([22, 3, 1, (length + 4) >> 8, (length + 4) & 255]);
			expect(read(Buffer.concat([record, message, body.subarray(0, length)]))).not.toBe("more");
		}
	});
});

describe("who can be served with a shared key alone", () => {
	it.each([
		["the device's suites", [0xccac, 0xa8, 0xa9, 0xccab], true],
		["with TLS 1.3 and the signals beside them", [0x1301, 0xa8, 0xff, 0x2a2a], true],
		["an RSA suite among them", [0xa8, 0x2f], false],
		["the C SDK's list", [0x3d, 0x35, 0x3c, 0x2f, 0x95, 0xb6, 0x94, 0x8d, 0xae, 0x8c, 0xff], false],
		["RSA_PSK, which shows a certificate", [0x94], false],
		["TLS 1.3 alone", [0x1301, 0x1302], false],
		["nothing", [], false],
	])("%s: %s", (_name, suites, shared) => expect(wantsSharedKey({ serverName: undefined, suites })).toBe(shared));
});
