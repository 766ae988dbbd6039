import { Outbox } from "mqtt/outbox";
import { describe, expect, test } from "test/expect";
import { hex } from "./support";

const LAST = 0xfffd;

/** What is written now: id (0: QoS 0) with `*` for DUP, of each packet, until nothing is unsent. */
function drain(outbox: Outbox, now = 0): string[] {
	const sent: string[] = [];
	while (outbox.unsent > 0) {
		const packet = outbox.next() ?? new Uint8Array();
		const first = packet[0] ?? 0;
		const id = first & 2 ? ((packet[5] ?? 0) << 8) | (packet[6] ?? 0) : 0;
		sent.push(`${id}${first & 8 ? "*" : ""}`);
		outbox.sent(now)?.();
	}
	return sent;
}

const put = (outbox: Outbox, qos: 0 | 1 = 1, done?: () => void) => outbox.put("t", "x", qos, done, -1);

describe("the outbox", () => {
	test("encodes what it accepts and keeps it until PUBACK", () => {
		const outbox = new Outbox({}, LAST);
		let told = 0;
		expect(outbox.put("a", Uint8Array.of(1, 2), 1, () => told++, -1)).toBeUndefined();
		expect(hex(outbox.next() ?? new Uint8Array())).toBe("3207000161" + "0001" + "0102");
		expect(outbox.sent(5)).toBeUndefined();
		expect(outbox.oldest()).toBe(5);
		expect([outbox.count, outbox.unsent]).toEqual([1, 0]);
		outbox.acknowledge(1)?.();
		expect(told).toBe(1);
		expect([outbox.count, outbox.oldest()]).toEqual([0, -1]);
		expect(outbox.acknowledge(1)).toBeUndefined();
	});
	test("is done with QoS 0 when it's written", () => {
		const outbox = new Outbox({}, LAST);
		let told = 0;
		put(outbox, 0, () => told++);
		put(outbox, 0);
		expect(drain(outbox)).toEqual(["0", "0"]);
		expect([told, outbox.count]).toEqual([1, 0]);
	});
	test("refuses the newest when there's no slot, and keeps the rest", () => {
		const outbox = new Outbox({ messages: 2 }, LAST);
		expect([put(outbox), put(outbox), put(outbox)]).toEqual([undefined, undefined, "outbox-full"]);
		expect(drain(outbox)).toEqual(["1", "2"]);
		outbox.acknowledge(1);
		expect(put(outbox)).toBeUndefined();
	});
	test("refuses the newest when there are no bytes, and what can never fit", () => {
		const outbox = new Outbox({ bytes: 128 }, LAST);
		const half = new Uint8Array(60);
		expect(outbox.put("t", half, 1, undefined, -1)).toBeUndefined();
		expect(outbox.put("t", half, 1, undefined, -1)).toBe("outbox-full");
		expect(outbox.put("t", new Uint8Array(128), 1, undefined, -1)).toBe("message-too-large");
		expect(drain(outbox)).toEqual(["1"]);
	});
	test("throws for a bad topic and for sizes that can't be", () => {
		expect(() => new Outbox({}, LAST).put("a/+", "", 1, undefined, -1)).toThrow(RangeError);
		for (const messages of [0, 1025, Number.NaN]) expect(() => new Outbox({ messages }, LAST)).toThrow(RangeError);
		for (const bytes of [127, 0x100_0001, Number.NaN]) expect(() => new Outbox({ bytes }, LAST)).toThrow(RangeError);
	});
	test("sends again after a lost connection, in order, DUP for what had been sent", () => {
		const outbox = new Outbox({}, LAST);
		for (let i = 0; i < 3; i += 1) put(outbox);
		outbox.next();
		outbox.sent(0);
		outbox.next();
		outbox.sent(0);
		outbox.rewind();
		expect(outbox.oldest()).toBe(-1);
		expect(drain(outbox)).toEqual(["1*", "2*", "3"]);
		outbox.rewind();
		expect(drain(outbox)).toEqual(["1*", "2*", "3*"]);
	});
	test("never sets DUP for QoS 0, whose first write broke (3.3.1.1)", () => {
		const outbox = new Outbox({}, LAST);
		expect(outbox.put("t", "x", 0, undefined, 5)?.[0]).toBe(0x30);
		outbox.rewind();
		expect(drain(outbox)).toEqual(["0"]);
	});
	test("passes over what was acknowledged out of order", () => {
		const outbox = new Outbox({ messages: 4 }, LAST);
		for (let i = 0; i < 4; i += 1) put(outbox);
		drain(outbox);
		outbox.acknowledge(2);
		outbox.acknowledge(3);
		expect([outbox.count, put(outbox)]).toEqual([4, "outbox-full"]);
		outbox.rewind();
		expect(outbox.unsent).toBe(2);
		expect(drain(outbox)).toEqual(["1*", "4*"]);
		outbox.acknowledge(1);
		expect(outbox.count).toBe(1);
		put(outbox);
		expect(drain(outbox)).toEqual(["5"]);
	});
	test("knows no PUBACK of what isn't in flight", () => {
		const outbox = new Outbox({ messages: 4 }, LAST);
		put(outbox);
		put(outbox, 0);
		expect(outbox.acknowledge(1)).toBeUndefined(); // not sent yet
		drain(outbox);
		for (const id of [2, 5, 9, LAST, 0xffff]) expect(outbox.acknowledge(id)).toBeUndefined();
		expect(outbox.count).toBe(2); // the second is done, its slot is free with the first's
		outbox.acknowledge(1);
		expect(outbox.count).toBe(0);
	});
	test("gives up everything, oldest first", () => {
		const outbox = new Outbox({ messages: 3 }, LAST);
		const told: number[] = [];
		put(outbox, 1, () => told.push(1));
		put(outbox);
		put(outbox, 0, () => told.push(3));
		outbox.next();
		outbox.sent(0);
		for (const done of outbox.clear()) done();
		expect(told).toEqual([1, 3]);
		expect([outbox.count, outbox.unsent]).toEqual([0, 0]);
		put(outbox);
		expect(drain(outbox).length).toBe(1);
	});
	test("gives nothing when nothing waits", () => {
		const outbox = new Outbox({}, LAST);
		expect(outbox.next()).toBeUndefined();
	});
	test("gives the same view for the same place and size", () => {
		const outbox = new Outbox({}, LAST);
		put(outbox);
		const first = outbox.next();
		outbox.sent(0);
		outbox.acknowledge(1);
		put(outbox);
		expect(outbox.next() === first).toBe(true);
	});
});

