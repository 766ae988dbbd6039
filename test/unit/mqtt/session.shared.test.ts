import { Key } from "hal/crypto";
import { MqttError } from "mqtt/error";
import { Session } from "mqtt/session";
import type { SessionOptions } from "mqtt/session-options";
import type { Sink } from "mqtt/sink";
import { describe, expect, test } from "test/expect";
import { bytes, hex, publishPacket } from "./support";

/** A session with a sink that notes what happens: `> packet` written, and everything the owner is told. */
class World implements Sink {
	readonly notes: string[] = [];
	readonly session: Session;
	now = 0;
	/** Bytes that the stream takes. */
	room = Number.POSITIVE_INFINITY;
	/** What `message` answers. */
	taken = true;
	/** Called when a message has come. */
	onMessage: (() => void) | undefined;
	/** Packets themselves, not what was in them. */
	readonly packets: Uint8Array[] = [];

	constructor(options: SessionOptions = {}) {
		this.session = new Session(options, this);
	}

	write(packet: Uint8Array, from: number): number {
		const count = Math.min(this.room, packet.byteLength - from);
		this.packets.push(packet);
		this.room -= count;
		if (count > 0) this.notes.push(`> ${hex(packet.subarray(from, from + count))}`);
		return packet.byteLength - from - count;
	}

	online(sessionPresent: boolean): void {
		this.notes.push(`online ${sessionPresent}`);
	}

	message(topic: string, payload: Uint8Array, offset: number, total: number, id: number): boolean {
		this.notes.push(`message ${topic} ${hex(payload)} ${offset}/${total} ${id}`);
		this.onMessage?.();
		return this.taken;
	}

	failed(error: MqttError): void {
		this.notes.push(`failed ${error.message}`);
	}

	exception(error: unknown): void {
		this.notes.push(`exception ${(error as Error).message}`);
	}

	/** The notes since the last call. */
	take(): string[] {
		return this.notes.splice(0);
	}

	feed(packet: Uint8Array | string): void {
		const all = typeof packet === "string" ? bytes(packet) : packet;
		const { reader } = this.session;
		for (let at = 0; at < all.byteLength && !reader.paused; ) {
			const space = reader.space(all.byteLength - at);
			space.set(all.subarray(at, at + space.byteLength));
			at += space.byteLength;
			this.session.received(space.byteLength, this.now);
		}
	}

	receive(packet: Uint8Array | string): string[] {
		this.feed(packet);
		return this.take();
	}

	publish(payload = "x", qos: 0 | 1 = 1): string | undefined {
		const done = (error?: MqttError) => this.notes.push(`${payload} ${error?.code ?? "done"}`);
		return this.session.publish("t", payload, qos, done, this.now);
	}

	subscribe(filter: string): void {
		this.session.subscribe(filter, 1, (error, qos) => this.notes.push(`+${filter} ${error?.code ?? qos}`), this.now);
	}

	pass(ms: number): void {
		this.now += ms;
		this.session.tick(this.now);
	}

	tick(ms: number): string[] {
		this.pass(ms);
		return this.take();
	}

	/** Into this state, with no notes left. */
	to(state: string): this {
		if (state !== "offline") this.session.opening(this.now);
		if (state === "connecting" || state === "online") this.session.opened({ clientId: "c" }, this.now);
		if (state === "online") this.receive(CONNACK);
		if (state === "ended") this.session.end(new MqttError("closed"));
		this.take();
		expect(this.session.state).toBe(state);
		return this;
	}
}

const CONNACK = "20020000";
const CONNECT = "> 100d00044d5154540400012c000163";
const PUBLISH_1 = "> 3206000174000178";

const states = ["offline", "opening", "connecting", "online", "ended"] as const;
type StateName = (typeof states)[number];

interface Outcome {
	readonly notes: readonly string[];
	readonly state: StateName;
}

/** What an event does in each state; a state that isn't listed: nothing happens. */
interface Row {
	readonly event: (world: World) => unknown;
	readonly outcomes: Readonly<Partial<Record<StateName, Outcome>>>;
}

