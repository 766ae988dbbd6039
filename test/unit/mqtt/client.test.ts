// The client over a stream and a clock that the test holds. What it does over real ones is in test/device/mqtt.
import Client, { type ClientOptions } from "mqtt/client";
import { MqttError } from "mqtt/error";
import { streamError } from "mqtt/stream-error";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeStream } from "../../lib/fake-stream";
import { clock } from "../../lib/hal/clock";
import { bytes, publishPacket } from "./support";

const CONNACK = bytes("20020000");
const CONNECT = "100d00044d5154540400012c000163";

beforeEach(() => {
	clock.reset();
	FakeStream.made = [];
	FakeStream.refuse = undefined;
});

function start(options: Partial<ClientOptions> = {}) {
	const notes: string[] = [];
	const client = new Client({
		socket: { io: FakeStream, host: "h", port: 1 },
		login: () => ({ clientId: "c" }),
		onOnline: (present) => notes.push(`online ${present}`),
		onOffline: (error, wait) => notes.push(`offline ${error.message} ${wait}`),
		onMessage: (topic, payload) => {
			notes.push(`${topic} ${payload}`);
			return true;
		},
		onException: (error) => notes.push(`exception ${(error as Error).message}`),
		...options,
	});
	return { client, notes };
}

function online(options: Partial<ClientOptions> = {}) {
	const started = start(options);
	FakeStream.last.open();
	FakeStream.last.receive(CONNACK);
	FakeStream.last.take();
	started.notes.length = 0;
	return started;
}

describe("what has to precede a connection", () => {
	type Done = Parameters<NonNullable<ClientOptions["prepare"]>>[0];
	/** Each time it's asked: how it's answered, and whether it was given up. */
	function preparing(options: Partial<ClientOptions> = {}) {
		const asked: { done: Done; givenUp: boolean }[] = [];
		const started = start({
			prepare: (done) => {
				const one = { done, givenUp: false };
				asked.push(one);
				return () => {
					one.givenUp = true;
				};
			},
			...options,
		});
		return { ...started, asked };
	}

	test("comes first, each time, and its options go over the stream's", () => {
		const { asked, client } = preparing({
			socket: { io: FakeStream, host: "h", secure: "old" },
			reconnect: () => 10,
		});
		expect([FakeStream.made.length, asked.length]).toEqual([0, 1]);
		client.connect(); // one is under way
		expect(asked.length).toBe(1);
		asked[0]?.done(undefined, { secure: "new" });
		expect(FakeStream.last.options).toMatchObject({ host: "h", secure: "new" });
		FakeStream.last.fail();
		clock.pass(10);
		expect([FakeStream.made.length, asked.length]).toEqual([1, 2]);
		asked[1]?.done(undefined);
		expect(FakeStream.last.options).toMatchObject({ secure: "old" });
		asked[0]?.done(undefined); // too late, and once too often
		expect([FakeStream.made.length, asked.map(({ givenUp }) => givenUp)]).toEqual([2, [false, false]]);
	});
	test("may fail: then there's no stream, and another try by the policy", () => {
		const { asked, notes } = preparing({ reconnect: () => 1000 });
		asked[0]?.done(new MqttError("preparation", { detail: "why" }));
		expect([notes, FakeStream.made.length]).toEqual([["offline preparation: why 1000"], 0]);
		clock.pass(1000);
		expect(asked.length).toBe(2);
	});
	test("counts to the connection's time, and is given up with it, or by close()", () => {
		const { asked, notes, client } = preparing({ reconnect: () => 1000 });
		clock.pass(20_000);
		expect(notes).toEqual(["offline connect-timeout: opening 1000"]);
		clock.pass(1000);
		client.close();
		expect(asked.map(({ givenUp }) => givenUp)).toEqual([true, true]);
		asked[1]?.done(undefined);
		expect(FakeStream.made.length).toBe(0);
	});
	test("may be answered at once", () => {
		const { client } = start({
			prepare: (done) => {
				done(undefined);
				return () => {};
			},
		});
		FakeStream.last.open();
		FakeStream.last.receive(CONNACK);
		expect(client.online).toBe(true);
	});
	test("tells of a stream that can't be made as of any other outage", () => {
		const { asked, notes } = preparing({ reconnect: () => 1000 });
		FakeStream.refuse = new RangeError("bad");
		asked[0]?.done(undefined);
		expect(notes).toEqual(["offline network: no stream 1000"]);
	});
});

