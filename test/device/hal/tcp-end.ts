// ECMA-419 TCP, both ends on this device: how a connection ends, is closed, is handed over.
import Listener from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";
import { describe, expect, test } from "test/expect";
import { closedPort, connectedPair, deferred, firstWrong, list, Probe, pattern, piece, sleep } from "./support";

describe("the end", () => {
	test("of a clean close comes after the data, and once", async () => {
		const { client, server, listener } = await connectedPair();
		server.socket.write(pattern(3000));
		server.socket.close();
		expect((await client.ended)?.code).toBe("closed");
		expect(firstWrong(client.received)).toBe(-1);
		expect(client.received.length).toBe(3000);
		await sleep(50);
		expect(client.calls.filter((call) => call === "error").length).toBe(1);
		client.socket.close();
		listener.close();
	});

	test("waits until everything was read", async () => {
		const { client, server, listener } = await connectedPair();
		client.isHolding = true;
		server.socket.write(pattern(100));
		server.socket.close();
		await sleep(50);
		expect(client.error).toBeUndefined();
		client.socket.read(60);
		await sleep(20);
		expect(client.error).toBeUndefined();
		expect((client.socket.read() as ArrayBuffer).byteLength).toBe(40);
		expect((await client.ended)?.code).toBe("closed");
		client.socket.close();
		listener.close();
	});

	test("waits behind all that the buffers hold", async () => {
		// A computer's hold this, a chip's far less: then nothing more may be written.
		const MOST = 60_000;
		const { client, server, listener } = await connectedPair();
		client.isHolding = true;
		let sent = 0;
		for (let room = 1000; room > 0 && sent < MOST; ) {
			const size = Math.min(room, 1000, MOST - sent);
			room = server.socket.write(piece(size, sent));
			sent += size;
			if (room === 0) room = await Promise.race([server.nextWritable(), sleep(200).then(() => 0)]);
		}
		expect(sent).toBeGreaterThan(8000);
		server.socket.close();
		await sleep(100);
		expect(client.error).toBeUndefined();
		client.isHolding = false;
		client.take();
		expect((await client.ended)?.code).toBe("closed");
		expect(client.received.length).toBe(sent);
		expect(firstWrong(client.received, 0, 13)).toBe(-1);
		client.socket.close();
		listener.close();
	});

	test("refused", async () => {
		const probe = new Probe({ address: "127.0.0.1", port: closedPort() });
		const error = await probe.ended;
		expect(error?.code).toBe("refused");
		expect(error?.retry).toBe("later");
		expect(error).toBeInstanceOf(Error);
		expect(probe.calls).toEqual(["error"]);
		expect(probe.socket.remoteAddress).toBeUndefined();
		probe.socket.close();
	});

	test("refused, by name", async () => {
		const probe = new Probe({ host: "localhost", port: closedPort() });
		expect((await probe.ended)?.code).toBe("refused");
		probe.socket.close();
	});

	test("a name that doesn't exist", async () => {
		const probe = new Probe({ host: "no-such-name.invalid", port: 80 });
		expect((await probe.ended)?.code).toBe("resolve");
		expect(probe.calls).toEqual(["error"]);
		probe.socket.close();
	}, 30_000);
});