const order: Outcome = { notes: ["failed order"], state: "offline" };
const rows: Readonly<Record<string, Row>> = {
	opened: {
		event: (w) => w.session.opened({ clientId: "c" }, 0),
		outcomes: { opening: { notes: [CONNECT], state: "connecting" } },
	},
	CONNACK: {
		event: (w) => w.feed(CONNACK),
		outcomes: { connecting: { notes: ["online false"], state: "online" }, online: order },
	},
	"CONNACK that refuses": {
		event: (w) => w.feed("20020004"),
		outcomes: {
			connecting: { notes: ["failed bad-user-name-or-password: CONNACK 4"], state: "offline" },
			online: order,
		},
	},
	"CONNACK 6": {
		event: (w) => w.feed("20020006"),
		outcomes: { connecting: { notes: ["failed return-code"], state: "offline" }, online: order },
	},
	PUBLISH: {
		event: (w) => w.feed("3206000174000501"),
		outcomes: {
			connecting: order,
			online: { notes: ["message t 01 0/1 5", "> 40020005"], state: "online" },
		},
	},
	PUBACK: {
		event: (w) => w.feed("40020001"),
		outcomes: { connecting: order },
	},
	SUBACK: {
		event: (w) => w.feed("9003fffe01"),
		outcomes: { connecting: order },
	},
	UNSUBACK: {
		event: (w) => w.feed("b002ffff"),
		outcomes: { connecting: order },
	},
	PINGRESP: {
		event: (w) => w.feed("d000"),
		outcomes: { connecting: order },
	},
	nonsense: {
		event: (w) => w.feed("f000"),
		outcomes: {
			connecting: { notes: ["failed packet-type"], state: "offline" },
			online: { notes: ["failed packet-type"], state: "offline" },
		},
	},
	lost: {
		event: (w) => w.session.lost(new MqttError("network")),
		outcomes: {
			opening: { notes: ["failed network"], state: "offline" },
			connecting: { notes: ["failed network"], state: "offline" },
			online: { notes: ["failed network"], state: "offline" },
		},
	},
	"20 s pass": {
		event: (w) => w.pass(20_000),
		outcomes: {
			opening: { notes: ["failed connect-timeout: opening"], state: "offline" },
			connecting: { notes: ["failed connect-timeout: connecting"], state: "offline" },
		},
	},
	"295 s pass": {
		event: (w) => w.pass(295_000),
		outcomes: {
			opening: { notes: ["failed connect-timeout: opening"], state: "offline" },
			connecting: { notes: ["failed connect-timeout: connecting"], state: "offline" },
			online: { notes: ["> c000"], state: "online" },
		},
	},
	writable: { event: (w) => w.session.writable(0), outcomes: {} },
	publish: {
		event: (w) => w.notes.push(`${w.publish()}`),
		outcomes: {
			offline: { notes: ["undefined"], state: "offline" },
			opening: { notes: ["undefined"], state: "opening" },
			connecting: { notes: ["undefined"], state: "connecting" },
			online: { notes: [PUBLISH_1, "undefined"], state: "online" },
			ended: { notes: ["closed"], state: "ended" },
		},
	},
	subscribe: {
		event: (w) => w.subscribe("f"),
		outcomes: {
			online: { notes: ["> 8206fffe00016601"], state: "online" },
			ended: { notes: ["+f closed"], state: "ended" },
		},
	},
	"unsubscribe what isn't": {
		event: (w) => w.session.unsubscribe("f", () => w.notes.push("gone"), 0),
		outcomes: Object.fromEntries(states.map((state) => [state, { notes: ["gone"], state }])),
	},
	"taken of nothing": { event: (w) => w.session.taken(5, 0), outcomes: {} },
	end: {
		event: (w) => w.session.end(new MqttError("closed")),
		outcomes: {
			offline: { notes: [], state: "ended" },
			opening: { notes: [], state: "ended" },
			connecting: { notes: [], state: "ended" },
			online: { notes: ["> e000"], state: "ended" },
		},
	},
};

describe("every event in every state", () => {
	for (const [name, { event, outcomes }] of Object.entries(rows)) {
		for (const state of states) {
			test(`${name} in ${state}`, () => {
				const world = new World().to(state);
				event(world);
				const outcome = outcomes[state] ?? { notes: [], state };
				expect(world.take()).toEqual(outcome.notes);
				expect(world.session.state).toBe(outcome.state);
			});
		}
	}
	for (const state of states) {
		test(`opening in ${state}`, () => {
			const world = new World().to(state);
			if (state === "offline") expect(world.session.opening(0)).toBeUndefined();
			else expect(() => world.session.opening(0)).toThrow(TypeError);
		});
	}
});

