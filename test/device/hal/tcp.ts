// ECMA-419 TCP, both ends on this device. What needs a peer of another make is in tcp-peer.ts.
import Listener from "embedded:io/socket/listener";
import TCP, { type Options } from "embedded:io/socket/tcp";
import { describe, expect, test } from "test/expect";
import { closedPort, connectedPair, deferred, firstWrong, list, Probe, pattern, piece, sleep } from "./support";

const wrong = (options: unknown) => () => new TCP(options as Options);

describe("options", () => {
	test.each([
		["none", undefined],
		["null", null],
		["a string", "127.0.0.1"],
		["an empty object", {}],
		["no port", { address: "127.0.0.1" }],
		["port 0", { address: "127.0.0.1", port: 0 }],
		["port 65536", { address: "127.0.0.1", port: 65536 }],
		["a port with a fraction", { address: "127.0.0.1", port: 80.5 }],
		["port NaN", { address: "127.0.0.1", port: Number.NaN }],
		["neither address nor host", { port: 80 }],
		["an address that is none", { address: "127.0.0.256", port: 80 }],
		["a name as address", { address: "localhost", port: 80 }],
		["an empty host", { host: "", port: 80 }],
		["a host of 300 characters", { host: "x".repeat(300), port: 80 }],
		["onReadable that can't be called", { address: "127.0.0.1", port: 80, onReadable: 1 }],
		["onWritable that can't be called", { address: "127.0.0.1", port: 80, onWritable: {} }],
		["onError that can't be called", { address: "127.0.0.1", port: 80, onError: "no" }],
		["an unknown format", { address: "127.0.0.1", port: 80, format: "string" }],
		["from of nothing", { from: 5 }],
		["from of a plain object", { from: {} }],
	])("%s throws", (_name, options) => {
		expect(wrong(options)).toThrow();
	});

	test("what a getter throws comes out", () => {
		const options = {
			address: "127.0.0.1",
			get port(): number {
				throw new Error("mine");
			},
		};
		expect(wrong(options)).toThrow("mine");
	});

	test("target is the object's", () => {
		const target = {};
		const socket = new TCP({ address: "127.0.0.1", port: closedPort(), target });
		expect(socket.target).toBe(target);
		socket.close();
	});

	test("can't be called as a function", () => {
		expect(() => (TCP as unknown as () => void)()).toThrow();
	});
});

describe("a connection", () => {
	test("no callback comes before the constructor has returned", async () => {
		const listener = new Listener({ address: "127.0.0.1" });
		let calls: number | undefined;
		const probe: Probe = new Probe({ address: "127.0.0.1", port: listener.port }, (made) => {
			calls = made.calls.length;
		});
		await probe.writable;
		expect(calls).toBe(0);
		probe.socket.close();
		listener.close();
	});

	test("sends and receives", async () => {
		const pair = await connectedPair();
		pair.client.socket.write(Uint8Array.of(1, 2, 3));
		expect(list(await pair.server.bytes(3))).toEqual([1, 2, 3]);
		pair.server.socket.write(Uint8Array.of(4, 5).buffer);
		expect(list(await pair.client.bytes(2))).toEqual([4, 5]);
		pair.close();
	});

	test("knows its peer", async () => {
		const pair = await connectedPair();
		expect(pair.client.socket.remoteAddress).toBe("127.0.0.1");
		expect(pair.client.socket.remotePort).toBe(pair.listener.port);
		expect(pair.server.socket.remoteAddress).toBe("127.0.0.1");
		pair.close();
	});

	test("has no peer before it stands, and can't be written to", async () => {
		const listener = new Listener({ address: "127.0.0.1" });
		const probe = new Probe({ address: "127.0.0.1", port: listener.port });
		expect(probe.socket.remoteAddress).toBeUndefined();
		expect(probe.socket.remotePort).toBeUndefined();
		expect(probe.socket.read()).toBeUndefined();
		expect(() => probe.socket.write(Uint8Array.of(1))).toThrow();
		await probe.writable;
		probe.socket.close();
		listener.close();
	});

	test("by IPv6", async () => {
		const pair = await connectedPair("::1");
		expect(pair.client.socket.remoteAddress).toBe("::1");
		pair.client.socket.write(Uint8Array.of(9));
		expect(list(await pair.server.bytes(1))).toEqual([9]);
		pair.close();
	});

	test("by name", async () => {
		const listener = new Listener({ address: "127.0.0.1" });
		const probe = new Probe({ host: "localhost", port: listener.port });
		await probe.writable;
		probe.socket.close();
		listener.close();
	});

	test("by an address given as host", async () => {
		const listener = new Listener({ address: "127.0.0.1" });
		const probe = new Probe({ host: "127.0.0.1", port: listener.port });
		await probe.writable;
		probe.socket.close();
		listener.close();
	});

	test("address goes before host", async () => {
		const listener = new Listener({ address: "127.0.0.1" });
		const probe = new Probe({ host: "no-such-name.invalid", address: "127.0.0.1", port: listener.port });
		await probe.writable;
		probe.socket.close();
		listener.close();
	});
});

