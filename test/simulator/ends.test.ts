import { describe, expect, test } from "vitest";
import type { ResetReason } from "../../tools/simulator/events";
import { exitCodes } from "../../tools/simulator/events";
import { boot, debuggable, flash, useSimulator } from "./firmware";

useSimulator();

interface LastWords {
	readonly reason: string;
	readonly message: string;
	readonly stack: string;
	readonly log: readonly string[];
	readonly uptime: number;
	readonly memory: Readonly<Record<string, number>>;
}

/** Has a run end in a way, and gives what the next run finds of it. */
async function lastWordsOf(end: string): Promise<{ reason: string; words: LastWords; lines: readonly string[] }> {
	const device = boot(await flash("ends", { end }));
	expect(await device.line("begin")).toBe("begin power-on");
	const reset = await device.event("reset");
	const words = JSON.parse((await device.line(/^words /)).slice(6)) as LastWords;
	expect(reset).toMatchObject({ reason: words.reason, message: words.message });
	const begin = device.lines.filter((line) => line.startsWith("begin"))[1] ?? "";
	const lines = [...device.lines];
	expect(await device.stop()).toMatchObject({ code: exitCodes.stopped });
	return { reason: begin.slice(6), words, lines };
}

describe("a reset keeps its reason and the last words", () => {
	const cases: readonly (readonly [end: string, reason: ResetReason, message: string, call: string])[] = [
		["restart", "software", "to try it", "default"],
		["watchdog", "watchdog", "not fed for 150 ms", "spin"],
		["watchdog idle", "watchdog", "not fed for 150 ms", ""],
		["memory", "memory", "out of memory", "fill"],
		["stack", "stack", "stack overflow", "deeper"],
		["exception", "exception", "RangeError: thrown late", "throwLate"],
		["default throws", "exception", "TypeError: thrown at once", ""],
	];
	test.each(cases)("%s", async (end, reason, message, call) => {
		const found = await lastWordsOf(end);
		expect(found.reason).toBe(reason);
		expect(found.words.reason).toBe(reason);
		expect(found.words.message).toContain(message);
		expect(found.words.stack).toContain(call);
		if (debuggable && call) expect(found.words.stack).toMatch(/simulator\/ends\.ts:\d+/);
		expect(found.words.log).toEqual([2, 3, 4, 5, 6, 7, 8, 9].map((i) => `line ${i}`));
		expect(found.words.memory.slots).toBeGreaterThan(0);
		expect(found.words.memory.slotsPeak).toBeGreaterThanOrEqual(found.words.memory.slots ?? 0);
		expect(found.words.uptime).toBeLessThan(60_000);
		// Neither memory full nor stack overflow can be caught.
		expect(found.lines).not.toContain("caught");
		expect(found.lines.some((line) => line.startsWith(`# ${reason}: `))).toBe(true);
	});

	test("memory full and stack overflow tell the heap's marks", async () => {
		const { lines } = await lastWordsOf("memory");
		expect(lines.join("\n")).toMatch(/# slots \d+ \(peak \d+\), chunks \d+ \(peak \d+\), stack peak/);
	});
});

describe("the device goes on", () => {
	test("after a rejection that nobody took, which is told with its stack", async () => {
		const device = boot(await flash("ends", { end: "rejection" }));
		await device.line("# unhandled rejection: Error: nobody took it");
		await device.line("alive");
		expect((await device.stop()).code).toBe(exitCodes.stopped);
		expect(device.events.some(({ event }) => event === "reset")).toBe(false);
		if (debuggable) expect(device.lines.join("\n")).toMatch(/ at .*simulator\/ends\.ts:\d+/);
	});
	test("and says nothing of one that was taken", async () => {
		const device = boot(await flash("ends", { end: "late rejection" }));
		await device.line("alive");
		await device.stop();
		expect(device.lines).toContain("was taken");
		expect(device.lines.join("\n")).not.toContain("unhandled");
	});
	test("after an async main that fails", async () => {
		const device = boot(await flash("ends", { end: "async" }));
		await device.line("# unhandled rejection: Error: from an async main");
		expect((await device.stop()).code).toBe(exitCodes.stopped);
	});
	test("while the watchdog is fed", async () => {
		const device = boot(await flash("ends", { end: "watchdog fed" }));
		await device.line("survived");
		await device.stop();
		expect(device.events.some(({ event }) => event === "reset")).toBe(false);
	});
});

describe("the supervisor", () => {
	test("ends after as many resets as it was told", async () => {
		const device = boot(await flash("ends", { end: "quick" }), { resets: 2 });
		expect(await device.ended).toMatchObject({ code: exitCodes.resets });
		expect(device.events.filter(({ event }) => event === "boot")).toHaveLength(3);
	});
	test("waits longer and longer before it boots a device again that ends at once", async () => {
		const device = boot(await flash("ends", { end: "quick" }), { resets: 3 });
		await device.ended;
		expect(device.events.flatMap((it) => (it.event === "backoff" ? [it.ms] : []))).toEqual([100, 200, 400]);
	});
	test("ends a device that hangs", async () => {
		const device = boot(await flash("ends", { end: "hang" }));
		await device.line("begin");
		expect(await device.stop()).toMatchObject({ code: exitCodes.hung, reason: "the device did not end by itself" });
	});
});
