// No message leaves anything behind: what is in use after a collection is the same after 10⁴ and after 10⁵ of them
// (in the short run: 10³ and 5 × 10³).
import { memory } from "hal/system";
import config from "mc/config";
import { expect, test } from "test/expect";
import { until, Witness } from "./support";

const { port, marks } = config as { port: number; marks: [number, number] };

/** What is in use once `count` messages, each of which came back, were acknowledged. */
async function after(count: number, witness: Witness, seen: { count: number }, into: number[]): Promise<void> {
	let sent = 0;
	const payload = new Uint8Array(100);
	const next = (): void => {
		if (seen.count >= count) return;
		payload[0] = sent & 255;
		sent += 1;
		witness.client.publish("memory", payload, 1);
	};
	seen.count = 0;
	onMessage = next;
	next();
	await until(`${count} messages`, () => seen.count >= count, 120_000);
	await until("all acknowledged", () => witness.client.pending === 0);
	const { slots, chunks } = memory(true);
	into[0] = slots;
	into[1] = chunks;
}

let onMessage = (): void => {};

test(`slots and chunks after ${marks[0]} and ${marks[1]} messages are equal`, async () => {
	const seen = { count: 0 };
	const witness = new Witness(port, {
		onMessage: () => {
			seen.count += 1;
			onMessage();
			return true;
		},
	});
	witness.client.subscribe("memory", 1, () => {});
	// Made before: what the test itself keeps must not be seen as growth.
	const early = [0, 0];
	const late = [0, 0];
	await after(100, witness, seen, late);
	await after(marks[0], witness, seen, early);
	await after(marks[1] - marks[0], witness, seen, late);
	console.log(`memory: slots and chunks ${early} after ${marks[0]}, ${late} after ${marks[1]} messages`);
	expect(late).toEqual(early);
	expect(witness.ends).toEqual([]);
	witness.client.close();
}, 200_000);