describe("a connection", () => {
	test("hands the options on to the stream, with TCP_NODELAY", () => {
		start();
		expect(FakeStream.last.options).toMatchObject({ host: "h", port: 1, nodelay: true });
	});
	test("begins with CONNECT when the stream can be written, and stands with CONNACK", () => {
		const { client, notes } = start();
		expect(FakeStream.last.take()).toEqual([]);
		FakeStream.last.open();
		expect([FakeStream.last.take(), client.online]).toEqual([[CONNECT], false]);
		FakeStream.last.receive(CONNACK);
		expect([client.online, notes, client.stream]).toEqual([true, ["online false"], FakeStream.last]);
	});
	test("asks for socket options and login each time", () => {
		let n = 0;
		start({
			socket: () => ({ io: FakeStream, n: ++n }),
			login: () => ({ clientId: `c${n}` }),
			reconnect: () => 10,
		});
		FakeStream.last.fail();
		clock.pass(10);
		FakeStream.last.open();
		expect([FakeStream.last.options["n"], FakeStream.last.take()[0]?.endsWith("6332")]).toEqual([2, true]);
	});
	test("leaves nothing of what it received when it's closed", () => {
		let view: Uint8Array = new Uint8Array(0);
		const { client } = online({
			onMessage: (_topic, payload) => {
				view = payload;
				return true;
			},
		});
		FakeStream.last.receive(publishPacket("t", bytes("736563726574")));
		expect(`${view}`).toBe("115,101,99,114,101,116");
		client.close();
		expect(`${view}`).toBe("0,0,0,0,0,0");
	});
	test("that doesn't stand in 20 s is given up", () => {
		const { notes } = start({ reconnect: () => 5000 });
		clock.pass(19_999);
		expect(notes).toEqual([]);
		clock.pass(1);
		expect([notes, FakeStream.last.closed]).toEqual([["offline connect-timeout: opening 5000"], true]);
		clock.pass(4_999);
		expect(FakeStream.made.length).toBe(1);
		clock.pass(1);
		expect(FakeStream.made.length).toBe(2);
	});
	test("without `reconnect` ends for good, until connect() is called", () => {
		const { client, notes } = online();
		FakeStream.last.fail();
		expect(notes).toEqual(["offline closed-by-server undefined"]);
		clock.pass(1e9);
		expect(FakeStream.made.length).toBe(1);
		client.connect();
		client.connect();
		expect(FakeStream.made.length).toBe(2);
	});
	test("tells how long it had stood", () => {
		const outages: (number | undefined)[] = [];
		start({
			reconnect: ({ onlineFor }) => {
				outages.push(onlineFor);
				return 0;
			},
		});
		FakeStream.last.fail();
		clock.pass(1);
		FakeStream.last.open();
		FakeStream.last.receive(CONNACK);
		clock.pass(1234);
		FakeStream.last.fail();
		expect(outages).toEqual([undefined, 1234]);
	});
	test("whose login throws is given up, and tried again", () => {
		let fails = true;
		const { notes } = start({
			reconnect: () => 10,
			login: () => {
				if (fails) throw new Error("no key");
				return { clientId: "c" };
			},
		});
		FakeStream.last.open();
		expect([notes, FakeStream.last.closed]).toEqual([["exception no key", "offline network: no login 10"], true]);
		fails = false;
		clock.pass(10);
		FakeStream.last.open();
		expect(FakeStream.last.take()).toEqual([CONNECT]);
	});
	test("whose `reconnect` calls connect() is made anew once", () => {
		const { client } = start({
			reconnect: () => {
				client.connect();
				return 10;
			},
		});
		FakeStream.last.fail();
		clock.pass(10);
		FakeStream.last.open();
		FakeStream.last.receive(CONNACK);
		expect([FakeStream.made.length, client.online]).toEqual([2, true]);
	});
	test("whose `reconnect` throws isn't made anew", () => {
		const { notes } = online({
			reconnect: () => {
				throw new Error("bang");
			},
		});
		FakeStream.last.fail();
		expect(notes).toEqual(["exception bang", "offline closed-by-server undefined"]);
	});
	test("that the platform can't make is tried again, also the first: told from the event loop, typed", () => {
		const noMemory = Object.assign(new Error("x"), { name: "TlsError", code: "no-memory", retry: "later" });
		for (const [refused, message] of [
			[new Error("no sockets"), "network: no stream"],
			[noMemory, "tls: no-memory"],
		] as const) {
			FakeStream.made = [];
			FakeStream.refuse = refused;
			const { client, notes } = start({ reconnect: () => 100 });
			client.connect(); // one is under way
			expect([notes, client.online]).toEqual([[], false]);
			clock.pass(0);
			expect(notes).toEqual([`offline ${message} 100`]);
			FakeStream.refuse = undefined;
			clock.pass(100);
			FakeStream.last.open();
			FakeStream.last.receive(CONNACK);
			expect([notes.at(-1), FakeStream.made.length]).toEqual(["online false", 1]);
		}
	});
	test("that the platform can't make is told to nobody who has closed it", () => {
		FakeStream.refuse = new Error("no sockets");
		const { client, notes } = start({ reconnect: () => 100 });
		client.close();
		clock.pass(1e6);
		expect(notes).toEqual([]);
	});
	test("that's lost leaves nothing in the receive buffer of what had come", () => {
		let memory: Uint8Array = new Uint8Array(0);
		online({
			onMessage: (_topic, payload) => {
				memory = new Uint8Array(payload.buffer);
				return true;
			},
		});
		FakeStream.last.receive(publishPacket("t", bytes("01")));
		FakeStream.last.receive(publishPacket("secret", bytes("737373737373")).subarray(0, 12));
		expect(memory.includes(0x73)).toBe(true);
		FakeStream.last.fail();
		expect(memory.some((byte) => byte !== 0)).toBe(false);
	});
	test("whose preparation throws is tried again, but misuse is thrown by the first", () => {
		let thrown: Error = new Error("no random numbers");
		const prepare = (): (() => void) => {
			throw thrown;
		};
		const { notes } = start({ prepare, reconnect: () => 100 });
		clock.pass(100);
		expect(notes).toEqual(["offline network: no preparation 100", "offline network: no preparation 100"]);
		thrown = new RangeError("id2");
		expect(() => start({ prepare })).toThrow("id2");
	});
	test("that the platform can't make is tried again, but a first one's bad options throw", () => {
		const { notes } = start({ reconnect: () => 100 });
		FakeStream.refuse = new Error("no sockets");
		FakeStream.last.fail();
		clock.pass(100);
		expect(notes.at(-1)).toBe("offline network: no stream 100");
		FakeStream.refuse = undefined;
		clock.pass(100);
		expect(FakeStream.made.length).toBe(2);
		FakeStream.refuse = new RangeError("port");
		expect(() => start()).toThrow("port");
	});
	test("with a wrong option isn't begun", () => {
		for (const keepAlive of [29, 1201, 0]) expect(() => start({ keepAlive })).toThrow(RangeError);
		expect(() => start({ login: undefined as unknown as () => { clientId: string } })).toThrow(TypeError);
		expect(FakeStream.made.length).toBe(0);
	});
	test("that talks nonsense is made anew", () => {
		const { client, notes } = online({ reconnect: () => 50, onMessage: () => false });
		FakeStream.last.receive(bytes("32050001740007 f000"));
		expect(notes).toEqual(["offline packet-type 50"]);
		client.taken(7);
		clock.pass(50);
		expect(FakeStream.made.length).toBe(2);
	});
	test("of the past is not listened to any more", () => {
		const { notes } = online({ reconnect: () => 0 });
		const old = FakeStream.last;
		old.fail();
		clock.pass(0);
		notes.length = 0;
		old.receive(publishPacket("t", bytes("01")));
		old.open();
		old.fail();
		expect(notes).toEqual([]);
	});
});

