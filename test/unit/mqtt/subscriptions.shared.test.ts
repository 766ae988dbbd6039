import type { MqttError } from "mqtt/error";
import { Subscriptions } from "mqtt/subscriptions";
import { describe, expect, test } from "test/expect";
import { hex } from "./support";

const SUBSCRIBE = 10;
const UNSUBSCRIBE = 11;

/** A table with notes of what everybody was told. */
function table(limit = 32) {
	const notes: string[] = [];
	const subscriptions = new Subscriptions(SUBSCRIBE, UNSUBSCRIBE, limit);
	return {
		notes,
		subscriptions,
		add: (filter: string, qos: 0 | 1 = 1) =>
			subscriptions.add(filter, qos, (error, granted) => notes.push(`${filter} ${error?.code ?? granted}`)),
		remove: (filter: string) =>
			subscriptions.remove(filter, (error) => notes.push(`-${filter} ${error?.code ?? "ok"}`)),
		suback: (...codes: number[]) => subscriptions.suback(SUBSCRIBE, Uint8Array.from(codes)),
		unsuback: () => subscriptions.unsuback(UNSUBSCRIBE),
		/** The next packet: its kind, and the filters' letters. */
		next: () => {
			const packet = subscriptions.next();
			if (!packet) return "";
			const letters = [...packet.subarray(4)].filter((byte) => byte >= 97).map((byte) => String.fromCharCode(byte));
			return `${packet[0] === 0x82 ? "+" : "-"}${letters.join("")}`;
		},
	};
}

/** The states of an entry for "a", and how to get there. */
const states: Readonly<Record<string, (t: ReturnType<typeof table>) => void>> = {
	none: () => {},
	wanted: (t) => t.add("a"),
	asked: (t) => {
		t.add("a");
		t.next();
	},
	granted: (t) => {
		t.add("a");
		t.next();
		t.suback(1);
	},
	leaving: (t) => {
		states["granted"]?.(t);
		t.remove("a");
	},
	left: (t) => {
		states["leaving"]?.(t);
		t.next();
	},
};

/** What each event does in each state: what was told in it, then the next packet. */
const events: Readonly<Record<string, (t: ReturnType<typeof table>) => void>> = {
	add: (t) => t.add("a"),
	remove: (t) => t.remove("a"),
	granted: (t) => t.suback(0),
	refused: (t) => t.suback(0x80),
	unsuback: (t) => t.unsuback(),
	rewind: (t) => t.subscriptions.rewind(),
	renew: (t) => {
		t.subscriptions.rewind();
		t.subscriptions.renew();
		t.subscriptions.forget();
	},
};

const expected: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	none: { add: "/+a", remove: "-a ok/", granted: "/", refused: "/", unsuback: "/", rewind: "/", renew: "/" },
	wanted: {
		add: "/+a",
		remove: "a closed/-a",
		granted: "/+a",
		refused: "/+a",
		unsuback: "/+a",
		rewind: "/+a",
		renew: "/+a",
	},
	asked: {
		add: "/",
		remove: "a closed/-a",
		granted: "a 0/",
		refused: "a subscription-refused/",
		unsuback: "/",
		rewind: "/+a",
		renew: "/+a",
	},
	granted: { add: "a 1/", remove: "/-a", granted: "/", refused: "/", unsuback: "/", rewind: "/", renew: "/+a" },
	leaving: {
		add: "-a ok/+a",
		remove: "/-a",
		granted: "/-a",
		refused: "/-a",
		unsuback: "/-a",
		rewind: "/-a",
		renew: "-a ok/",
	},
	left: { add: "/", remove: "/", granted: "/", refused: "/", unsuback: "-a ok/", rewind: "/-a", renew: "-a ok/" },
};

describe("every event in every state", () => {
	for (const [state, outcomes] of Object.entries(expected)) {
		for (const [event, outcome] of Object.entries(outcomes)) {
			test(`${event} in ${state}`, () => {
				const t = table();
				states[state]?.(t);
				t.notes.length = 0;
				events[event]?.(t);
				expect(`${t.notes.join(",")}/${t.next()}`).toBe(outcome);
			});
		}
	}
	test("the tables are complete", () => {
		expect(Object.keys(expected)).toEqual(Object.keys(states));
		for (const outcomes of Object.values(expected)) expect(Object.keys(outcomes)).toEqual(Object.keys(events));
	});
});

