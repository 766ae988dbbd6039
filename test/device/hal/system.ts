import { equal, hmac, Key } from "hal/crypto";
import { deriveKey, lastWords, memory, note, resetReason, setTime, ticks, time, uniqueId, watchdog } from "hal/system";
import Timer from "hal/timer";
import { expect, test } from "test/expect";

const pause = (ms: number) => new Promise<void>((resolve) => void Timer.set(() => resolve(), ms));

test("the first run after power-on has no last words", () => {
	expect(resetReason()).toBe("power-on");
	expect(lastWords()).toBe(undefined);
});

test("ticks never go back, and have a fraction", async () => {
	let former = ticks();
	let fraction = false;
	for (let i = 0; i < 200; i++) {
		const now = ticks();
		expect(now >= former).toBe(true);
		fraction ||= now % 1 !== 0;
		former = now;
	}
	expect(fraction).toBe(true);
	await pause(20);
	expect(ticks() - former).toBeGreaterThan(19);
});

test("the wall clock can be set, and runs", async () => {
	setTime(1_700_000_000_000);
	await pause(20);
	const now = time() ?? 0;
	expect(now).toBeGreaterThanOrEqual(1_700_000_000_019);
	expect(now).toBeLessThan(1_700_000_060_000);
	expect(() => setTime(Number.NaN)).toThrow(RangeError);
	expect(() => setTime(-1)).toThrow(RangeError);
});

test("the unique id is 6 to 16 bytes, the same each time", () => {
	const id = uniqueId();
	expect(id.length).toBeGreaterThanOrEqual(6);
	expect(id.length).toBeLessThanOrEqual(16);
	expect(Array.from(uniqueId()).join()).toBe(Array.from(id).join());
});

test("the device's own keys are 32 bytes, the same each time, others for other purposes", () => {
	const proof = (info: Uint8Array) => {
		const key = deriveKey(info);
		expect(key instanceof Key).toBe(true);
		expect(key.byteLength).toBe(32);
		return hmac("SHA256", key, Uint8Array.of(1));
	};
	const [a, b] = [Uint8Array.of(97), new Uint8Array(1000).fill(98)];
	expect(equal(proof(a), proof(a))).toBe(true);
	expect(equal(proof(b), proof(b.slice()))).toBe(true);
	expect(equal(proof(a), proof(b))).toBe(false);
	expect(equal(proof(a), proof(new Uint8Array(0)))).toBe(false);
	expect(equal(proof(a), proof(Uint8Array.of(0, 97, 0).subarray(1, 2)))).toBe(true);
	expect(() => deriveKey("text" as unknown as Uint8Array)).toThrow(TypeError);
});

test("memory grows by what is kept, and shrinks when it is let go", () => {
	const before = memory(true);
	let kept: unknown[] = [];
	for (let i = 0; i < 100; i++) kept.push({ i });
	const during = memory(true);
	expect(during.slots - before.slots).toBeGreaterThan(100 * 16);
	expect(during.slotsPeak).toBeGreaterThanOrEqual(during.slots);
	kept = [];
	const after = memory(true);
	expect(after.slots).toBeLessThan(during.slots);
	if (after.collections > 0) expect(after.collections).toBeGreaterThan(before.collections); // 0: not counted here
	expect(after.stackPeak).toBeLessThanOrEqual(after.stack);
});

test("a heap that has an end tells what is left of it", () => {
	const { heapFree, heapLargest } = memory();
	expect(heapFree === undefined).toBe(heapLargest === undefined);
	if (heapFree === undefined || heapLargest === undefined) return;
	expect(heapLargest).toBeGreaterThan(10_000);
	expect(heapLargest).toBeLessThanOrEqual(heapFree);
	const keys: Key[] = [];
	for (let i = 0; i < 10; i++) keys.push(Key.from(new Uint8Array(1000)));
	expect(memory().heapFree).toBeLessThan(heapFree - 9_999);
	expect(keys.length).toBe(10);
});

test("the watchdog takes 100 ms to 10 minutes", () => {
	for (const ms of [99, 600_001, Number.NaN, -1]) expect(() => watchdog.start(ms)).toThrow(RangeError);
	watchdog.start(100);
	watchdog.feed();
	watchdog.stop();
	watchdog.stop();
	watchdog.feed();
});

test("a stopped watchdog does not reset, fed or not", async () => {
	watchdog.start(100);
	watchdog.stop();
	watchdog.feed();
	await pause(150);
});

test("a note may be of any length", () => {
	note("");
	note("x".repeat(5000));
	note("€".repeat(100));
});

test("Date has the wall clock, and no time zone", () => {
	setTime(1_600_000_000_000);
	expect(Math.abs(Date.now() - 1_600_000_000_000)).toBeLessThan(1000);
	expect(new Date(0).getTimezoneOffset()).toBe(0);
	expect(new Date(2020, 0, 1).getTime()).toBe(Date.UTC(2020, 0, 1));
});

test("Math.random is in [0, 1), and spread", () => {
	const buckets = new Array<number>(10).fill(0);
	for (let i = 0; i < 2000; i++) {
		const value = Math.random();
		expect(value >= 0 && value < 1).toBe(true);
		const bucket = Math.floor(value * 10);
		buckets[bucket] = (buckets[bucket] ?? 0) + 1;
	}
	for (const count of buckets) expect(count).toBeGreaterThan(100);
});