describe("keep alive", () => {
	test("a day of it in no time: PINGREQ every 295 s", () => {
		const { notes } = online();
		let pings = 0;
		for (let ms = 0; ms < 86_400_000; ms += 1000) {
			clock.pass(1000);
			for (const packet of FakeStream.last.take()) {
				expect(packet).toBe("c000");
				pings += 1;
				FakeStream.last.receive(bytes("d000"));
			}
		}
		expect([pings, notes]).toEqual([292, []]);
	});
	test("without an answer the connection is made anew", () => {
		const { notes } = online({ reconnect: () => 7 });
		clock.pass(315_000);
		expect(notes).toEqual(["offline ping-timeout 7"]);
		clock.pass(7);
		expect(FakeStream.made.length).toBe(2);
	});
});

describe("publish", () => {
	test("is one write, and done at PUBACK", () => {
		const { client } = online();
		const done: unknown[] = [];
		expect(client.publish("t", "x", 1, (error) => done.push(error))).toBeUndefined();
		expect(FakeStream.last.take()).toEqual(["3206000174000178"]);
		expect([client.pending, done]).toEqual([1, []]);
		FakeStream.last.receive(bytes("40020001"));
		expect([client.pending, done]).toEqual([0, [undefined]]);
	});
	test("without PUBACK in 20 s makes the connection anew and sends it again", () => {
		const { client, notes } = online({ reconnect: () => 0 });
		client.publish("t", "x", 1);
		clock.pass(20_000);
		expect(notes).toEqual(["offline acknowledge-timeout 0"]);
		clock.pass(0);
		FakeStream.last.open();
		FakeStream.last.receive(CONNACK);
		expect(FakeStream.last.take()).toEqual([CONNECT, "3a06000174000178"]);
	});
	test("from a callback, in the same turn", () => {
		const { client } = online({
			onMessage: () => {
				client.publish("t", "x", 0);
				return true;
			},
		});
		FakeStream.last.receive(publishPacket("q", bytes("01"), 9));
		expect(FakeStream.last.take()).toEqual(["300400017478", "40020009"]);
	});
	test("refused is told at once", () => {
		const { client } = start({ outbox: { messages: 1 } });
		client.publish("t", "x");
		expect(client.publish("t", "x")?.code).toBe("outbox-full");
		expect(client.publish("t", new Uint8Array(5000))?.code).toBe("message-too-large");
		expect(() => client.publish("#", "x")).toThrow(RangeError);
	});
	test("into a stream that takes little goes out in parts", () => {
		const { client } = start();
		FakeStream.last.open(15);
		FakeStream.last.receive(CONNACK);
		FakeStream.last.take();
		client.publish("t", "x", 1);
		expect(FakeStream.last.take()).toEqual([]);
		FakeStream.last.open(5);
		FakeStream.last.open(100);
		expect(FakeStream.last.take()).toEqual(["3206000174", "000178"]);
	});
	test("after a stream broke in its own callback is sent again, and the time goes on", () => {
		const { client } = start({ reconnect: () => 5 });
		FakeStream.last.open(15);
		FakeStream.last.receive(CONNACK);
		client.publish("t", "x", 1);
		FakeStream.last.broken = new Error("pipe");
		FakeStream.last.open(100);
		clock.pass(5);
		FakeStream.last.open();
		FakeStream.last.receive(CONNACK);
		FakeStream.last.receive(bytes("40020001"));
		clock.pass(1000);
		client.publish("t", "y", 1);
		expect(FakeStream.last.take().length).toBe(3);
		clock.pass(19_500);
		expect(FakeStream.made.length).toBe(2);
	});
	test("into a stream that breaks is sent again", () => {
		const { client, notes } = online({ reconnect: () => 0 });
		FakeStream.last.broken = new Error("pipe");
		client.publish("t", "x", 1);
		expect(notes).toEqual(["offline network: write 0"]);
		clock.pass(0);
		FakeStream.last.open();
		FakeStream.last.receive(CONNACK);
		expect(FakeStream.last.take()[1]).toBe("3a06000174000178");
	});
	test("counts on what write() says there's room for", () => {
		class Telling extends FakeStream {
			override write(all: Uint8Array): number {
				super.write(all);
				return 3;
			}
		}
		const { client } = start({ socket: { io: Telling } });
		FakeStream.last.open();
		FakeStream.last.receive(CONNACK);
		FakeStream.last.take();
		client.publish("t", "x", 1);
		expect(FakeStream.last.take()).toEqual(["320600", "017400", "0178"]);
	});
});