describe("a message that may be written at once", () => {
	const text = (packet: unknown): string => (packet instanceof Uint8Array ? hex(packet) : `${packet}`);
	const x = Uint8Array.of(0x78);

	test("is given, counts as sent, and is acknowledged", () => {
		const outbox = new Outbox({}, LAST);
		expect(text(outbox.put("t", x, 1, undefined, 7))).toBe("3206000174000178");
		expect([outbox.unsent, outbox.count, outbox.oldest()]).toEqual([0, 1, 7]);
		expect(outbox.atOnce()).toBeUndefined();
		outbox.acknowledge(1);
		expect(outbox.count).toBe(0);
	});
	test("of QoS 0 is done when it's written", () => {
		const outbox = new Outbox({}, LAST);
		let told = 0;
		outbox.put("t", x, 0, () => told++, 7);
		outbox.atOnce()?.();
		expect([told, outbox.count]).toEqual([1, 0]);
	});
	test("waits if it couldn't be written, or if others do", () => {
		const outbox = new Outbox({}, LAST);
		outbox.put("t", x, 1, undefined, 7);
		outbox.notAtOnce();
		expect([outbox.unsent, outbox.oldest()]).toEqual([1, -1]);
		expect(outbox.put("t", x, 1, undefined, 8)).toBeUndefined();
		expect(drain(outbox)).toEqual(["1", "2"]);
	});
	test("goes after those that are in flight", () => {
		const outbox = new Outbox({}, LAST);
		put(outbox);
		drain(outbox);
		expect(text(outbox.put("t", x, 1, undefined, 7))).toBe("3206000174000278");
		outbox.rewind();
		expect(drain(outbox)).toEqual(["1*", "2*"]);
	});
	test("is right whatever lay at its place before", () => {
		const outbox = new Outbox({}, LAST);
		const sent: string[] = [];
		let id = 0;
		const send = (topic: string, payload: Uint8Array | string, qos: 0 | 1 = 1): void => {
			sent.push(text(outbox.put(topic, payload, qos, undefined, 7)));
			outbox.atOnce();
			id += 1;
			outbox.acknowledge(id);
		};
		send("t", x);
		send("t", Uint8Array.of(0x79)); // only id and payload are new
		send("t", "z");
		send("t", x);
		send("u", x);
		send("u", x, 0);
		send("u", x);
		outbox.put("u", x, 1, undefined, 7);
		outbox.rewind(); // sets DUP
		drain(outbox);
		outbox.acknowledge(8);
		id = 8;
		send("u", x);
		send("u", Uint8Array.of(0x78, 0x78));
		expect(sent).toEqual([
			"3206000174" + "0001" + "78",
			"3206000174" + "0002" + "79",
			"3206000174" + "0003" + "7a",
			"3206000174" + "0004" + "78",
			"3206000175" + "0005" + "78",
			"3004000175" + "78",
			"3206000175" + "0007" + "78",
			"3206000175" + "0009" + "78",
			"3207000175" + "000a" + "7878",
		]);
	});
});

