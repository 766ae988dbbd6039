// ECMA-419 UDP.
import UDP, { type Packet, type UDPOptions } from "embedded:io/socket/udp";
import { describe, expect, test } from "test/expect";
import { deferred, firstWrong, list, pattern, sleep } from "./support";

/** A socket that keeps what comes; its port is learnt from a packet that it sends. */
class Receiver {
	readonly socket: UDP;
	readonly packets: Packet[] = [];
	#next = deferred();

	constructor(options: UDPOptions = {}) {
		const receiver = this;
		this.socket = new UDP({
			...options,
			onReadable() {
				for (let packet = this.read(); packet; packet = this.read()) receiver.packets.push(packet);
				receiver.#next.resolve();
				receiver.#next = deferred();
			},
		});
	}
	async packet(index: number): Promise<Packet> {
		for (;;) {
			const packet = this.packets[index];
			if (packet) return packet;
			await this.#next.promise;
		}
	}
}

let lastPort = 40_000 + (Date.now() % 10_000);

/** A socket at a port that is known: a free one is looked for. */
function at<S>(make: (port: number) => S): { receiver: S; port: number } {
	for (;;) {
		const port = ++lastPort;
		try {
			return { receiver: make(port), port };
		} catch (error) {
			if (lastPort > 60_000) throw error;
		}
	}
}

function receiverAt(options: UDPOptions = {}): { receiver: Receiver; port: number } {
	return at((port) => new Receiver({ port, ...options }));
}

describe("options", () => {
	test.each([
		["null", null],
		["a number", 5],
		["a negative port", { port: -1 }],
		["port 65536", { port: 65536 }],
		["a port in text", { port: "80" }],
		["an address that is none", { address: "localhost" }],
		["onReadable that can't be called", { onReadable: 1 }],
		["an unknown format", { format: "number" }],
		["a group that is no address", { multicast: "here", timeToLive: 1 }],
		["a group without timeToLive", { multicast: "239.1.2.3" }],
	])("%s throws", (_name, options) => {
		expect(() => new UDP(options as UDPOptions)).toThrow();
	});

	test("none are needed", () => {
		new UDP().close();
		new UDP({}).close();
	});

	test("a port that is taken throws", () => {
		const { receiver, port } = receiverAt();
		expect(() => new UDP({ port })).toThrow();
		receiver.socket.close();
	});
});

for (const address of ["127.0.0.1", "::1"])
	test(`a packet and its answer over ${address}`, async () => {
		const { receiver: server, port } = receiverAt();
		const client = new Receiver();
		client.socket.write(Uint8Array.of(1, 2, 3), address, port);
		const question = await server.packet(0);
		expect(list(question)).toEqual([1, 2, 3]);
		expect(question.address).toBe(address);
		expect(question.port).toBeGreaterThan(0);
		server.socket.write(Uint8Array.of(4).buffer, question.address, question.port);
		const answer = await client.packet(0);
		expect(list(answer)).toEqual([4]);
		expect(answer.port).toBe(port);
		client.socket.close();
		server.socket.close();
	});

test("bound to an address of one kind", async () => {
	const { receiver, port } = receiverAt({ address: "127.0.0.1" });
	const sender = new UDP({ address: "127.0.0.1" });
	sender.write(Uint8Array.of(1), "127.0.0.1", port);
	expect((await receiver.packet(0)).address).toBe("127.0.0.1");
	expect(() => sender.write(Uint8Array.of(1), "::1", port)).toThrow();
	sender.close();
	receiver.socket.close();
});

test("an empty packet is a packet", async () => {
	const { receiver, port } = receiverAt();
	const sender = new UDP();
	sender.write(new Uint8Array(0), "127.0.0.1", port);
	expect((await receiver.packet(0)).byteLength).toBe(0);
	sender.close();
	receiver.socket.close();
});

test("1,400 bytes stay one packet", async () => {
	const { receiver, port } = receiverAt();
	const sender = new UDP();
	sender.write(pattern(1400), "127.0.0.1", port);
	const packet = await receiver.packet(0);
	expect(packet.byteLength).toBe(1400);
	expect(firstWrong(new Uint8Array(packet))).toBe(-1);
	sender.close();
	receiver.socket.close();
});

