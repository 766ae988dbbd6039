import { ticks } from "hal/system";
import Timer from "hal/timer";
import { expect, test } from "test/expect";

/** Resolves after `ms`. */
const pause = (ms: number) => new Promise<void>((resolve) => void Timer.set(() => resolve(), ms));

test("set calls back once, with the timer, never before it returned", async () => {
	const seen: unknown[] = [];
	const timer = Timer.set((it) => seen.push(it), 0);
	expect(seen.length).toBe(0);
	await pause(20);
	expect(seen.length).toBe(1);
	expect(seen[0]).toBe(timer);
});

test("a timer does not fire too early", async () => {
	const start = ticks();
	await pause(30);
	expect(ticks() - start).toBeGreaterThanOrEqual(30);
});

test("timers fire in the order in which they are due, equal ones in the order in which they were set", async () => {
	const order: string[] = [];
	Timer.set(() => order.push("c"), 30);
	Timer.set(() => order.push("a"), 10);
	Timer.set(() => order.push("b"), 20);
	Timer.set(() => order.push("0"));
	Timer.set(() => order.push("1"));
	await pause(50);
	expect(order.join("")).toBe("01abc");
});

test("repeat goes on until it is cleared, in its own callback, too", async () => {
	let count = 0;
	await new Promise<void>((resolve) => {
		Timer.repeat((timer) => {
			if (++count < 3) return;
			Timer.clear(timer);
			resolve();
		}, 5);
	});
	await pause(40);
	expect(count).toBe(3);
});

test("set with repeat has a first delay of its own", async () => {
	let count = 0;
	const timer = Timer.set(() => count++, 0, 1000);
	await pause(30);
	expect(count).toBe(1);
	Timer.clear(timer);
});

test("clear twice, undefined and null are no error; a cleared timer does not fire", async () => {
	let fired = false;
	const timer = Timer.set(() => {
		fired = true;
	}, 5);
	Timer.clear(timer);
	Timer.clear(timer);
	Timer.clear(undefined);
	Timer.clear(null);
	await pause(20);
	expect(fired).toBe(false);
});

test("schedule moves a timer; without a time it is suspended", async () => {
	const fired: string[] = [];
	const later = Timer.set(() => fired.push("later"), 5);
	const suspended = Timer.set(() => fired.push("suspended"), 5);
	Timer.schedule(later, 40);
	Timer.schedule(suspended);
	await pause(20);
	expect(fired.length).toBe(0);
	await pause(40);
	expect(fired.join()).toBe("later");
	Timer.schedule(suspended, 0);
	await pause(10);
	expect(fired.join()).toBe("later,suspended");
});

test("a timer that schedules itself in its callback lives on", async () => {
	let count = 0;
	Timer.set((timer) => {
		if (++count < 4) Timer.schedule(timer, 1);
	}, 1);
	await pause(40);
	expect(count).toBe(4);
});

test("schedule of a timer that was cleared, or has fired, throws", async () => {
	const cleared = Timer.set(() => {}, 5);
	Timer.clear(cleared);
	expect(() => Timer.schedule(cleared, 1)).toThrow();
	const fired = Timer.set(() => {}, 0);
	await pause(10);
	expect(() => Timer.schedule(fired, 1)).toThrow();
});

test("a callback that is no function throws", () => {
	expect(() => Timer.set(undefined as unknown as () => void, 1)).toThrow(TypeError);
	expect(() => Timer.set({} as unknown as () => void, 1)).toThrow(TypeError);
});

test("odd delays: negative and NaN are 0, a huge one waits", async () => {
	let fired = 0;
	Timer.set(() => fired++, -5);
	Timer.set(() => fired++, Number.NaN);
	const never = Timer.set(() => fired++, 1e300);
	await pause(10);
	expect(fired).toBe(2);
	Timer.clear(never);
});

test("timers set for at once by a callback wait for the next turn: others are not starved", async () => {
	let spins = 0;
	let running = true;
	const spin = () => {
		spins++;
		if (running) Timer.set(spin);
	};
	spin();
	await pause(20);
	running = false;
	expect(spins).toBeGreaterThan(1);
});

test("a hundred timers are kept by the host, and let go", async () => {
	let fired = 0;
	for (let i = 0; i < 100; i++) Timer.set(() => fired++, i % 7);
	await pause(40);
	expect(fired).toBe(100);
});
