// What is so in the simulator's sockets, and needn't be elsewhere.
import Listener from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";
import { memory } from "hal/system";
import { expect, test } from "test/expect";
import { connectedPair, deferred, Probe, pattern, sleep } from "../hal/support";

/** TCP window and send buffer of ESP-IDF's lwIP, see stream.h. */
const SIZE = 5760;

test("either direction has the chip's size", async () => {
	const { client, server, close } = await connectedPair();
	expect(await client.writable).toBe(SIZE);
	server.isHolding = true;
	client.socket.write(pattern(SIZE));
	await sleep(20);
	client.socket.write(pattern(100));
	await sleep(50);
	expect((server.socket.read() as ArrayBuffer).byteLength).toBe(SIZE);
	await sleep(20);
	expect((server.socket.read() as ArrayBuffer).byteLength).toBe(100);
	expect(() => client.socket.write(pattern(SIZE + 1))).toThrow();
	close();
});

test("a socket without callbacks that nobody holds is collected, and closed by that", async () => {
	const listener = new Listener({ address: "127.0.0.1" });
	const probe = new Probe({ address: "127.0.0.1", port: listener.port });
	await probe.writable;
	await sleep(20);
	expect((() => listener.read()?.remoteAddress)()).toBe("127.0.0.1");
	await sleep(1);
	memory(true);
	expect((await probe.ended)?.code).toBe("closed");
	probe.socket.close();
	listener.close();
});

test("a socket with a callback lives though nobody holds it", async () => {
	const got = deferred<number>();
	const listener = new Listener({
		address: "127.0.0.1",
		onReadable() {
			new TCP({
				from: this.read(),
				onReadable(bytes) {
					got.resolve(bytes);
					this.close();
				},
			});
		},
	});
	const probe = new Probe({ address: "127.0.0.1", port: listener.port });
	await probe.writable;
	await sleep(20);
	memory(true);
	probe.socket.write(pattern(7));
	expect(await got.promise).toBe(7);
	probe.socket.close();
	listener.close();
});

test("what was written before close() arrives, though not all was read", async () => {
	const { client, server, listener } = await connectedPair();
	client.isHolding = true;
	for (let sent = 0; sent < 20_000; sent += 1000) {
		server.socket.write(pattern(1000, sent));
		await sleep(1);
	}
	await sleep(20);
	client.socket.write(pattern(2000));
	client.socket.close();
	expect((await server.ended)?.code).toBe("closed");
	expect(server.received.length).toBe(2000);
	server.socket.close();
	listener.close();
});

test("closed sockets leave nothing behind", async () => {
	const round = async (): Promise<void> => {
		const { client, server, close } = await connectedPair();
		server.isHolding = true;
		client.socket.write(pattern(1000));
		await sleep(5);
		close();
	};
	for (let count = 0; count < 5; count++) await round();
	const before = memory(true);
	for (let count = 0; count < 30; count++) await round();
	const after = memory(true);
	expect(after.native).toBe(before.native);
	expect(after.slots - before.slots).toBeLessThan(2000);
});