describe("messages", () => {
	test("are acknowledged when `taken` says so, if the callback returned false", () => {
		const { client } = online({ onMessage: () => false });
		FakeStream.last.receive(publishPacket("t", bytes("01"), 9));
		expect(FakeStream.last.take()).toEqual([]);
		client.taken(9);
		expect(FakeStream.last.take()).toEqual(["40020009"]);
	});
	test("wait in the stream while eight are not taken", () => {
		const ids: number[] = [];
		const { client } = online({
			onMessage: (_topic, _payload, _offset, _total, id) => {
				ids.push(id);
				return false;
			},
		});
		for (let id = 1; id <= 10; id += 1) FakeStream.last.receive(publishPacket("t", bytes("01"), id));
		expect(ids.length).toBe(8);
		client.taken(1);
		expect(ids.length).toBe(9);
		FakeStream.last.open();
		client.taken(2);
		expect(ids).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
	});
	test("without anybody to take them are acknowledged", () => {
		online({ onMessage: undefined as never });
		FakeStream.last.receive(publishPacket("t", bytes("01"), 9));
		expect(FakeStream.last.take()).toEqual(["40020009"]);
	});
	test("whose callback throws are acknowledged, and the next ones come", () => {
		const { notes } = online({
			onMessage: () => {
				throw new Error("bang");
			},
		});
		FakeStream.last.receive(publishPacket("t", bytes("01"), 9));
		FakeStream.last.receive(publishPacket("t", bytes("01"), 10));
		expect([notes, FakeStream.last.take()]).toEqual([
			["exception bang", "exception bang"],
			["40020009", "4002000a"],
		]);
	});
	test("that the stream promised and doesn't have are waited for", () => {
		const { notes } = online();
		const stream = FakeStream.last;
		const read = stream.read.bind(stream);
		Object.assign(stream, { read: () => undefined });
		stream.receive(bytes("3003000174"));
		Object.assign(stream, { read: () => 0 });
		stream.receive(bytes(""));
		expect(notes).toEqual([]);
		Object.assign(stream, { read });
		stream.receive(bytes("3003000174"));
		expect(notes).toEqual(["t ", "t "]);
	});
	test("taken by the callback of a later one are acknowledged in order", () => {
		let first = 0;
		const { client } = online({
			onMessage: (_topic, _payload, _offset, _total, id) => {
				if (first > 0) client.taken(first);
				first ||= id;
				return id !== first;
			},
		});
		FakeStream.last.receive(bytes("32050001740007 32050001740008"));
		expect(FakeStream.last.take()).toEqual(["40020007", "40020008"]);
	});
	test("more than the buffer holds are read as they fit", () => {
		const { notes } = online({ buffer: 256 });
		FakeStream.last.receive(publishPacket("t", new Uint8Array(1000), 9));
		expect([notes.length > 3, FakeStream.last.take()]).toEqual([true, ["40020009"]]);
	});
});