test("packets that nobody read yet wait in order", async () => {
	const counts: number[] = [];
	const { receiver, port } = at(
		(port) =>
			new UDP({
				port,
				onReadable(packets) {
					counts.push(packets);
				},
			}),
	);
	const sender = new UDP();
	for (let index = 0; index < 4; index++) sender.write(Uint8Array.of(index), "127.0.0.1", port);
	await sleep(50);
	expect(counts).toEqual([1, 2, 3, 4]);
	for (let index = 0; index < 4; index++) expect(list(receiver.read())).toEqual([index]);
	expect(receiver.read()).toBeUndefined();
	sender.close();
	receiver.close();
});

describe("write", () => {
	test("refuses what can't be sent", () => {
		const socket = new UDP();
		const bytes = Uint8Array.of(1);
		expect(() => socket.write(bytes, "127.0.0.1", 0)).toThrow();
		expect(() => socket.write(bytes, "127.0.0.1", 65536)).toThrow();
		expect(() => socket.write(bytes, "", 1)).toThrow();
		expect(() => socket.write(bytes, "x".repeat(300), 1)).toThrow();
		expect(() => socket.write(bytes, undefined as never, 1)).toThrow();
		expect(() => socket.write("text" as never, "127.0.0.1", 1)).toThrow();
		expect(() => socket.write(new Uint8Array(70_000), "127.0.0.1", 1)).toThrow();
		socket.close();
	});

	test("to where nobody is loses the packet without a word", async () => {
		const socket = new UDP();
		socket.write(Uint8Array.of(1), "127.0.0.1", ++lastPort);
		await sleep(20);
		socket.write(Uint8Array.of(1), "127.0.0.1", lastPort);
		socket.close();
	});
});

describe("a name", () => {
	test("is looked up; what was written meanwhile arrives in order", async () => {
		const { receiver, port } = receiverAt();
		const sender = new UDP();
		for (let index = 0; index < 3; index++) sender.write(Uint8Array.of(index), "localhost", port);
		await receiver.packet(2);
		sender.write(Uint8Array.of(3), "localhost", port);
		await receiver.packet(3);
		expect(receiver.packets.map((packet) => list(packet)[0])).toEqual([0, 1, 2, 3]);
		sender.close();
		receiver.socket.close();
	});

	test("that doesn't exist is told, and the socket goes on", async () => {
		const { receiver, port } = receiverAt();
		const failed = deferred<string | undefined>();
		const sender = new UDP({
			onError(error) {
				failed.resolve(error?.code);
			},
		});
		sender.write(Uint8Array.of(1), "no-such-name.invalid", port);
		expect(await failed.promise).toBe("resolve");
		sender.write(Uint8Array.of(2), "127.0.0.1", port);
		expect(list(await receiver.packet(0))).toEqual([2]);
		sender.close();
		receiver.socket.close();
	}, 30_000);

	test("close while it is looked up is the end of it", async () => {
		let calls = 0;
		const { receiver, port } = receiverAt();
		for (const name of ["localhost", "no-such-name.invalid"]) {
			const sender = new UDP({
				onError() {
					calls++;
				},
			});
			sender.write(Uint8Array.of(1), name, port);
			sender.close();
		}
		await sleep(200);
		expect(calls).toBe(0);
		expect(receiver.packets).toEqual([]);
		receiver.socket.close();
	});
});

describe("close", () => {
	test("twice is harmless; use afterwards throws", () => {
		const socket = new UDP();
		socket.close();
		socket.close();
		expect(() => socket.read()).toThrow();
		expect(() => socket.write(Uint8Array.of(1), "127.0.0.1", 1)).toThrow();
	});

	test("silences what was under way", async () => {
		const { receiver, port } = receiverAt();
		const sender = new UDP();
		sender.write(Uint8Array.of(1), "127.0.0.1", port);
		receiver.socket.close();
		await sleep(50);
		expect(receiver.packets).toEqual([]);
		sender.close();
	});

	test("works in the callback", async () => {
		const closed = deferred();
		const { port } = at(
			(port) =>
				new UDP({
					port,
					onReadable() {
						this.close();
						expect(() => this.read()).toThrow();
						closed.resolve();
					},
				}),
		);
		const sender = new UDP();
		sender.write(Uint8Array.of(1), "127.0.0.1", port);
		sender.write(Uint8Array.of(2), "127.0.0.1", port);
		await closed.promise;
		sender.close();
	});
});

test("format is buffer; target is the object's", () => {
	const target = {};
	const socket = new UDP({ target });
	expect(socket.target).toBe(target);
	expect(socket.format).toBe("buffer");
	expect(() => {
		socket.format = "number" as "buffer";
	}).toThrow();
	socket.close();
});
