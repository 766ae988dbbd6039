import { CABLE_TIME, LEASE_TIME } from "network/wired";
import { describe, expect, test } from "test/expect";
import { type Decisions, everyStateAndEvent } from "./every-state";
import { Wire } from "./support";

function begun(): Wire {
	const it = new Wire();
	it.core.start(0);
	return it;
}

const ways: Record<string, () => Wire> = {
	idle: () => new Wire(),
	waiting() {
		const it = new Wire();
		it.broken = true;
		it.core.start(0);
		it.broken = false;
		return it;
	},
	unplugged: begun,
	addressing() {
		const it = begun();
		it.core.changed(1, 400);
		return it;
	},
	told() {
		const it = begun();
		it.core.wake(CABLE_TIME);
		return it;
	},
	online() {
		const it = begun();
		it.core.changed(1, 500);
		return it;
	},
};

const NOW = 10;
const events: Record<string, (it: Wire) => void> = {
	start: ({ core }) => core.start(NOW),
	stop: ({ core }) => core.stop(),
	"at 200": ({ core }) => core.changed(NOW, 200),
	"at 300": ({ core }) => core.changed(NOW, 300),
	"at 400": ({ core }) => core.changed(NOW, 400),
	"at 500": ({ core }) => core.changed(NOW, 500),
	"woken early": ({ core }) => core.wake((core.wakeAt ?? 1) - 1),
	woken: ({ core }) => core.wake(core.wakeAt ?? NOW),
};

const table: Decisions = {
	idle: { start: ["unplugged", "open"] },
	waiting: { start: ["unplugged", "open"], stop: ["idle"], woken: ["unplugged", "open"] },
	unplugged: {
		stop: ["idle"],
		"at 400": ["addressing"],
		"at 500": ["online", "online"],
		woken: ["told", "no-signal"],
	},
	addressing: {
		stop: ["idle"],
		"at 200": ["unplugged"],
		"at 300": ["unplugged"],
		"at 500": ["online", "online"],
		woken: ["told", "no-address"],
	},
	told: { stop: ["idle"], "at 400": ["addressing"], "at 500": ["online", "online"] },
	online: {
		stop: ["idle"],
		"at 200": ["unplugged", "lost"],
		"at 300": ["unplugged", "lost"],
		"at 400": ["addressing", "lost"],
	},
};

describe("every state and event", () => {
	everyStateAndEvent(ways, events, table);
});

test("a driver that doesn't start is tried again, after pauses", () => {
	const it = new Wire();
	it.broken = true;
	it.core.start(0);
	expect([it.decided, it.core.wakeAt]).toEqual([["open", "system no driver"], 1000]);
	it.core.wake(1000);
	expect([it.decided, it.core.wakeAt]).toEqual([["open", "system no driver"], 3000]);
});

test("a cable without an end, and one without an address, are told when it has been long enough", () => {
	const it = begun();
	expect(it.core.wakeAt).toBe(CABLE_TIME);
	it.core.changed(5, 400);
	expect(it.core.wakeAt).toBe(5 + LEASE_TIME);
});