describe("options", () => {
	for (const keepAlive of [29, 1201, 0, -1, 30.5, Number.NaN, Number.POSITIVE_INFINITY]) {
		test(`keep alive ${keepAlive} is an error before any byte is sent`, () => {
			expect(() => new World({ keepAlive })).toThrow(RangeError);
		});
	}
	for (const keepAlive of [30, 300, 1200]) {
		test(`keep alive ${keepAlive} is in CONNECT`, () => {
			const world = new World({ keepAlive });
			world.session.opening(0);
			world.session.opened({ clientId: "c" }, 0);
			expect(world.take()[0]?.slice(22, 26)).toBe(keepAlive.toString(16).padStart(4, "0"));
		});
	}
	test("a password that is a key, which is closed once it's in CONNECT, or can't be", () => {
		const world = new World();
		for (const userName of ["u", undefined]) {
			const password = Key.from(bytes("70"));
			world.session.opening(0);
			const open = () => world.session.opened({ clientId: "c", userName, password }, 0);
			if (userName === undefined) expect(open).toThrow(TypeError);
			else open();
			expect(password.byteLength).toBe(0);
			world.session.lost(new MqttError("network"));
		}
	});
	test("MQTT 3.1, clean session, user name and password", () => {
		const world = new World({ protocol: "3.1", clean: true });
		world.session.opening(0);
		world.session.opened({ clientId: "c", userName: "u", password: "p" }, 0);
		expect(world.take()).toEqual([
			"> 1015" + "00064d5149736470" + "03" + "c2" + "012c" + "000163" + "000175" + "000170",
		]);
	});
	for (const [what, room, end] of [
		["written", 100, undefined],
		["written in two parts", 10, undefined],
		["given up when half of it is written", 10, "lost"],
		["given up before any of it is written", 0, "lost"],
	] as const) {
		test(`CONNECT is wiped once it's ${what}`, () => {
			const world = new World();
			world.room = room;
			world.session.opening(0);
			world.session.opened({ clientId: "c", userName: "u", password: "secret" }, 0);
			if (end) world.session.lost(new MqttError("network"));
			else {
				world.room = 100;
				world.session.writable(0);
			}
			expect(world.packets.length > 0).toBe(true);
			for (const packet of world.packets) expect(hex(packet)).toBe("00".repeat(packet.byteLength));
		});
	}
	test("that can't be are refused", () => {
		for (const options of [
			{ protocol: "5" },
			{ timeout: 99 },
			{ timeout: 600_001 },
			{ buffer: 10 },
			{ outbox: { messages: 0 } },
		]) {
			expect(() => new World(options as SessionOptions)).toThrow(RangeError);
		}
	});
});

describe("keep alive", () => {
	test("a day of it is one PINGREQ in 295 s, and nothing else", () => {
		const world = new World().to("online");
		let pings = 0;
		let wakes = 0;
		while (world.now < 86_400_000) {
			const { wakeAt } = world.session;
			expect(wakeAt).toBeGreaterThan(world.now);
			const notes = world.tick(wakeAt - world.now);
			wakes += 1;
			if (notes.length === 0) continue;
			expect(notes).toEqual(["> c000"]);
			pings += 1;
			world.now += 50;
			world.receive("d000");
		}
		expect(pings).toBe(Math.ceil(86_400 / 295.05));
		expect(wakes).toBe(pings);
	});
	test("without PINGRESP the connection is over", () => {
		const world = new World().to("online");
		world.tick(295_000);
		expect(world.session.wakeAt).toBe(315_000);
		expect(world.tick(19_999)).toEqual([]);
		expect(world.tick(1)).toEqual(["failed ping-timeout"]);
	});
	test("what is sent puts it off, what is only heard doesn't, nor does what is only sent", () => {
		const world = new World().to("online");
		world.now = 100_000;
		world.receive("3003000174");
		expect(world.session.wakeAt).toBe(295_000);
		world.publish("x", 0);
		expect(world.session.wakeAt).toBe(395_000);
		world.now = 200_000;
		world.publish("x", 0);
		expect(world.session.wakeAt).toBe(395_000);
	});
});