describe("subscriptions", () => {
	test("go out together, eight at a time, one packet under way", () => {
		const t = table();
		for (const letter of "abcdefghij") t.add(letter);
		expect([t.next(), t.next()]).toEqual(["+abcdefgh", ""]);
		expect(t.subscriptions.waiting).toBe(true);
		expect(t.suback(1, 1, 1, 1, 1, 1, 1, 1)).toBe(true);
		expect([t.next(), t.suback(1, 0)]).toEqual(["+ij", true]);
		expect(t.subscriptions.waiting).toBe(false);
		expect(t.notes.at(-1)).toBe("j 0");
	});
	test("carry the QoS that was asked for", () => {
		const t = table();
		t.add("a", 0);
		t.add("b", 1);
		expect(hex(t.subscriptions.next() ?? new Uint8Array())).toBe("820a000a" + "00016100" + "00016201");
	});
	test("an answer with another number of codes, or an unknown one, is wrong (3.9.3)", () => {
		for (const codes of [[], [1, 1], [3], [0x7f], [0x81]]) {
			const t = table();
			t.add("a");
			t.next();
			expect(t.suback(...codes)).toBe(false);
		}
	});
	test("QoS 2 counts as granted: messages come with their publisher's QoS", () => {
		const t = table();
		t.add("a");
		t.next();
		expect(t.suback(2)).toBe(true);
		expect(t.notes).toEqual(["a 1"]);
	});
	test("answers with another id are passed over", () => {
		const t = table();
		t.add("a");
		t.next();
		expect(t.subscriptions.suback(99, Uint8Array.of(1, 2, 3))).toBe(true);
		t.subscriptions.unsuback(99);
		expect(t.notes).toEqual([]);
	});
	test("one that's left before its answer is asked for and left in order", () => {
		const t = table();
		t.add("a");
		t.add("b");
		expect(t.next()).toBe("+ab");
		t.remove("a");
		expect(t.next()).toBe("-a");
		expect(t.suback(1, 1)).toBe(true);
		t.unsuback();
		expect(t.notes).toEqual(["a closed", "b 1", "-a ok"]);
	});
	test("one that's asked for again while it's being left", () => {
		const t = table();
		states["left"]?.(t);
		t.notes.length = 0;
		t.add("a");
		t.unsuback();
		expect([t.notes.join(), t.next(), t.suback(1), t.notes.join()]).toEqual(["-a ok", "+a", true, "-a ok,a 1"]);
	});
	test("one that's left and asked for again before its answer", () => {
		const t = table();
		states["asked"]?.(t);
		t.remove("a");
		t.add("a");
		expect([t.next(), t.suback(1), t.next(), t.suback(0)]).toEqual(["", true, "+a", true]);
		expect(t.notes).toEqual(["a closed", "-a ok", "a 0"]);
	});
	test("are limited, and checked", () => {
		const t = table(2);
		t.add("a");
		t.add("b");
		t.add("a");
		expect(() => t.add("c")).toThrow(RangeError);
		expect(() => table().add("a#")).toThrow(RangeError);
	});
	test("each is told once, though the first to be told gives up all", () => {
		const { subscriptions } = table();
		const notes: string[] = [];
		const closed = Object.assign(new Error(), { code: "closed" }) as unknown as MqttError;
		subscriptions.add("a", 1, () => subscriptions.clear(closed));
		subscriptions.add("b", 1, (error, granted) => notes.push(`b ${error?.code ?? granted}`));
		subscriptions.next();
		subscriptions.suback(SUBSCRIBE, Uint8Array.of(1, 1));
		expect(notes).toEqual(["b closed"]);
	});
	test("all are told when there's no hope", () => {
		const t = table();
		states["left"]?.(t);
		t.add("b");
		t.notes.length = 0;
		t.subscriptions.clear(Object.assign(new Error(), { code: "closed" }) as unknown as MqttError);
		expect(t.notes).toEqual(["-a ok", "b closed"]);
		expect(t.next()).toBe("");
	});
});
