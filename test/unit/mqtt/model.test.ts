// The session against a server and a network that chance rules: whatever happens, what it writes is MQTT in mqtt-packet's
// eyes, every promise of mqtt/README.md holds, and at the end nothing is lost. LINKXS_SEED repeats a run.

import { MqttError } from "mqtt/error";
import { Session } from "mqtt/session";
import type { Sink } from "mqtt/sink";
import { generate, type Packet, parser } from "mqtt-packet";
import { expect, test } from "vitest";

const seed = Number(process.env["LINKXS_SEED"] ?? Date.now() % 1_000_000_000);
const worlds = process.env["LINKXS_ALL"] ? 3000 : 200;

/** Mulberry32. */
function generator(start: number): (below: number) => number {
	let state = start >>> 0;
	return (below) => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return (((t ^ (t >>> 14)) >>> 0) % 0x1_0000_0000) % below;
	};
}

class World implements Sink {
	readonly session: Session;
	readonly random: (below: number) => number;
	now = 0;
	room = 0;
	/** Payloads of QoS 1 messages that were accepted, in order, and those that were told done. */
	readonly accepted: string[] = [];
	readonly told: string[] = [];
	/** First arrivals at the server, over all connections. */
	readonly arrived: string[] = [];
	/** Filters that were asked for, and what the server knows. */
	readonly filters = new Map<string, string>();
	readonly #granted = new Set<string>();
	/** Messages of the server: id to what became of it: sent, given to the application, taken, acknowledged. */
	readonly downlink = new Map<number, "sent" | "given" | "taken" | "acknowledged">();
	readonly #untaken: number[] = [];
	#inFlight = new Set<number>();
	#parser = parser();
	#answers: Packet[] = [];
	#next = 0;
	#id = 0;
	connections = 0;

	constructor(random: (below: number) => number) {
		this.random = random;
		this.session = new Session({ outbox: { messages: 6, bytes: 300 }, buffer: 256 }, this);
	}

	write(packet: Uint8Array, from: number): number {
		const count = Math.min(this.room, packet.byteLength - from);
		this.room -= count;
		this.#parser.parse(Buffer.from(packet.slice(from, from + count)));
		return packet.byteLength - from - count;
	}

	online(): void {}

	message(_topic: string, payload: Uint8Array, offset: number, total: number, id: number): boolean {
		if (id === 0 || offset + payload.byteLength < total) return true;
		expect(this.downlink.get(id)).toBe("sent");
		if (this.random(3) > 0) {
			this.downlink.set(id, "taken");
			return true;
		}
		this.downlink.set(id, "given");
		this.#untaken.push(id);
		return false;
	}

	failed(): void {
		this.#answers = [];
		this.#untaken.length = 0;
	}

	exception(error: unknown): void {
		throw error;
	}