describe("time-outs", () => {
	test("of PUBACK", () => {
		const world = new World().to("online");
		world.publish();
		world.take();
		expect(world.session.wakeAt).toBe(20_000);
		expect(world.tick(20_000)).toEqual(["failed acknowledge-timeout"]);
	});
	test("of SUBACK and UNSUBACK", () => {
		const world = new World().to("online");
		world.subscribe("f");
		world.take();
		expect(world.session.wakeAt).toBe(20_000);
		expect(world.tick(20_000)).toEqual(["failed acknowledge-timeout: subscription"]);
	});
	test("don't run while a large message comes in pieces, however slowly, but do when it stalls", () => {
		for (const asked of ["publish", "subscribe"] as const) {
			const world = new World().to("online");
			if (asked === "publish") world.publish();
			else world.subscribe("f");
			const packet = publishPacket("t", new Uint8Array(4000));
			for (let at = 0; at < 2000; at += 500) {
				world.feed(packet.subarray(at, at + 500));
				world.take();
				expect(world.session.wakeAt).toBe(world.now + 20_000);
				expect(world.tick(19_000)).toEqual([]);
			}
			expect(world.tick(999)).toEqual([]);
			expect(world.tick(1)[0]).toMatch(/^failed acknowledge-timeout/);
		}
	});
	test("of a ping start anew at each piece of a large message", () => {
		const world = new World().to("online");
		world.tick(295_000);
		const packet = publishPacket("t", new Uint8Array(4000));
		world.feed(packet.subarray(0, 2000));
		world.now += 15_000;
		world.feed(packet.subarray(2000, 3000));
		world.take();
		expect(world.session.wakeAt).toBe(world.now + 20_000);
		expect(world.tick(19_999)).toEqual([]);
		expect(world.tick(1)).toEqual(["failed ping-timeout"]);
	});
	test("of a write that gets stuck, which progress puts off", () => {
		const world = new World().to("online");
		world.room = 0;
		world.publish();
		expect(world.session.wakeAt).toBe(20_000);
		world.now = 15_000;
		world.room = 3;
		world.session.writable(world.now);
		expect(world.take()).toEqual(["> 320600"]);
		expect(world.session.wakeAt).toBe(35_000);
		expect(world.tick(20_000)).toEqual(["failed write-timeout"]);
	});
	test("none, when there's nothing to wait for", () => {
		const world = new World();
		expect(world.session.wakeAt).toBe(Number.POSITIVE_INFINITY);
		world.session.opening(5);
		expect(world.session.wakeAt).toBe(20_005);
		world.session.end(new MqttError("closed"));
		expect(world.session.wakeAt).toBe(Number.POSITIVE_INFINITY);
	});
	test("a tick too early is no harm", () => {
		const world = new World().to("online");
		world.publish();
		world.subscribe("f");
		world.take();
		expect(world.tick(10)).toEqual([]);
		expect(world.session.state).toBe("online");
	});
});