describe("read", () => {
	test("gives all, as many as asked for, or into a buffer", async () => {
		const { client, server, close } = await connectedPair();
		server.isHolding = true;
		client.socket.write(pattern(20));
		await sleep(50);
		expect(list(server.socket.read(3))).toEqual(list(pattern(3).buffer));
		const into = new Uint8Array(8);
		expect(server.socket.read(into.subarray(2, 6))).toBe(4);
		expect(Array.from(into)).toEqual([0, 0, ...pattern(4, 3), 0, 0]);
		expect(server.socket.read(new Uint8Array(0))).toBe(0);
		expect(list(server.socket.read())).toEqual(Array.from(pattern(13, 7)));
		expect(server.socket.read()).toBeUndefined();
		expect(server.socket.read(5)).toBeUndefined();
		expect(server.socket.read(into)).toBeUndefined();
		close();
	});

	test("asked for more gives what is there", async () => {
		const { client, server, close } = await connectedPair();
		server.isHolding = true;
		client.socket.write(pattern(5));
		await sleep(50);
		expect((server.socket.read(100) as ArrayBuffer).byteLength).toBe(5);
		close();
	});

	test("onReadable counts what was left, too", async () => {
		const { client, server, close } = await connectedPair();
		server.isHolding = true;
		client.socket.write(pattern(5));
		await sleep(50);
		server.socket.read(2);
		client.socket.write(pattern(4, 5));
		await sleep(50);
		expect(server.calls.filter((call) => call.startsWith("readable"))).toEqual(["readable 5", "readable 7"]);
		expect(firstWrong(new Uint8Array(server.socket.read() as ArrayBuffer), 2)).toBe(-1);
		close();
	});

	test("for what can't be a count throws", async () => {
		const { client, server, close } = await connectedPair();
		server.isHolding = true;
		client.socket.write(pattern(5));
		await sleep(20);
		for (const argument of ["5", -1, 1.5, {}, null]) expect(() => server.socket.read(argument as number)).toThrow();
		expect((server.socket.read() as ArrayBuffer).byteLength).toBe(5);
		close();
	});
});

describe("format", () => {
	test("number reads and writes bytes", async () => {
		const { client, server, close } = await connectedPair();
		server.isHolding = true;
		client.socket.format = "number";
		server.socket.format = "number";
		expect(client.socket.format).toBe("number");
		client.socket.write(200);
		client.socket.write(0);
		await sleep(50);
		expect(server.socket.read()).toBe(200);
		expect(server.socket.read()).toBe(0);
		expect(server.socket.read()).toBeUndefined();
		close();
	});

	test("is an option, too", async () => {
		const { client, close } = await connectedPair("127.0.0.1", { format: "number" });
		expect(client.socket.format).toBe("number");
		close();
	});

	test("another is refused", async () => {
		const { client, close } = await connectedPair();
		expect(() => {
			client.socket.format = "string" as "buffer";
		}).toThrow();
		expect(client.socket.format).toBe("buffer");
		close();
	});
});

