import { ADDRESS_TIME, JOIN_TIME, SCAN_TIME, SETTLE_TIME } from "network/join";
import { FIRST_PAUSE, LAST_PAUSE, STABLE } from "network/pauses";
import { describe, expect, test } from "test/expect";
import { type Decisions, everyStateAndEvent } from "./every-state";
import { Joining, network } from "./support";

const home = network(1, "home");
const work = network(2, "work");
const cafe = network(3, "cafe");
const shy = network(4, "shy", { hidden: true });

function begun(networks = [home, work, cafe], last?: number): Joining {
	const it = new Joining(networks, last);
	it.core.start(0);
	return it;
}

/** How each state is come to, with one network or two. */
const ways: Record<string, () => Joining> = {
	idle: () => new Joining([home, work]),
	waiting() {
		const it = begun([home]);
		it.core.changed(1, 200, "no-signal");
		return it;
	},
	scanning: () => begun([home, work]),
	settling() {
		const it = begun([home]);
		it.wake();
		return it;
	},
	joining: () => begun([home]),
	addressing() {
		const it = begun([home]);
		it.core.changed(1, 400);
		return it;
	},
	online() {
		const it = begun([home]);
		it.core.changed(1, 500);
		return it;
	},
};

const NOW = JOIN_TIME + 10;
const events: Record<string, (it: Joining) => void> = {
	start: ({ core }) => core.start(NOW),
	stop: ({ core }) => core.stop(),
	"at 200": ({ core }) => core.changed(NOW, 200),
	"at 200, key": ({ core }) => core.changed(NOW, 200, "wrong-key"),
	"at 300": ({ core }) => core.changed(NOW, 300),
	"at 400": ({ core }) => core.changed(NOW, 400),
	"at 500": ({ core }) => core.changed(NOW, 500),
	found: ({ core }) => core.found("home"),
	scanned: ({ core }) => core.scanned(NOW),
	"woken early": ({ core }) => core.wake((core.wakeAt ?? 1) - 1),
	woken: ({ core }) => core.wake(core.wakeAt ?? NOW),
};

const table: Decisions = {
	idle: {
		start: ["scanning", "scan"],
		"at 500": ["online", "online ?"],
	},
	waiting: {
		start: ["joining", "join home"],
		stop: ["idle"],
		"at 500": ["online", "online ?"],
		woken: ["joining", "join home"],
	},
	scanning: {
		stop: ["idle"],
		"at 500": ["online", "online ?"],
		scanned: ["joining", "join home"],
		woken: ["joining", "join home"],
	},
	settling: {
		stop: ["idle"],
		"at 500": ["online", "online ?"],
		woken: ["waiting"],
	},
	joining: {
		stop: ["idle"],
		"at 200": ["waiting", "no-signal home"],
		"at 200, key": ["waiting", "wrong-key home"],
		"at 400": ["addressing"],
		"at 500": ["online", "online home"],
		woken: ["settling", "timeout home", "leave"],
	},
	addressing: {
		stop: ["idle"],
		"at 200": ["waiting", "lost home"],
		"at 200, key": ["waiting", "wrong-key home"],
		"at 500": ["online", "online home"],
		woken: ["settling", "no-address home", "leave"],
	},
	online: {
		stop: ["idle"],
		"at 200": ["waiting", "lost home"],
		"at 200, key": ["waiting", "lost home"],
		"at 300": ["joining", "lost home"],
		"at 400": ["addressing", "lost home"],
	},
};

describe("every state and event", () => {
	everyStateAndEvent(ways, events, table, ({ core }, after) =>
		expect(core.wakeAt === undefined).toBe(after === "idle" || after === "online"),
	);
});

