// The device against servers that die, stall, half-close, dribble, flood, vanish and refuse (failing.host.ts): what the
// outbox accepted arrives at least once, in order, none lost.
import { decode } from "hal/text";
import config from "mc/config";
import { describe, expect, test } from "test/expect";
import { delay, numbers, until, Witness } from "./support";

const { ports, all, testTimeScale } = config as { ports: Record<string, number>; all: boolean; testTimeScale: number };
const port = (name: string): number => ports[name] ?? 0;

/** Publish `count` messages, a few at a time, as far as the outbox takes them. */
async function publish(witness: Witness, count: number): Promise<void> {
	for (let i = 0; i < count; ) {
		if (witness.count(i)) i += 1;
		else await delay(5);
	}
}

describe("every accepted message arrives at least once, in order, when the server", () => {
	test("dies", async () => {
		const witness = new Witness(port("dies"), { outbox: { messages: 8 } });
		await publish(witness, 200);
		const answer = await witness.ask();
		expect(answer.first).toEqual(numbers(200));
		expect([answer.connections, answer.againWithoutDup]).toEqual([6, 0]);
		expect(answer.again).toBeGreaterThan(9);
		witness.client.close();
	}, 30_000);

	test("stalls", async () => {
		const witness = new Witness(port("stalls"), { outbox: { messages: 8 }, timeout: 300 * testTimeScale });
		await publish(witness, 50);
		const answer = await witness.ask();
		expect(answer.first).toEqual(numbers(50));
		expect([answer.connections, answer.againWithoutDup]).toEqual([4, 0]);
		expect(witness.ends.every((code) => code === "acknowledge-timeout")).toBe(true);
		witness.client.close();
	}, 30_000);

	test("half-closes", async () => {
		const witness = new Witness(port("halfCloses"), { outbox: { messages: 8 } });
		await publish(witness, 50);
		const answer = await witness.ask();
		expect(answer.first).toEqual(numbers(50));
		expect(witness.ends).toEqual(["closed-by-server", "closed-by-server", "closed-by-server"]);
		witness.client.close();
	}, 30_000);

	test("sends byte by byte", async () => {
		const witness = new Witness(port("byteByByte"));
		await publish(witness, 100);
		expect((await witness.ask()).first).toEqual(numbers(100));
		expect(witness.ends).toEqual([]);
		witness.client.close();
	}, 30_000);

	test("doesn't read for a second", async () => {
		const payload = new Uint8Array(25_000);
		const witness = new Witness(port("narrow"), { outbox: { bytes: 64_000, messages: 100 } });
		await until("online", () => witness.online > 0);
		let sent = 0;
		for (let i = 0; i < 120; ) {
			if (witness.client.publish("bulk", payload, 1, () => (sent += 1)) === undefined) {
				while (i % 10 === 0 && !witness.count(i / 10)) await delay(5);
				i += 1;
			} else await delay(5);
		}
		expect((await witness.ask()).first).toEqual(numbers(12));
		expect([sent, witness.ends]).toEqual([120, []]);
		witness.client.close();
	}, 30_000);

	test(`is gone for ${all ? "a minute" : "two seconds"}`, async () => {
		const witness = new Witness(port("vanishes"), { outbox: { messages: 16 }, reconnect: () => 100 });
		let refused = 0;
		let next = 0;
		for (let i = 0; i < 300; i += 1) {
			if (witness.count(next)) next += 1;
			else refused += 1;
			await delay(all ? 220 : 10);
		}
		const answer = await witness.ask(120_000);
		expect(answer.first).toEqual(numbers(next));
		expect(answer.againWithoutDup).toBe(0);
		expect(refused).toBeGreaterThan(0);
		expect(next).toBeGreaterThan(20);
		witness.client.close();
	}, 150_000);
});

test("one huge message comes in pieces, whole and in order, and is acknowledged", async () => {
	let next = 0;
	let wrong = 0;
	let pieces = 0;
	let largest = 0;
	const witness = new Witness(port("huge"), {
		buffer: 2048,
		onMessage(topic, payload, offset, total) {
			if (topic === "answer") witness.messages.push({ topic, text: decode(payload) });
			if (topic !== "huge") return true;
			pieces += 1;
			if (offset !== next || total !== 2_000_000) wrong += 1;
			if (payload[0] !== (offset & 255) || payload.at(-1) !== ((offset + payload.byteLength - 1) & 255)) wrong += 1;
			next = offset + payload.byteLength;
			largest = Math.max(largest, payload.byteLength);
			return true;
		},
	});
	witness.client.subscribe("huge", 1, () => {});
	await until("all of it", () => next === 2_000_000, 20_000);
	expect([wrong, largest <= 2048, pieces > 900]).toEqual([0, true, true]);
	expect((await witness.ask()).connections).toBe(1);
	witness.client.close();
}, 30_000);

describe("CONNECT", () => {
	test("goes out in one piece", async () => {
		const witness = new Witness(port("first"));
		const { notes } = await witness.ask();
		expect(notes).toEqual([`first ${2 + 10 + 2 + "linkxs".length}`]);
		witness.client.close();
	});
	for (const [number, code] of [
		[1, "unacceptable-protocol-version"],
		[2, "identifier-rejected"],
		[3, "server-unavailable"],
		[4, "bad-user-name-or-password"],
		[5, "not-authorized"],
	] as const) {
		test(`refused with ${number} is ${code}`, async () => {
			const witness = new Witness(port(`refuses${number}`), { reconnect: () => undefined });
			await until("an end", () => witness.ends.length > 0);
			await delay(50);
			expect(witness.ends).toEqual([code]);
			witness.client.close();
		});
	}
	test("where nobody listens is the network's fault", async () => {
		const witness = new Witness(1, { reconnect: () => undefined });
		await until("an end", () => witness.ends.length > 0);
		expect([witness.ends, witness.errors[0]?.detail]).toEqual([["network"], "refused"]);
		witness.client.close();
	});
});

test("what the SDK's clients get wrong: an empty payload, PUBACK before the handler, an exception in a callback", async () => {
	const got: string[] = [];
	const witness = new Witness(port("sdk"), {
		onMessage(topic, payload) {
			if (topic === "answer") witness.messages.push({ topic, text: decode(payload) });
			else {
				got.push(`${topic} ${decode(payload)}`);
				witness.client.publish("handled", String(got.length), 0);
			}
			if (topic === "throws") throw new Error("on purpose");
			return true;
		},
	});
	witness.client.subscribe("#", 1, () => {
		throw new Error("on purpose, too");
	});
	await until("all messages", () => got.length === 5);
	expect(got).toEqual(["empty ", "good one", "throws two", "empty ", "good three"]);
	const { notes, connections } = await witness.ask();
	expect(notes).toEqual([1, 2, 3, 4, 5].flatMap((n) => [`handled ${n}`, `puback ${n}`]));
	expect(connections).toBe(1);
	expect(witness.exceptions.map((error) => (error as Error).message)).toEqual(["on purpose, too", "on purpose"]);
	witness.client.close();
});

test("after close() nobody is called, and a second one is harmless", async () => {
	const witness = new Witness(port("first"));
	await until("online", () => witness.online > 0);
	const told: unknown[] = [];
	witness.client.publish("count", "never", 1, (error) => told.push(error?.code));
	witness.client.close();
	witness.client.close();
	expect(told).toEqual(["closed"]);
	expect(witness.client.publish("count", "x", 1)?.code).toBe("closed");
	await delay(100);
	expect([witness.ends, witness.messages, told.length]).toEqual([[], [], 1]);
});