describe("write", () => {
	test("of what is no buffer throws", async () => {
		const { client, close } = await connectedPair();
		for (const value of [undefined, null, "text", 5, {}, new Uint16Array(2)])
			expect(() => client.socket.write(value as never)).toThrow();
		close();
	});

	test("of nothing is fine", async () => {
		const { client, server, close } = await connectedPair();
		client.socket.write(new Uint8Array(0));
		client.socket.write(Uint8Array.of(1));
		expect(list(await server.bytes(1))).toEqual([1]);
		close();
	});

	test("of a view sends the view alone", async () => {
		const { client, server, close } = await connectedPair();
		client.socket.write(pattern(20).subarray(5, 8));
		client.socket.write(new DataView(pattern(20).buffer, 8, 2));
		expect(list(await server.bytes(5))).toEqual(Array.from(pattern(5, 5)));
		close();
	});

	test("answers how much may follow, and that much fits", async () => {
		const { client, server, close } = await connectedPair();
		const first = await client.writable;
		expect(first).toBeGreaterThan(500);
		const room = client.socket.write(pattern(100));
		expect(room).toBeGreaterThanOrEqual(first - 100);
		client.socket.write(pattern(room, 100));
		expect(firstWrong(await server.bytes(100 + room))).toBe(-1);
		close();
	});

	test("of more than fits throws and sends nothing; onWritable tells when it's time", async () => {
		const { client, server, close } = await connectedPair();
		server.isHolding = true;
		let sent = 0;
		for (;;) {
			try {
				client.socket.write(piece(500, sent));
			} catch {
				break;
			}
			sent += 500;
			if (sent % 4000 === 0) await sleep(1);
			expect(sent).toBeLessThan(32_000_000);
		}
		const again = client.nextWritable();
		server.isHolding = false;
		const received = count(server, sent);
		server.take();
		expect(await again).toBeGreaterThan(0);
		expect(await received).toBe(-1);
		close();
	}, 30_000);
});

/** Waits for `total` bytes without keeping them; where the first wrong one is, -1 for none. */
async function count(probe: Probe, total: number): Promise<number> {
	let seen = 0;
	for (;;) {
		const bytes = probe.received;
		probe.received = new Uint8Array(0);
		const wrong = firstWrong(bytes, seen, 13);
		if (wrong >= 0) return wrong;
		seen += bytes.length;
		if (seen >= total) return seen === total ? -1 : seen;
		await sleep(1);
	}
}

test("a megabyte passes in order, with a reader that dawdles", async () => {
	const TOTAL = 1_000_000;
	const done = deferred<number>();
	let seen = 0;
	let turns = 0;
	const server = new Listener({
		address: "127.0.0.1",
		onReadable() {
			new TCP({
				from: this.read(),
				async onReadable() {
					// every eighth time somebody else is busy
					if (++turns % 8 === 0) await sleep(1);
					for (let bytes = this.read(1000); bytes !== undefined; bytes = this.read(1000)) {
						const wrong = firstWrong(new Uint8Array(bytes as ArrayBuffer), seen, 13);
						if (wrong >= 0) done.resolve(wrong);
						seen += (bytes as ArrayBuffer).byteLength;
					}
					if (seen < TOTAL) return;
					done.resolve(-1);
					this.close();
				},
			});
		},
	});
	let sent = 0;
	const socket = new TCP({
		address: "127.0.0.1",
		port: server.port,
		onWritable(room) {
			while (room > 0 && sent < TOTAL) {
				const size = Math.min(room, 2000, TOTAL - sent);
				room = this.write(piece(size, sent));
				sent += size;
				if (sent % 10_000 === 0) return;
			}
		},
	});
	expect(await done.promise).toBe(-1);
	expect(seen).toBe(TOTAL);
	socket.close();
	server.close();
}, 30_000);