describe("messages to the server", () => {
	test("are done at PUBACK, QoS 0 when written", () => {
		const world = new World().to("online");
		world.publish("x");
		world.publish("y", 0);
		expect(world.take()).toEqual([PUBLISH_1, "> 300400017479", "y done"]);
		expect(world.receive("40020001 40020001")).toEqual(["x done"]);
		expect(world.session.pending).toBe(0);
	});
	test("wait for the connection and go out in their order", () => {
		const world = new World();
		world.publish("x");
		world.publish("y", 0);
		world.session.opening(0);
		world.session.opened({ clientId: "c" }, 0);
		expect(world.take()).toEqual([CONNECT]);
		expect(world.receive(CONNACK)).toEqual(["online false", PUBLISH_1, "> 300400017479", "y done"]);
	});
	test("go out again after a lost connection, with DUP, before newer ones", () => {
		const world = new World().to("online");
		world.publish("x");
		world.session.lost(new MqttError("network"));
		world.publish("y");
		world.take();
		world.to("online");
		expect(world.session.pending).toBe(2);
		const again = new World().to("online");
		again.publish("x");
		again.session.lost(new MqttError("network"));
		again.publish("y");
		again.session.opening(0);
		again.session.opened({ clientId: "c" }, 0);
		again.take();
		expect(again.receive("20020100")).toEqual(["online true", "> 3a06000174000178", "> 3206000174000279"]);
		expect(again.receive("40020001 40020002")).toEqual(["x done", "y done"]);
	});
	test("are refused when the outbox is full", () => {
		const world = new World({ outbox: { messages: 1, bytes: 128 } });
		expect([world.publish(), world.publish()]).toEqual([undefined, "outbox-full"]);
		expect(world.session.publish("t", new Uint8Array(200), 0, undefined, 0)).toBe("message-too-large");
	});
	test("are told the end, and what they throw harms nobody", () => {
		const world = new World().to("online");
		world.publish("x");
		world.session.publish(
			"t",
			"y",
			1,
			() => {
				throw new Error("bang");
			},
			0,
		);
		world.take();
		world.session.end(new MqttError("closed"));
		expect(world.take()).toEqual(["> e000", "x closed", "exception bang"]);
	});
	test("one that throws at PUBACK doesn't keep the next from being done", () => {
		const world = new World().to("online");
		world.session.publish(
			"t",
			"y",
			1,
			() => {
				throw new Error("bang");
			},
			0,
		);
		world.publish("x");
		world.take();
		expect(world.receive("40020001 40020002")).toEqual(["exception bang", "x done"]);
	});
	test("may be published by one that's done", () => {
		const world = new World().to("online");
		world.session.publish("t", "x", 0, () => world.publish("y", 0), 0);
		expect(world.take()).toEqual(["> 300400017478", "> 300400017479", "y done"]);
	});
	test("are written in parts when there's little room, with nothing between", () => {
		const world = new World().to("online");
		world.room = 3;
		world.publish("x");
		world.publish("y");
		world.receive("3205000174000a"); // its PUBACK has to wait, too
		expect(world.take()).toEqual([]);
		world.room = 4;
		world.session.writable(0);
		expect(world.take()).toEqual(["> 01740001"]);
		world.room = Number.POSITIVE_INFINITY;
		world.session.writable(0);
		expect(world.take()).toEqual(["> 78", "> 4002000a", "> 3206000174000279"]);
	});
	test("no DISCONNECT in the middle of a packet", () => {
		const world = new World().to("online");
		world.room = 3;
		world.publish("x");
		world.take();
		world.room = 100;
		world.session.end(new MqttError("closed"));
		expect(world.take()).toEqual(["x closed"]);
	});
	test("of before the connection are written in parts, too, and survive when it breaks", () => {
		const world = new World();
		world.publish("x");
		world.publish("y");
		world.session.opening(0);
		world.session.opened({ clientId: "c" }, 0);
		world.take();
		world.room = 11;
		expect(world.receive(CONNACK)).toEqual(["online false", PUBLISH_1, "> 320600"]);
		world.write = () => {
			world.session.lost(new MqttError("network"));
			return 1;
		};
		world.session.writable(0);
		expect(world.take()).toEqual(["failed network"]);
		world.session.opening(0);
		world.session.opened({ clientId: "c" }, 0);
		expect([world.take(), world.session.state, world.session.pending]).toEqual([["failed network"], "offline", 2]);
	});
	test("a stream that breaks while it's written to", () => {
		const world = new World().to("online");
		const { write } = world;
		world.write = () => {
			world.session.lost(new MqttError("network"));
			return 0;
		};
		world.publish("x");
		expect(world.take()).toEqual(["failed network"]);
		world.write = write;
		world.to("online");
		expect(world.session.pending).toBe(1);
	});
});

describe("messages from the server", () => {
	test("are acknowledged after the application has taken them, an empty one too", () => {
		const world = new World().to("online");
		world.onMessage = () => expect(world.notes.some((note) => note.startsWith("> "))).toBe(false);
		expect(world.receive("32050001740007")).toEqual(["message t  0/0 7", "> 40020007"]);
		expect(world.receive("3003000174")).toEqual(["message t  0/0 0"]);
	});
	test("are acknowledged in order when they are taken later", () => {
		const world = new World().to("online");
		world.taken = false;
		world.receive("32050001740007 32050001740008");
		world.session.taken(8, 0);
		expect(world.take()).toEqual([]);
		world.session.taken(7, 0);
		expect(world.take()).toEqual(["> 40020007", "> 40020008"]);
	});
	test("are not received while eight have not been taken", () => {
		const world = new World().to("online");
		world.taken = false;
		let all = "";
		for (let id = 1; id <= 10; id += 1) all += `320500017400${id.toString(16).padStart(2, "0")}`;
		expect(world.receive(all).length).toBe(8);
		expect(world.session.reader.paused).toBe(true);
		world.session.taken(1, 0);
		expect(world.take()).toEqual(["> 40020001", "message t  0/0 9"]);
		world.session.taken(2, 0);
		expect(world.take()).toEqual(["> 40020002", "message t  0/0 10"]);
	});
	test("a wrong packet after a pause is still wrong", () => {
		const world = new World().to("online");
		world.taken = false;
		let all = "";
		for (let id = 1; id <= 8; id += 1) all += `320500017400${id.toString(16).padStart(2, "0")}`;
		world.receive(`${all}f000`);
		world.session.taken(1, 0);
		expect(world.take()).toEqual(["> 40020001", "failed packet-type"]);
	});
	test("in pieces: acknowledged after the last one", () => {
		const world = new World({ buffer: 256 }).to("online");
		const notes = world.receive(publishPacket("t", new Uint8Array(600), 3));
		expect(notes.filter((note) => note.startsWith("message")).length).toBeGreaterThan(2);
		expect(notes.indexOf("> 40020003")).toBe(notes.length - 1);
	});
	test("that end the connection are not acknowledged in the next", () => {
		const world = new World().to("online");
		world.onMessage = () => world.session.lost(new MqttError("network"));
		expect(world.receive("32050001740007 32050001740008")).toEqual(["message t  0/0 7", "failed network"]);
		world.onMessage = undefined;
		world.session.taken(7, 0);
		expect(world.to("online").take()).toEqual([]);
	});
});