describe("packet ids", () => {
	test("are never used twice in flight, and come round", () => {
		const outbox = new Outbox({ messages: 5 }, LAST);
		put(outbox);
		drain(outbox); // 1 stays in flight over all others: the oldest, so only four more fit
		const seen = new Set<string>();
		let most = 0;
		for (let i = 0; i < 4; i += 1) put(outbox);
		for (const id of drain(outbox)) seen.add(id);
		expect(seen.size).toBe(4);
		expect(seen.has("1")).toBe(false);
		for (const id of [1, 2, 3, 4, 5]) outbox.acknowledge(id);
		const counts = new Uint8Array(65_536); // a Map of so many entries takes 5 MB on XS
		for (let i = 0; i < 70_000; i += 1) {
			put(outbox);
			const id = Number(drain(outbox)[0]);
			counts[id] = (counts[id] ?? 0) + 1;
			most = Math.max(most, id);
			outbox.acknowledge(id);
		}
		expect(most).toBe(65_530);
		expect(counts[0]).toBe(0);
		expect(counts.every((count) => count <= 2)).toBe(true);
	}, 20_000);
});

test("random use: nothing is lost, nothing overlaps, order is kept", () => {
	let seed = 20261124;
	const random = (below: number): number => {
		seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
		return Math.floor((seed / 0x1_0000_0000) * below);
	};
	const outbox = new Outbox({ bytes: 400, messages: 7 }, LAST);
	const accepted: string[] = []; // texts in order, not acknowledged yet
	const flight = new Map<number, string>();
	let number = 0;
	for (let step = 0; step < 3000; step += 1) {
		const what = random(10);
		if (what < 5) {
			const text = `${number}-`.padEnd(random(90), ".");
			if (outbox.put("t", text, 1, undefined, -1) === undefined) accepted.push(text);
			number += 1;
		} else if (what < 8 && outbox.unsent > 0) {
			const packet = outbox.next() ?? new Uint8Array();
			let at = 2;
			if ((packet[1] ?? 0) > 127) at = 3;
			const id = ((packet[at + 3] ?? 0) << 8) | (packet[at + 4] ?? 0);
			let text = "";
			for (const byte of packet.subarray(at + 5)) text += String.fromCharCode(byte);
			expect(flight.has(id)).toBe(false);
			flight.set(id, text);
			outbox.sent(step);
		} else if (what === 8 && flight.size > 0) {
			const ids = [...flight.keys()];
			const id = ids[random(ids.length)] ?? 0;
			const index = accepted.indexOf(flight.get(id) ?? "");
			expect(index >= 0).toBe(true);
			accepted.splice(index, 1);
			flight.delete(id);
			outbox.acknowledge(id);
		} else if (random(10) === 0) {
			flight.clear();
			outbox.rewind();
		}
		expect(outbox.unsent + flight.size).toBe(accepted.length);
		expect([...flight.values()]).toEqual(accepted.filter((text) => [...flight.values()].includes(text)));
	}
	expect(number).toBeGreaterThan(1000);
});