describe("close", () => {
	test("twice is harmless", async () => {
		const { client, close } = await connectedPair();
		client.socket.close();
		client.socket.close();
		close();
	});

	test("is the end of everything else", async () => {
		const { client, close } = await connectedPair();
		const { socket } = client;
		socket.close();
		expect(() => socket.read()).toThrow();
		expect(() => socket.write(Uint8Array.of(1))).toThrow();
		expect(() => socket.format).toThrow();
		expect(() => {
			socket.format = "buffer";
		}).toThrow();
		expect(() => socket.remoteAddress).toThrow();
		expect(() => socket.remotePort).toThrow();
		close();
	});

	test("silences what was under way", async () => {
		const { client, server, close } = await connectedPair();
		const before = client.calls.length;
		server.socket.write(pattern(100));
		client.socket.close();
		await sleep(50);
		expect(client.calls.length).toBe(before);
		close();
	});

	test("silences a connection in the making", async () => {
		const listener = new Listener({ address: "127.0.0.1" });
		const byAddress = new Probe({ address: "127.0.0.1", port: listener.port });
		const refused = new Probe({ address: "127.0.0.1", port: closedPort() });
		const byName = new Probe({ host: "localhost", port: listener.port });
		const unknown = new Probe({ host: "no-such-name.invalid", port: listener.port });
		for (const probe of [byAddress, refused, byName, unknown]) probe.socket.close();
		await sleep(200);
		for (const probe of [byAddress, refused, byName, unknown]) expect(probe.calls).toEqual([]);
		listener.close();
	});

	test("works in onWritable, onReadable and onError", async () => {
		const { client, server, listener } = await connectedPair();
		const calls: string[] = [];
		const note = (name: string, socket: TCP): void => {
			socket.close();
			expect(() => socket.read()).toThrow();
			calls.push(name);
		};
		new TCP({
			address: "127.0.0.1",
			port: listener.port,
			onWritable() {
				note("onWritable", this);
			},
		});
		new TCP({
			from: server.socket,
			onReadable() {
				note("onReadable", this);
			},
		});
		new TCP({
			address: "127.0.0.1",
			port: closedPort(),
			onError() {
				note("onError", this);
			},
		});
		client.socket.write(Uint8Array.of(1));
		await sleep(100);
		expect(calls.sort()).toEqual(["onError", "onReadable", "onWritable"]);
		client.socket.close();
		listener.close();
	});

	test("sends what was written before", async () => {
		const { client, server, listener } = await connectedPair();
		const room = client.socket.write(pattern(2000));
		client.socket.write(pattern(Math.min(room, 3000), 2000));
		client.socket.close();
		expect((await server.ended)?.code).toBe("closed");
		expect(server.received.length).toBe(2000 + Math.min(room, 3000));
		expect(firstWrong(server.received)).toBe(-1);
		server.socket.close();
		listener.close();
	});
});

describe("from", () => {
	test("takes a connection over with what waits in it", async () => {
		const { client, server, listener } = await connectedPair();
		server.isHolding = true;
		client.socket.write(pattern(10));
		await sleep(50);
		const heir = new Probe({ from: server.socket });
		expect(heir.calls).toEqual([]);
		expect(() => server.socket.read()).toThrow();
		server.socket.close();
		expect(list(await heir.bytes(10))).toEqual(Array.from(pattern(10)));
		await heir.writable;
		heir.socket.write(Uint8Array.of(7));
		expect(list(await client.bytes(1))).toEqual([7]);
		client.socket.close();
		heir.socket.close();
		listener.close();
	});

	test("a closed socket is refused", async () => {
		const { client, close } = await connectedPair();
		client.socket.close();
		expect(() => new TCP({ from: client.socket })).toThrow();
		close();
	});

	test("in the middle of a callback", async () => {
		const { client, server, listener } = await connectedPair();
		const seen = deferred<number[]>();
		const middle = new TCP({
			from: server.socket,
			onReadable() {
				new TCP({
					from: this,
					onReadable() {
						seen.resolve(list(this.read()));
						this.close();
					},
				});
			},
		});
		client.socket.write(pattern(4));
		expect(await seen.promise).toEqual(Array.from(pattern(4)));
		middle.close();
		client.socket.close();
		listener.close();
	});
});

test("a hundred connections come and go", async () => {
	for (let round = 0; round < 20; round++) {
		const pairs = await Promise.all(Array.from({ length: 5 }, () => connectedPair()));
		for (const [index, { client }] of pairs.entries()) client.socket.write(Uint8Array.of(index));
		const got = await Promise.all(pairs.map(({ server }) => server.bytes(1)));
		expect(got.map((bytes) => bytes[0])).toEqual([0, 1, 2, 3, 4]);
		for (const pair of pairs) pair.close();
	}
}, 30_000);