describe("a round", () => {
	test("scans, and tries what it saw in the records' order, not the air's", () => {
		const it = begun();
		expect([it.decided, it.core.wakeAt]).toEqual([["scan"], SCAN_TIME]);
		for (const ssid of ["cafe", "other", "home", "home"]) it.core.found(ssid);
		it.core.scanned(100);
		expect([it.decided, it.core.wakeAt]).toEqual([["no-signal work", "join home"], 100 + JOIN_TIME]);
		it.core.changed(200, 200, "wrong-key");
		expect(it.decided).toEqual(["wrong-key home", "join cafe"]);
		it.core.changed(300, 400);
		expect(it.core.wakeAt).toBe(300 + ADDRESS_TIME);
		it.core.changed(400, 500);
		expect(it.decided).toEqual(["online cafe"]);
	});

	test("tries all when the scan saw none of them", () => {
		const it = begun();
		it.core.found("other");
		it.core.scanned(100);
		it.core.changed(200, 200, "no-signal");
		it.core.changed(300, 200, "no-signal");
		it.core.changed(400, 200, "no-signal");
		expect(it.decided).toEqual([
			...["scan", "join home", "no-signal home", "join work", "no-signal work", "join cafe", "no-signal cafe"],
		]);
		expect(it.core.state).toBe("waiting");
	});

	test("tries a hidden network whatever the scan saw", () => {
		const it = begun([home, shy, work]);
		it.core.found("work");
		it.core.scanned(100);
		it.core.changed(200, 200, "no-signal");
		expect(it.decided).toEqual(["scan", "no-signal home", "join shy", "no-signal shy", "join work"]);
	});

	test("doesn't scan for hidden ones alone, nor for a single one", () => {
		expect(begun([shy, network(5, "shier", { hidden: true })]).decided).toEqual(["join shy"]);
		expect(begun([home]).decided).toEqual(["join home"]);
	});

	test("begins with the network that was good last, without a scan", () => {
		const it = begun([home, work, cafe], 2);
		it.core.changed(1, 200, "no-signal");
		expect(it.decided).toEqual(["join work", "no-signal work", "scan"]);
		it.core.found("home");
		it.core.scanned(2);
		expect(it.decided).toEqual(["no-signal cafe", "join home"]);
	});

	test("tries all when the interface can't scan", () => {
		const it = new Joining([home, work]);
		it.broken.add("scan");
		it.core.start(0);
		it.core.changed(1, 200, "refused");
		expect(it.decided).toEqual(["scan", "join home", "refused home", "join work"]);
	});

	test("goes on when a scan doesn't end", () => {
		const it = begun([home, work]);
		it.core.found("work");
		expect(it.wake()).toBe(SCAN_TIME);
		expect(it.decided).toEqual(["scan", "no-signal home", "join work"]);
	});

	test("guesses by the scan where the platform doesn't tell", () => {
		const it = begun([home, work]);
		it.core.found("home");
		it.core.scanned(1);
		it.core.changed(2, 200);
		expect(it.decided).toEqual(["scan", "no-signal work", "join home", "wrong-key home"]);
	});

	test("leaves what takes too long, and lets the driver settle before the next", () => {
		const it = begun([home, shy]);
		it.core.scanned(0);
		expect(it.wake()).toBe(JOIN_TIME);
		it.core.changed(JOIN_TIME + 1, 200, "no-signal");
		expect(it.decided).toEqual(["scan", "join home", "timeout home", "leave"]);
		expect(it.wake()).toBe(JOIN_TIME + SETTLE_TIME);
		expect(it.decided).toEqual(["join shy"]);
	});

	test("tells what fails at once, and ends", () => {
		const it = new Joining([home, shy]);
		it.broken.add("join");
		it.core.start(0);
		it.core.scanned(1);
		expect(it.decided).toEqual(["scan", "join home", "system no radio", "join shy", "system no radio"]);
		expect(it.core.state).toBe("waiting");
	});

	test("without a radio is tried again", () => {
		const it = new Joining([home]);
		it.broken.add("plan");
		it.core.start(0);
		expect([it.decided, it.core.state]).toEqual([["system no radio"], "waiting"]);
		it.broken.clear();
		it.wake();
		expect(it.decided).toEqual(["join home"]);
	});

	test("is not needed by an interface that is connected already", () => {
		const it = new Joining([home, work]);
		it.connection = 500;
		it.core.start(0);
		expect([it.decided, it.core.state]).toEqual([["online ?"], "online"]);
	});
});

describe("the records", () => {
	test("without a network are told once, and nothing happens until they're looked at anew", () => {
		const it = begun([]);
		expect([it.decided, it.core.state, it.core.wakeAt]).toEqual([["no-networks"], "idle", undefined]);
		it.networks = [home];
		it.core.start(1);
		expect(it.decided).toEqual(["join home"]);
	});

	test("that are wrong are told at the start, not every round; the others are tried", () => {
		const bad = network(2, "", { wrong: "network/2/ssid" });
		const it = begun([bad, home]);
		it.core.changed(1, 200, "no-signal");
		it.wake();
		it.core.changed(1, 200, "no-signal");
		expect(it.decided).toEqual(["bad-settings network/2/ssid", ...rounds(2)]);
		it.core.start(9);
		expect(it.decided).toEqual(["bad-settings network/2/ssid", "join home"]);
	});

	const rounds = (count: number) => Array.from({ length: count }, () => ["join home", "no-signal home"]).flat();

	test("that are all wrong leave nothing to do", () => {
		const it = begun([network(1, "x", { wrong: "network/1/key" })]);
		expect([it.decided, it.core.state]).toEqual([["bad-settings network/1/key"], "idle"]);
	});

	test("are read anew by every round", () => {
		const it = begun([home]);
		it.core.changed(1, 200, "no-signal");
		it.networks = [work];
		it.wake();
		expect(it.decided).toEqual(["join home", "no-signal home", "join work"]);
	});
});

