import { AGREEMENT, ANSWER_TIME, CHECK_EVERY, CHECK_FIRST, ClockCore, POLL_MAX, POLL_MIN } from "network/clock-core";
import type { Server } from "network/server";
import { describe, expect, test } from "test/expect";
import { type Decisions, everyStateAndEvent } from "./every-state";
import { answerAt } from "./support";

const hour = 3_600_000;
const today = Date.UTC(2026, 10, 24, 12);

const a: Server = { host: "a.example", port: 123 };
const b: Server = { host: "b.example", port: 123 };
const c: Server = { host: "c.example", port: 123 };
const fixed: Server = { host: "10.0.0.9", port: 1123 };

class Asking {
	readonly core: ClockCore;
	cookie = new Uint8Array(8);
	/** Servers that nothing can be sent to. */
	unreachable = new Set<Server>();
	#decided: string[] = [];
	#cookies = 0;

	constructor(servers: Server[], random = 0.5) {
		const [notBefore, notAfter] = [Date.UTC(2026, 0, 1), Date.UTC(2046, 0, 1)];
		const bytes = (count: number) => new Uint8Array(count).fill(++this.#cookies);
		this.core = new ClockCore(
			{ servers, notBefore, notAfter, bytes, random: () => random },
			{
				ask: (server, cookie) => {
					this.#decided.push(`ask ${server.host}`);
					this.cookie = cookie.slice();
					return !this.unreachable.has(server);
				},
				time: (ms) => this.#decided.push(`time ${new Date(ms).toISOString()}`),
				missed: () => this.#decided.push("missed"),
			},
		);
	}

	get decided(): string[] {
		return this.#decided.splice(0);
	}

	/** The present server's answer. */
	answer(now: number, change?: (packet: DataView) => void, at = today): void {
		this.core.answer(now, answerAt(at, this.cookie, change), "10.0.0.9", 123);
	}

	/** Each server asked from now on says what its name leads to, at once; one that isn't named is silent for its time. */
	pass(now: number, says: Record<string, number>): string[] {
		const decided: string[] = [];
		for (let at = now; this.core.state === "asking"; ) {
			decided.push(...this.decided);
			const said = says[decided.at(-1)?.slice(4, 5) ?? ""];
			if (said === undefined) at = this.wake();
			else this.answer(at, undefined, said + at);
		}
		return [...decided, ...this.decided];
	}

	wake(): number {
		const { wakeAt } = this.core;
		if (wakeAt === undefined) throw new Error("it sleeps");
		this.core.wake(wakeAt);
		return wakeAt;
	}
}

function begun(servers = [a, b]): Asking {
	const it = new Asking(servers);
	it.core.start(0);
	return it;
}

const kiss = (code: string) => (packet: DataView) => {
	packet.setUint8(1, 0);
	for (let i = 0; i < 4; i++) packet.setUint8(12 + i, code.charCodeAt(i));
};

describe("a question", () => {
	test("that is answered gives the time, half of the way older, and is the last for a day, or up to an eighth less", () => {
		const it = begun([a]);
		it.answer(104);
		expect(it.decided).toEqual(["ask a.example", "time 2026-11-24T12:00:00.050Z"]);
		expect([it.core.state, it.core.wakeAt]).toEqual(["resting", 104 + CHECK_EVERY - CHECK_EVERY / 16]);
	});

	test("goes to the next server when there's no answer in time", () => {
		const it = begun();
		expect(it.wake()).toBe(ANSWER_TIME);
		it.answer(ANSWER_TIME + 10);
		expect(it.decided).toEqual(["ask a.example", "ask b.example", "time 2026-11-24T12:00:00.003Z"]);
		expect(it.core.state).toBe("resting");
	});

	test("goes to the next server at once when the name has no address, or nothing can be sent", () => {
		const it = new Asking([a, b, fixed]);
		it.unreachable.add(b);
		it.core.start(0);
		it.core.failed(1);
		expect(it.decided).toEqual(["ask a.example", "ask b.example", "ask 10.0.0.9"]);
	});

	test("has a cookie of its own", () => {
		const it = begun();
		const first = it.cookie;
		it.wake();
		expect(it.cookie).not.toEqual(first);
		it.core.answer(ANSWER_TIME + 1, answerAt(today, first), "10.0.0.9", 123);
		expect(it.core.state).toBe("asking");
	});
});

describe("an answer is not looked at", () => {
	test("before a question, after the time is known, and after stop()", () => {
		const it = new Asking([a]);
		it.answer(0);
		it.core.start(0);
		it.answer(1);
		it.answer(2);
		it.core.stop();
		it.core.start(hour);
		it.core.stop();
		it.answer(hour + 1);
		expect(it.decided).toEqual(["ask a.example", "time 2026-11-24T12:00:00.000Z", "ask a.example"]);
	});

	test("between two passes", () => {
		const it = begun([a]);
		it.wake();
		expect(it.core.state).toBe("waiting");
		it.answer(ANSWER_TIME + 1);
		expect(it.decided).toEqual(["ask a.example", "missed"]);
	});

	test.each([
		["another port", "10.0.0.9", 123],
		["another address than the one that was asked", "10.0.0.8", 1123],
	])("from %s", (_name, address, port) => {
		const it = begun([fixed]);
		it.core.answer(1, answerAt(today, it.cookie), address, port);
		expect(it.core.state).toBe("asking");
		it.core.answer(1, answerAt(today, it.cookie), "10.0.0.9", 1123);
		expect(it.core.state).toBe("resting");
	});

	test("with another cookie", () => {
		const it = begun();
		it.answer(1, (packet) => packet.setUint8(31, 99));
		expect([it.core.state, it.core.wakeAt]).toEqual(["asking", ANSWER_TIME]);
	});
});

describe("an answer of no use", () => {
	test.each([
		["an unsynchronised clock's", (packet: DataView) => packet.setUint8(0, 0xe4)],
		["a kiss of no meaning", kiss("INIT")],
	])("leads to the next server: %s", (_name, change) => {
		const it = begun();
		it.answer(1, change);
		expect(it.decided).toEqual(["ask a.example", "ask b.example"]);
	});

	test.each([
		["before the firmware was built", Date.UTC(2025, 11, 31, 23, 59, 59)],
		["at the beginning of all", 0],
		["in 2090", Date.UTC(2090, 0, 1)],
		["as late as NTP can say", Date.UTC(2104, 1, 26)],
		["after what is believed", Date.UTC(2046, 0, 1, 0, 0, 1)],
	])("is a time %s", (_name, lie) => {
		const it = begun([a, b]);
		it.answer(1, undefined, lie);
		expect(it.decided).toEqual(["ask a.example", "ask b.example"]);
		it.answer(2, undefined, Date.UTC(2026, 0, 1, 0, 0, 1));
		expect(it.decided).toEqual(["time 2026-01-01T00:00:01.000Z"]);
	});

	test("is all that a single server says when it lies beyond the bounds: no time is better", () => {
		const it = begun([a]);
		it.answer(1, undefined, Date.UTC(2090, 0, 1));
		expect([it.core.state, it.decided]).toEqual(["waiting", ["ask a.example", "missed"]]);
	});
});

describe("a second opinion", () => {
	const time = `time ${new Date(today).toISOString()}`;
	const [lie, other] = [Date.UTC(2040, 0, 1), Date.UTC(2030, 0, 1)];
	const asks = (...names: string[]) => names.map((name) => `ask ${name}.example`);

	test.each<[string, Record<string, number>, string[]]>([
		["two that agree are enough", { a: today, b: today, c: lie }, [...asks("a", "b"), time]],
		["the first lies", { a: lie, b: today, c: today }, [...asks("a", "b", "c"), time]],
		["the second lies", { a: today, b: lie, c: today }, [...asks("a", "b", "c"), time]],
		["the third isn't asked", { a: today, b: today }, [...asks("a", "b"), time]],
		[
			"the first lies beyond the bounds",
			{ a: Date.UTC(2090, 0, 1), b: today, c: today },
			[...asks("a", "b", "c"), time],
		],
		["each says another time", { a: lie, b: other, c: today }, [...asks("a", "b", "c"), "missed"]],
		["just not apart", { a: today - AGREEMENT, b: today, c: lie }, [...asks("a", "b"), time]],
		["just apart", { a: today - AGREEMENT - 1, b: today }, [...asks("a", "b", "c"), "missed"]],
	])("%s", (_name, says, decided) => {
		const it = begun([a, b, c]);
		expect(it.pass(0, says)).toEqual(decided);
		expect(it.core.state).toBe(decided.includes("missed") ? "waiting" : "resting");
	});

	test.each(["a", "b", "c"])("isn't to be had where only %s answers: its answer counts at the pass's end", (name) => {
		const it = begun([a, b, c]);
		const decided = it.pass(0, { [name]: today });
		expect(decided.slice(0, 3)).toEqual(asks("a", "b", "c"));
		// As late as it is then: two servers were silent for 5 s each.
		expect(decided[3]).toBe(`time ${new Date(today + 2 * ANSWER_TIME).toISOString()}`);
	});

	test("of the pass before doesn't count, and two in disagreement are asked on", () => {
		const it = begun([a, b]);
		expect(it.pass(0, { a: today, b: lie })).toEqual([...asks("a", "b"), "missed"]);
		const again = it.wake();
		expect(it.pass(again, { a: other, b: today })).toEqual([...asks("a", "b"), "missed"]);
		const last = it.wake();
		expect(it.pass(last, { a: today, b: today }).slice(0, 2)).toEqual(asks("a", "b"));
		expect(it.core.state).toBe("resting");
	});

	test("of who was asked just now still counts", () => {
		const it = begun([a, b]);
		expect(it.pass(0, { b: today })).toHaveLength(3);
		it.core.stop();
		it.core.start(POLL_MIN);
		const [asked, time] = it.pass(POLL_MIN, { a: today });
		expect([asked, time?.slice(0, 9)]).toEqual(["ask a.example", "time 2026"]);
	});

	test.each([1, ANSWER_TIME, POLL_MIN - 1])(
		"is waited for when a loss after %d ms left one server alone to say",
		(ms) => {
			const it = begun([a, b]);
			it.answer(0, undefined, lie);
			it.core.stop();
			it.core.start(ms);
			expect(it.decided).toEqual([...asks("a", "b"), "missed"]);
			const again = it.wake();
			expect(it.pass(again, { b: today }).at(-1)).toMatch(/^time 2026/);
		},
	);

	test("of a server that wants fewer questions isn't waited for", () => {
		const it = begun([a, b]);
		it.answer(0, kiss("RATE"));
		it.core.stop();
		it.core.start(POLL_MIN);
		const decided = it.pass(POLL_MIN, { b: today });
		expect(decided.slice(0, 3)).toEqual(asks("a", "b", "b"));
		expect(decided[3]).toMatch(/^time 2026/);
	});

	test("isn't asked of servers beyond reach", () => {
		const it = new Asking([a, b, c]);
		for (const server of [a, c]) it.unreachable.add(server);
		it.core.start(0);
		expect(it.pass(0, { b: today })).toEqual([...asks("a", "b", "c"), time]);
	});
});

describe("a time that is known", () => {
	const known = (servers = [a, b], random = 0.5) => {
		const it = new Asking(servers, random);
		it.core.start(0, true);
		return it;
	};

	test("is compared within an hour where others have set it, and each day from then on", () => {
		const it = known();
		expect([it.decided, it.core.wakeAt]).toEqual([[], CHECK_FIRST / 2]);
		const at = it.wake();
		expect(it.pass(at, { a: today, b: today })).toHaveLength(3);
		expect(it.core.wakeAt).toBe(at + (CHECK_EVERY * 15) / 16);
		expect([known([a], 0).core.wakeAt, known([a], 0.999).core.wakeAt]).toEqual([0, CHECK_FIRST * 0.999]);
	});

	test("is compared once a day where nobody answers", () => {
		const it = known([a]);
		const first = it.wake();
		const missed = it.wake();
		expect([it.decided, it.core.state, it.core.wakeAt]).toEqual([
			...[["ask a.example", "missed"], "resting", missed + (CHECK_EVERY * 15) / 16],
		]);
		expect(missed).toBe(first + ANSWER_TIME);
	});

	test("is compared after a loss when it is due, at once when that was during the loss; offline nothing wakes", () => {
		const it = known([a]);
		it.wake();
		it.answer(hour);
		const { wakeAt = 0 } = it.core;
		it.core.stop();
		expect(it.core.wakeAt).toBeUndefined();
		it.core.start(2 * hour, true);
		expect(it.core.wakeAt).toBe(wakeAt);
		it.core.stop();
		it.core.start(wakeAt + hour, true);
		expect([it.core.state, it.core.wakeAt]).toEqual(["resting", wakeAt + hour]);
	});

	test("wakes nobody when there's nobody to ask", () => {
		expect(known([]).core.wakeAt).toBeUndefined();
		const it = known([a]);
		it.wake();
		it.answer(hour, kiss("DENY"));
		expect([it.core.state, it.core.wakeAt]).toEqual(["idle", undefined]);
		it.core.start(2 * hour, true);
		it.core.check(2 * hour);
		expect(it.core.wakeAt).toBeUndefined();
	});

	test("is asked for when it is doubted, as soon as all may be asked, many times as one", () => {
		const it = begun([a, b]);
		it.answer(1000);
		it.answer(1000);
		expect(it.decided).toHaveLength(3);
		for (const now of [2000, 3000]) it.core.check(now);
		expect([it.decided, it.core.state, it.core.wakeAt]).toEqual([[], "resting", 1000 + POLL_MIN]);
		const at = it.wake();
		it.core.check(at);
		expect(it.pass(at, { a: today, b: today })).toHaveLength(3);
		expect(it.core.wakeAt).toBe(at + (CHECK_EVERY * 15) / 16);
	});

	test("and doubted is asked for until there's an answer; then once a day again", () => {
		const it = known([a]);
		it.core.check(0);
		for (let pass = 0; pass < 3; pass++) {
			it.wake();
			it.wake();
			expect(it.decided).toEqual(["ask a.example", "missed"]);
			expect(it.core.state).toBe("waiting");
		}
		const at = it.wake();
		it.answer(at);
		expect(it.core.state).toBe("resting");
	});

	test("that is doubted while a pass is under way, or without a network, isn't forgotten", () => {
		const under = known([a]);
		under.wake();
		under.core.check(hour);
		under.wake();
		expect(under.core.state).toBe("waiting");
		const offline = known([a]);
		offline.core.stop();
		offline.core.check(5000);
		expect([offline.core.state, offline.core.wakeAt]).toEqual(["idle", undefined]);
		offline.core.start(9000, true);
		expect(offline.core.wakeAt).toBe(9000);
		offline.wake();
		expect(offline.decided).toEqual(["ask a.example"]);
	});

	test("is put right where the first server had lied and was alone", () => {
		const it = begun([a, b, c]);
		const lie = Date.UTC(2040, 0, 1);
		expect(it.pass(0, { a: lie }).at(-1)).toMatch(/^time 2040/);
		it.core.check(11_000);
		const at = it.wake();
		expect(it.pass(at, { a: lie, b: today, c: today }).at(-1)).toMatch(/^time 2026/);
	});
});

describe("a pass", () => {
	test("that nobody answers is told, and followed by others, later and later", () => {
		const it = begun([a]);
		const pauses: number[] = [];
		for (let pass = 0; pass < 10; pass++) {
			const missed = it.wake();
			pauses.push((it.core.wakeAt ?? 0) - missed);
			it.wake();
		}
		const spans = Array.from({ length: 10 }, (_, pass) => Math.min(POLL_MIN * 2 ** pass, POLL_MAX));
		expect(pauses).toEqual(spans.map((span) => POLL_MIN + span / 2));
		expect(it.decided.slice(0, 4)).toEqual(["ask a.example", "missed", "ask a.example", "missed"]);
	});

	test("asks no server twice within 16 s, whoever starts it how often", () => {
		const it = new Asking([a]);
		const asked: number[] = [];
		for (let now = 0; now < 100_000; now += 500) {
			it.core.stop();
			it.core.start(now);
			if (it.decided.includes("ask a.example")) asked.push(now);
		}
		for (let i = 1; i < asked.length; i++) expect((asked[i] ?? 0) - (asked[i - 1] ?? 0)).toBeGreaterThanOrEqual(15_000);
		expect(asked.length).toBe(7);
	});

	test("is begun anew by start(), not while one is under way", () => {
		const it = begun([a, b]);
		it.core.start(1);
		it.wake();
		it.wake();
		expect(it.decided).toEqual(["ask a.example", "ask b.example", "missed"]);
		it.core.start(hour);
		expect(it.decided).toEqual(["ask a.example"]);
	});

	test("without a server is over at once", () => {
		const it = begun([]);
		expect([it.decided, it.core.state]).toEqual([["missed"], "idle"]);
	});
});

describe("a kiss", () => {
	test.each(["DENY", "RSTR"])("%s ends the questions to that server, also after a new start", (code) => {
		const it = begun();
		it.answer(1, kiss(code));
		it.answer(2, kiss(code));
		expect([it.decided, it.core.state]).toEqual([["ask a.example", "ask b.example", "missed"], "idle"]);
		it.core.start(hour);
		expect(it.decided).toEqual(["missed"]);
	});

	test("RATE makes them rarer", () => {
		const it = begun([a]);
		const asked: number[] = [];
		it.answer(0, kiss("RATE"));
		expect(it.decided).toEqual(["ask a.example", "missed"]);
		for (let i = 0; i < 40; i++) {
			const now = it.wake();
			if (!it.decided.includes("ask a.example")) continue;
			asked.push(now);
			it.answer(now, kiss("RATE"));
		}
		const gaps = asked.map((at, i) => at - (asked[i - 1] ?? 0));
		expect((gaps[0] ?? 0) >= 4 * POLL_MIN && (gaps[1] ?? 0) >= 16 * POLL_MIN).toBe(true);
		expect(gaps.slice(3).every((gap) => gap >= POLL_MAX)).toBe(true);
	});

	test("is obeyed only with the cookie", () => {
		const it = begun([a]);
		it.answer(1, (packet) => {
			kiss("DENY")(packet);
			packet.setUint8(24, 99);
		});
		expect(it.core.state).toBe("asking");
		it.answer(2);
		expect(it.decided).toEqual(["ask a.example", "time 2026-11-24T12:00:00.000Z"]);
	});
});

describe("every state and event", () => {
	const ways: Record<string, () => Asking> = {
		idle: () => new Asking([a]),
		asking: () => begun([a]),
		waiting() {
			const it = begun([a]);
			it.wake();
			return it;
		},
		resting() {
			const it = begun([a]);
			it.answer(4);
			return it;
		},
	};
	const NOW = hour;
	const events: Record<string, (it: Asking) => void> = {
		start: ({ core }) => core.start(NOW),
		"start with a time": ({ core }) => core.start(NOW, true),
		check: ({ core }) => core.check(NOW),
		"check and woken": ({ core }) => {
			core.check(NOW);
			core.wake(NOW);
		},
		stop: ({ core }) => core.stop(),
		"woken early": ({ core }) => core.wake((core.wakeAt ?? 1) - 1),
		woken: ({ core }) => core.wake(core.wakeAt ?? NOW),
		failed: ({ core }) => core.failed(NOW),
		answer: (it) => it.answer(NOW),
	};
	const ask = "ask a.example";
	const table: Decisions = {
		idle: { start: ["asking", ask], "start with a time": ["resting"] },
		asking: {
			stop: ["idle"],
			woken: ["waiting", "missed"],
			// An hour later its time is long over.
			"check and woken": ["waiting", "missed"],
			// The pass has ended: its only server was asked.
			failed: ["waiting", "missed"],
			answer: ["resting", `time ${new Date(today + (NOW - 4) / 2).toISOString()}`],
		},
		waiting: {
			start: ["asking", ask],
			"start with a time": ["resting"],
			"check and woken": ["asking", ask],
			stop: ["idle"],
			woken: ["asking", ask],
		},
		// A check moves the deadline.
		resting: {
			check: ["resting"],
			start: ["asking", ask],
			"check and woken": ["asking", ask],
			stop: ["idle"],
			woken: ["asking", ask],
		},
	};

	everyStateAndEvent(ways, events, table);
});