	/** A stream, and the server at its other end. */
	connect(): void {
		this.connections += 1;
		this.#inFlight = new Set();
		this.downlink.clear();
		this.#parser = parser();
		this.#parser.on("error", (error) => {
			throw error;
		});
		this.#parser.on("packet", (packet) => this.#serve(packet));
		this.session.opening(this.now);
		this.room = 10 + this.random(300);
		this.session.opened({ clientId: "c", userName: "u", password: "p" }, this.now);
	}

	#serve(packet: Packet): void {
		switch (packet.cmd) {
			case "connect": {
				const sessionPresent = this.random(2) === 0;
				if (!sessionPresent) this.#granted.clear();
				this.#answers.push({ cmd: "connack", returnCode: 0, sessionPresent });
				return;
			}
			case "publish": {
				const text = packet.payload.toString();
				const id = packet.messageId ?? 0;
				if (packet.qos === 0) return;
				expect(this.#inFlight.has(id)).toBe(false);
				this.#inFlight.add(id);
				if (this.arrived.includes(text)) expect(packet.dup).toBe(true);
				else this.arrived.push(text);
				this.#answers.push({ cmd: "puback", messageId: id });
				return;
			}
			case "puback":
				expect(this.downlink.get(packet.messageId ?? 0)).toBe("taken");
				this.downlink.set(packet.messageId ?? 0, "acknowledged");
				return;
			case "subscribe":
				for (const { topic } of packet.subscriptions) this.#granted.add(topic);
				this.#answers.push({
					cmd: "suback",
					messageId: packet.messageId ?? 0,
					granted: packet.subscriptions.map(() => 1),
				});
				return;
			case "unsubscribe":
				for (const topic of packet.unsubscriptions) this.#granted.delete(topic);
				this.#answers.push({ cmd: "unsuback", messageId: packet.messageId ?? 0, granted: [] });
				return;
			case "pingreq":
				this.#answers.push({ cmd: "pingresp" });
				return;
			default:
				throw new Error(packet.cmd);
		}
	}

	#give(bytes: Uint8Array): void {
		const { reader } = this.session;
		for (let at = 0; at < bytes.byteLength && !reader.paused; ) {
			const space = reader.space(Math.min(1 + this.random(80), bytes.byteLength - at));
			space.set(bytes.subarray(at, at + space.byteLength));
			at += space.byteLength;
			this.session.received(space.byteLength, this.now);
		}
	}

	/** The server's next answer arrives; for a PUBACK the message leaves the flight. */
	answer(): boolean {
		const packet = this.#answers[0];
		if (packet === undefined || this.session.reader.paused) return false;
		this.#answers.shift();
		if (packet.cmd === "puback") this.#inFlight.delete(packet.messageId ?? 0);
		this.#give(generate(packet));
		return true;
	}

	publish(qos: 0 | 1): void {
		const payload = `${this.#next}`.padEnd(this.random(60), ".");
		this.#next += 1;
		const done = (error?: MqttError): void => {
			this.told.push(error ? `! ${error.code}` : payload);
		};
		const refused = this.session.publish("a/topic", payload, qos, qos ? done : undefined, this.now);
		if (refused === undefined && qos) this.accepted.push(payload);
	}

	downMessage(): void {
		if (this.session.state !== "online" || this.session.reader.paused) return;
		this.#id = (this.#id % 65_535) + 1;
		this.downlink.set(this.#id, "sent");
		const payload = "d".repeat(this.random(500));
		this.#give(
			generate({ cmd: "publish", topic: "d", payload, qos: 1, dup: false, retain: false, messageId: this.#id }),
		);
	}

	take(): void {
		const id = this.#untaken.splice(this.random(this.#untaken.length || 1), 1)[0];
		if (id === undefined) return;
		this.downlink.set(id, "taken");
		this.session.taken(id, this.now);
	}

	subscribe(filter: string): void {
		this.filters.set(filter, "asked");
		this.session.subscribe(filter, 1, (error) => this.filters.set(filter, error?.code ?? "granted"), this.now);
	}

	unsubscribe(filter: string): void {
		this.filters.delete(filter);
		this.session.unsubscribe(filter, () => {}, this.now);
		this.filters.delete(filter);
	}

	get granted(): string[] {
		return [...this.#granted].sort();
	}

	step(): void {
		const { session, random } = this;
		this.now += random(50);
		if (session.wakeAt <= this.now) session.tick(this.now);
		if (session.state === "offline") {
			const what = random(4);
			if (what === 0) this.connect();
			else if (what === 1) this.publish(1);
			return;
		}
		const what = random(16);
		if (what < 3) this.publish(random(4) === 0 ? 0 : 1);
		else if (what < 7) this.answer();
		else if (what < 9) {
			this.room = random(120);
			session.writable(this.now);
		} else if (what < 11) this.downMessage();
		else if (what < 13) this.take();
		else if (what === 13) {
			if (random(2) === 0) this.subscribe(`f/${random(4)}`);
			else this.unsubscribe(`f/${random(4)}`);
		} else if (what === 14) {
			this.now += random(30_000);
			session.tick(this.now);
		} else if (random(4) === 0) session.lost(new MqttError("network"));
	}

	/** A good network, for as long as it takes. */
	settle(): void {
		for (let i = 0; i < 10_000; i += 1) {
			if (this.session.state === "offline") this.connect();
			this.room = 1000;
			this.session.writable(this.now);
			this.take();
			if (!this.answer() && this.session.state === "online" && this.session.pending === 0) return;
		}
		throw new Error("it never ends");
	}
}

test(`${worlds} worlds, LINKXS_SEED=${seed}`, () => {
	let messages = 0;
	let connections = 0;
	for (let i = 0; i < worlds; i += 1) {
		const world = new World(generator(seed + i));
		try {
			for (let step = 0; step < 400; step += 1) world.step();
			world.settle();
			expect(world.arrived).toEqual(world.accepted);
			expect([...world.told].sort()).toEqual([...world.accepted].sort());
			expect(world.granted).toEqual([...world.filters.keys()].sort());
			expect([...world.filters.values()].every((state) => state === "granted")).toBe(true);
		} catch (error) {
			throw new Error(`world ${i} of LINKXS_SEED=${seed}: ${(error as Error).message}`, { cause: error });
		}
		messages += world.accepted.length;
		connections += world.connections;
	}
	console.log(`model: ${messages} messages over ${connections} connections in ${worlds} worlds`);
}, 300_000);