describe("subscriptions", () => {
	test("go out before messages, and after a reconnect only without a session", () => {
		const world = new World();
		world.subscribe("f");
		world.publish("x");
		world.session.opening(0);
		world.session.opened({ clientId: "c" }, 0);
		world.take();
		expect(world.receive(CONNACK)).toEqual(["online false", "> 8206fffe00016601", PUBLISH_1]);
		expect(world.receive("9003fffe01")).toEqual(["+f 1"]);
		world.session.lost(new MqttError("network"));
		world.session.opening(0);
		world.session.opened({ clientId: "c" }, 0);
		world.take();
		expect(world.receive("20020100")).toEqual(["online true", "> 3a06000174000178"]);
		world.session.lost(new MqttError("network"));
		world.to("offline");
		world.session.opening(0);
		world.session.opened({ clientId: "c" }, 0);
		world.take();
		expect(world.receive(CONNACK)[1]).toBe("> 8206fffe00016601");
	});
	test("are asked for again after a CONNACK that got lost: it may have said that there's no session", () => {
		const world = new World().to("online");
		world.subscribe("f");
		world.receive("9003fffe01");
		world.session.lost(new MqttError("network"));
		world.to("connecting");
		world.session.lost(new MqttError("network"));
		world.to("connecting");
		expect(world.receive("20020100")).toEqual(["online true", "> 8206fffe00016601"]);
		world.receive("9003fffe01");
		world.session.lost(new MqttError("network"));
		world.to("connecting");
		expect(world.receive("20020100")).toEqual(["online true"]);
	});
	test("wait with a ping when there's no room", () => {
		const world = new World().to("online");
		world.subscribe("f");
		world.receive("9003fffe01");
		world.room = 1;
		world.publish("x");
		world.session.unsubscribe("f", () => {}, 0);
		world.subscribe("g");
		world.take();
		world.room = 100;
		world.session.writable(0);
		expect(world.take()).toEqual(["> 06000174000178", "> a205ffff000166", "> 8206fffe00016701"]);
	});
	test("an answer that doesn't fit ends the connection", () => {
		const world = new World().to("online");
		world.subscribe("f");
		world.take();
		expect(world.receive("9004fffe0101")).toEqual(["failed return-code"]);
	});
	test("are left", () => {
		const world = new World().to("online");
		world.subscribe("f");
		world.receive("9003fffe01");
		world.session.unsubscribe("f", () => world.notes.push("gone"), 0);
		expect(world.take()).toEqual(["> a205ffff000166"]);
		expect(world.receive("b002ffff")).toEqual(["gone"]);
		expect(world.session.wakeAt).toBe(295_000);
	});
});

describe("patience: what a timer may rely on", () => {
	const options: readonly SessionOptions[] = [{}, { timeout: 600_000 }, { timeout: 100, keepAlive: 30 }];
	for (const option of options) {
		test(`no event makes a deadline that is nearer (${JSON.stringify(option)})`, () => {
			const world = new World(option);
			const { session } = world;
			const events: readonly (() => void)[] = [
				() => session.opening(world.now),
				() => session.opened({ clientId: "c" }, world.now),
				() => world.feed(CONNACK),
				() => world.subscribe("f"),
				() => world.publish("a", 0),
				() => world.publish("b", 1),
				() => world.pass(session.wakeAt - world.now),
				() => session.lost(new MqttError("network")),
			];
			for (const event of events) {
				const before = session.wakeAt;
				event();
				world.now += 10;
				expect(session.wakeAt).toBeGreaterThan(Math.min(before, world.now - 10 + session.patience) - 1);
			}
		});
	}
});