describe("pauses", () => {
	/** The pause after each of so many rounds that fail, with this random number. */
	function pauses(random: number, count: number): number[] {
		const it = begun([home]);
		let now = 0;
		return Array.from({ length: count }, () => {
			it.random = [random];
			it.core.changed(now, 200, "no-signal");
			const pause = (it.core.wakeAt ?? 0) - now;
			now = it.wake();
			return pause;
		});
	}

	test("are a random part of a span that doubles up to a minute: full jitter", () => {
		const spans = [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000];
		expect([spans[0], spans.at(-1)]).toEqual([FIRST_PAUSE, LAST_PAUSE]);
		expect(pauses(0.5, 8)).toEqual(spans.map((span) => span / 2));
		expect(pauses(0, 8)).toEqual(spans.map(() => 0));
		expect(pauses(0.999, 8)).toEqual(spans.map((span) => span * 0.999));
	});

	test("begin anew after a network that lasted, and only then", () => {
		const it = begun([home]);
		let now = 0;
		const lose = (after: number) => {
			it.core.changed(now, 500);
			it.core.changed(now + after, 200);
			const pause = (it.core.wakeAt ?? 0) - now - after;
			now = it.wake();
			return pause;
		};
		expect([lose(10), lose(10), lose(STABLE - 1), lose(STABLE), lose(10)]).toEqual([1000, 2000, 4000, 1000, 2000]);
	});

	test("are cut short by a start", () => {
		const it = begun([home]);
		it.core.changed(1, 200, "no-signal");
		it.core.start(2);
		expect(it.decided).toEqual(["join home", "no-signal home", "join home"]);
	});
});

describe("a network that goes", () => {
	test("is told once, and looked for after a pause", () => {
		const it = begun([home]);
		it.core.changed(1, 500);
		it.core.changed(2, 500);
		it.core.changed(3, 200, "no-signal");
		it.core.changed(4, 200, "no-signal");
		expect(it.decided).toEqual(["join home", "online home", "lost home"]);
		it.wake();
		expect(it.decided).toEqual(["join home"]);
	});

	test("to which the driver comes back by itself is online again", () => {
		const it = begun([home]);
		it.core.changed(1, 500);
		it.core.changed(2, 300);
		it.core.changed(3, 400);
		it.core.changed(4, 500);
		expect(it.decided).toEqual(["join home", "online home", "lost home", "online home"]);
	});

	test("and gives no address any more is left for the others of the next round", () => {
		const it = begun([home]);
		it.core.changed(1, 500);
		it.core.changed(2, 400);
		it.wake();
		it.wake();
		expect([it.decided, it.core.state]).toEqual([
			["join home", "online home", "lost home", "no-address home", "leave"],
			"waiting",
		]);
	});
});

describe("any order of events", () => {
	/** Numerical Recipes' generator: the same numbers on every machine. */
	function* numbers(seed: number) {
		for (let state = seed >>> 0; ; ) {
			state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
			yield state >>> 16;
		}
	}

	/** The air and the driver from now on: `work` lets it in. */
	function behave(it: Joining, now: number): number {
		for (let steps = 0; it.core.state !== "online"; steps++) {
			expect(steps).toBeLessThan(20);
			if (it.core.state === "idle") it.core.start(now);
			const { state, wakeAt = now } = it.core;
			const asked = it.decided.at(-1);
			now = Math.max(now, wakeAt);
			if (state === "joining" && asked !== "join work") it.core.changed(wakeAt - 1, 200, "no-signal");
			else if (state === "joining") it.core.changed(wakeAt - 1, 500);
			else it.core.wake(wakeAt);
		}
		return now;
	}

	test("leaves it able to come online, and never without a deadline", () => {
		for (let seed = 0; seed < 60; seed++) {
			const random = numbers(seed);
			const next = (below: number) => (random.next().value as number) % below;
			const it = new Joining([home, work, shy], next(5));
			let now = 0;
			for (let step = 0; step < 60; step++) {
				now += next(20_000);
				const doing: (() => void)[] = [
					() => it.core.start(now),
					() => it.core.changed(now, 200 + 100 * next(4), ([undefined, "no-signal", "wrong-key"] as const)[next(3)]),
					() => it.core.found(["home", "work", "x"][next(3)] ?? ""),
					() => it.core.scanned(now),
					() => it.core.wake(now),
				];
				doing[next(doing.length)]?.();
				const { state, wakeAt } = it.core;
				expect(wakeAt === undefined).toBe(state === "idle" || state === "online");
			}
			behave(it, now);
		}
	});
});
