import { ANSWER_TIME, ClockCore, POLL_MAX, POLL_MIN } from "network/clock-core";
import type { Server } from "network/server";
import { describe, expect, test } from "test/expect";
import { answerAt } from "./support";

const hour = 3_600_000;
const today = Date.UTC(2026, 10, 24, 12);

const a: Server = { host: "a.example", port: 123 };
const b: Server = { host: "b.example", port: 123 };
const fixed: Server = { host: "10.0.0.9", port: 1123 };

class Asking {
	readonly core: ClockCore;
	cookie = new Uint8Array(8);
	/** Servers that nothing can be sent to. */
	unreachable = new Set<Server>();
	#decided: string[] = [];
	#cookies = 0;

	constructor(servers: Server[], random = 0.5, notBefore = Date.UTC(2026, 0, 1)) {
		const bytes = (count: number) => new Uint8Array(count).fill(++this.#cookies);
		this.core = new ClockCore(
			{ servers, notBefore, bytes, random: () => random },
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
	test("that is answered gives the time, half of the way older, and is the last", () => {
		const it = begun();
		it.answer(104);
		expect(it.decided).toEqual(["ask a.example", "time 2026-11-24T12:00:00.050Z"]);
		expect([it.core.state, it.core.wakeAt]).toEqual(["idle", undefined]);
	});

	test("goes to the next server when there's no answer in time", () => {
		const it = begun();
		expect(it.wake()).toBe(ANSWER_TIME);
		it.answer(ANSWER_TIME + 10);
		expect(it.decided).toEqual(["ask a.example", "ask b.example", "time 2026-11-24T12:00:00.003Z"]);
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
		expect(it.core.state).toBe("idle");
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

	test("is a time before the firmware was built", () => {
		const it = begun();
		it.answer(1, undefined, Date.UTC(2025, 11, 31, 23, 59, 59));
		expect(it.decided).toEqual(["ask a.example", "ask b.example"]);
		it.answer(2, undefined, Date.UTC(2026, 0, 1, 0, 0, 1));
		expect(it.decided).toEqual(["time 2026-01-01T00:00:01.000Z"]);
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
	};
	const NOW = hour;
	const events: Record<string, (it: Asking) => void> = {
		start: ({ core }) => core.start(NOW),
		stop: ({ core }) => core.stop(),
		"woken early": ({ core }) => core.wake((core.wakeAt ?? 1) - 1),
		woken: ({ core }) => core.wake(core.wakeAt ?? NOW),
		failed: ({ core }) => core.failed(NOW),
		answer: (it) => it.answer(NOW),
	};
	const table: Record<string, Record<string, [string, ...string[]]>> = {
		idle: { start: ["asking", "ask a.example"] },
		asking: {
			stop: ["idle"],
			woken: ["waiting", "missed"],
			failed: ["asking", "ask a.example"],
			answer: ["idle", `time ${new Date(today + (NOW - 4) / 2).toISOString()}`],
		},
		waiting: { start: ["asking", "ask a.example"], stop: ["idle"], woken: ["asking", "ask a.example"] },
	};
	// An hour later the pass has ended: its only server was asked.
	table["asking"] = { ...table["asking"], failed: ["waiting", "missed"] };

	for (const [state, way] of Object.entries(ways))
		for (const [event, happen] of Object.entries(events)) {
			const [after, ...decided] = table[state]?.[event] ?? [state];
			test(`${state}, ${event} → ${after} ${decided.join(", ")}`, () => {
				const it = way();
				expect(it.core.state).toBe(state);
				expect(it.decided).toBeDefined();
				happen(it);
				expect([it.core.state, ...it.decided]).toEqual([after, ...decided]);
			});
		}
});