test("what callbacks throw harms nobody", () => {
	const bang = () => {
		throw new Error("bang");
	};
	const { client, notes } = start({ onOnline: bang, onOffline: bang });
	FakeStream.last.open();
	FakeStream.last.receive(CONNACK);
	client.subscribe("f", 1, bang);
	client.publish("t", "x", 1, bang);
	FakeStream.last.receive(bytes("9003fffe01 40020001"));
	client.unsubscribe("f", bang);
	FakeStream.last.receive(bytes("b002ffff"));
	FakeStream.last.fail();
	expect(notes).toEqual(Array(5).fill("exception bang"));
});

test("without onException exceptions are gone, and the client goes on", () => {
	const { client } = online({
		onMessage: () => {
			throw new Error("bang");
		},
		onException: undefined as never,
	});
	FakeStream.last.receive(publishPacket("t", bytes("01"), 9));
	client.publish("t", "x", 0, () => {
		throw new Error("bang");
	});
	expect(client.online).toBe(true);
});

describe("close", () => {
	test("says DISCONNECT, closes the stream, settles everything, is silent", () => {
		const { client, notes } = online();
		const told: (string | undefined)[] = [];
		const stream = FakeStream.last;
		client.publish("t", "x", 1, (error) => told.push(error?.code));
		client.subscribe("f", 1, (error) => told.push(error?.code));
		stream.take();
		client.close();
		client.close();
		client.connect();
		expect([stream.take(), stream.closed, told.sort(), notes]).toEqual([["e000"], true, ["closed", "closed"], []]);
		stream.fail();
		clock.pass(1e9);
		expect([FakeStream.made.length, notes]).toEqual([1, []]);
		expect(client.publish("t", "x")?.code).toBe("closed");
		client.subscribe("g", 1, (error) => told.push(`late ${error?.code}`));
		expect(told.at(-1)).toBe("late closed");
	});
	test("from a callback", () => {
		const { client, notes } = online({
			onMessage: (_topic, payload) => {
				notes.push(`${payload}`);
				client.close();
				return true;
			},
		});
		FakeStream.last.receive(bytes("32050001740001 3003000174"));
		expect([notes, FakeStream.last.take()]).toEqual([[""], ["e000"]]);
	});
	test("while it waits for the next try", () => {
		const { client } = online({ reconnect: () => 1000 });
		FakeStream.last.fail();
		client.close();
		clock.pass(1e6);
		expect(FakeStream.made.length).toBe(1);
	});
});

