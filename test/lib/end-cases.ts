// How a run ends and what the next one finds of it: test/device/simulator/ends.ts, the same on every host of ours.
import { describe, expect, test } from "vitest";
import type { ResetReason } from "../../tools/simulator/events";

/** As much of a simulator or an emulator as these need. */
export interface EndingDevice {
	readonly lines: readonly string[];
	readonly events: readonly { readonly event: string }[];
	line(pattern: string | RegExp, ms?: number): Promise<string>;
	event(name: "reset"): Promise<{ readonly reason: ResetReason; readonly message: string }>;
	stop(): Promise<{ readonly code: number | null }>;
}

export interface EndBench {
	/** Whether stack traces have lines. */
	readonly debuggable: boolean;
	/** A device with that program of test/device/simulator. */
	boot(program: string, config: Readonly<Record<string, unknown>>): Promise<EndingDevice>;
}

interface LastWords {
	readonly reason: string;
	readonly message: string;
	readonly stack: string;
	readonly log: readonly string[];
	readonly uptime: number;
	readonly memory: Readonly<Record<string, number>>;
}

type Case = readonly [end: string, reason: ResetReason, message: string, call: string];

/** `call` is a function that the stack must name. */
export const endCases: readonly Case[] = [
	["restart", "software", "to try it", "default"],
	["watchdog", "watchdog", "not fed for 150 ms", "spin"],
	["watchdog idle", "watchdog", "not fed for 150 ms", ""],
	["watchdog collecting", "watchdog", "not fed for 150 ms", ""],
	["memory", "memory", "out of memory", "fill"],
	["stack", "stack", "stack overflow", "deeper"],
	["C stack", "stack", "stack overflow", "parse"],
	["exception", "exception", "RangeError: thrown late", "throwLate"],
	["default throws", "exception", "TypeError: thrown at once", ""],
];

/** Has a run end in a way, and gives what the next run finds of it. */
async function lastWordsOf(bench: EndBench, end: string) {
	const device = await bench.boot("ends", { end });
	expect(await device.line(/^begin/, 30_000)).toBe("begin power-on");
	const reset = await device.event("reset");
	const words = JSON.parse((await device.line(/^words /, 30_000)).slice(6)) as LastWords;
	expect(reset).toMatchObject({ reason: words.reason, message: words.message });
	const begin = device.lines.filter((line) => line.startsWith("begin"))[1] ?? "";
	const lines = [...device.lines];
	expect((await device.stop()).code).toBe(0);
	return { reason: begin.slice(6), words, lines };
}

/** The tests, in `describe` blocks of their own. */
export function endTests(bench: EndBench): void {
	describe("a reset keeps its reason and the last words", () => {
		test.each(endCases)("%s", { timeout: 60_000 }, async (end, reason, message, call) => {
			const found = await lastWordsOf(bench, end);
			expect(found.reason).toBe(reason);
			expect(found.words.reason).toBe(reason);
			expect(found.words.message).toContain(message);
			expect(found.words.stack).toContain(call);
			if (bench.debuggable && call) expect(found.words.stack).toMatch(/simulator\/ends\.ts:\d+/);
			expect(found.words.log).toEqual([2, 3, 4, 5, 6, 7, 8, 9].map((i) => `line ${i}`));
			expect(found.words.memory["slots"]).toBeGreaterThan(0);
			expect(found.words.memory["slotsPeak"]).toBeGreaterThanOrEqual(found.words.memory["slots"] ?? 0);
			expect(found.words.uptime).toBeLessThan(60_000);
			// Neither memory full nor stack overflow can be caught.
			expect(found.lines).not.toContain("caught");
			expect(found.lines.some((line) => line.startsWith(`# ${reason}: `))).toBe(true);
		});

		test("memory full and stack overflow tell the heap's marks", async () => {
			const { lines } = await lastWordsOf(bench, "memory");
			expect(lines.join("\n")).toMatch(/# slots \d+ \(peak \d+\), chunks \d+ \(peak \d+\), stack peak/);
		});
	});

	describe("the device goes on", () => {
		const hasReset = (device: EndingDevice) => device.events.some(({ event }) => event === "reset");

		test("after a rejection that nobody took, which is told with its stack", async () => {
			const device = await bench.boot("ends", { end: "rejection" });
			await device.line("# unhandled rejection: Error: nobody took it");
			await device.line("alive");
			expect((await device.stop()).code).toBe(0);
			expect(hasReset(device)).toBe(false);
			if (bench.debuggable) expect(device.lines.join("\n")).toMatch(/ at .*simulator\/ends\.ts:\d+/);
		});
		test("and says nothing of one that was taken", async () => {
			const device = await bench.boot("ends", { end: "late rejection" });
			await device.line("alive");
			await device.stop();
			expect(device.lines).toContain("was taken");
			expect(device.lines.join("\n")).not.toContain("unhandled");
		});
		test("after an async main that fails", async () => {
			const device = await bench.boot("ends", { end: "async" });
			await device.line("# unhandled rejection: Error: from an async main");
			expect((await device.stop()).code).toBe(0);
		});
		test("while the watchdog is fed", async () => {
			const device = await bench.boot("ends", { end: "watchdog fed" });
			await device.line("survived");
			await device.stop();
			expect(hasReset(device)).toBe(false);
		});
	});
}