describe("what a stream says at its end", () => {
	const coded = (name: string, code: unknown, cause?: unknown): Error =>
		Object.assign(new Error("x", { cause }), { name, code });
	const alert = (detail: number): Error => Object.assign(coded("TlsError", "alert"), { detail });
	const table: readonly (readonly [unknown, MqttError["code"], string | undefined])[] = [
		[undefined, "network", undefined],
		[new Error("x"), "network", undefined],
		[coded("TCPError", 5), "network", undefined],
		[coded("TCPError", "closed"), "closed-by-server", undefined],
		[coded("TlsError", "closed-without-notify"), "closed-by-server", "closed-without-notify"],
		[coded("TCPError", "refused"), "network", "refused"],
		[coded("TlsError", "expired"), "tls", "expired"],
		[coded("TlsError", "stream", coded("TCPError", "resolve")), "network", "resolve"],
		[coded("TlsError", "stream"), "network", "stream"],
		[coded("TlsError", "alert"), "tls", "alert"],
		[alert(40), "tls", "alert"],
		[alert(47), "tls", "alert"],
		[alert(42), "certificate-refused", "bad_certificate"],
		[alert(43), "certificate-refused", "unsupported_certificate"],
		[alert(44), "certificate-refused", "certificate_revoked"],
		[alert(45), "certificate-refused", "certificate_expired"],
		[alert(46), "certificate-refused", "certificate_unknown"],
		[alert(48), "certificate-refused", "unknown_ca"],
	];
	for (const [error, code, detail] of table) {
		test(`${error} ${(error as { code?: string } | undefined)?.code} is ${code}`, () => {
			const { code: got, detail: why } = streamError(error);
			expect([got, why]).toEqual([code, detail]);
		});
	}
});
