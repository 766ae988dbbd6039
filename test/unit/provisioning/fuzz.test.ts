// The rules over frames that go wrong in every way: nothing throws, every answer is one, memory stays bounded, and nothing
// is stored but by a commit whose digest is right. Fixed seed; 10^4 frames, 10^6 with LINKXS_ALL=1.
import { commands, PAYLOAD_MAX, tags } from "provisioning/codec";
import { isWellFormed } from "provisioning/fields";
import { expect, test } from "vitest";
import { Bench, type Burned, deviceSecret, digestOf, type Fields, frameOf, SESSION, writeFields } from "./support";

const frames = process.env["LINKXS_ALL"] === "1" ? 1_000_000 : 10_000;

/** mulberry32 */
function generator(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (state + 0x6d2b79f5) | 0;
		let value = Math.imul(state ^ (state >>> 15), 1 | state);
		value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
		return ((value ^ (value >>> 14)) >>> 0) % below;
	};
}

const OTHER: readonly Burned[] = [
	["link/host", "cloud.example"],
	["network/1/ssid", "home"],
];

test(`${frames} frames, seed 5`, () => {
	const next = generator(5);
	const bytes = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, () => next(256));
	const any = <T>(list: readonly T[]): T => list[next(list.length)] as T;
	const bench = new Bench();
	const known = [...deviceSecret, ...OTHER];
	let current: Uint8Array = SESSION;
	const session = (): Uint8Array => (next(8) === 0 ? bytes(next(10)) : current);
	const request = (id: number): Uint8Array => {
		const [name, value] = any(known) as readonly [string, string];
		const data = Buffer.from(value);
		const at = next(data.length);
		const fields: Record<string, () => Fields> = {
			begin: () => [
				[tags.session, session()],
				[tags.flags, bytes(next(8) === 0 ? 2 : 1)],
			],
			write: () =>
				next(3) > 0
					? writeFields(name, data, 0, data.length, session())
					: writeFields(
							name,
							data.subarray(at, at + next(9)),
							any([at, next(5000)]),
							any([data.length, next(5000)]),
							current,
						),
			commit: () => [
				[tags.session, session()],
				[tags.digest, next(4) === 0 ? bytes(32) : digestOf(any([deviceSecret, OTHER, known]))],
			],
			abort: () => [[tags.session, session()]],
			prove: () => [
				[tags.record, name],
				[tags.challenge, bytes(14 + next(54))],
			],
			list: () => (next(2) === 0 ? [] : [[tags.record, bytes(next(70))]]),
			restart: () => [[tags.boot, bytes(8)]],
		};
		const command = any([...Object.keys(commands), "write", "write"]) as keyof typeof commands;
		const some = fields[command]?.() ?? [[next(256), bytes(next(20))]];
		return frameOf(next(20) === 0 ? next(256) : commands[command], id, some, next(40) === 0 ? next(16) : 1);
	};
	/** Whatever came before: after a silence all of it goes well. */
	const whole = (): void => {
		const records = any([deviceSecret, OTHER, known]);
		bench.pass(300);
		bench.answers.length = 0;
		expect(bench.burn(records, next(4), bytes(8))).toBe("ok");
	};
	for (let id = 0; id < frames; id++) {
		// A session's end now and then, so that new ones begin.
		if (next(50) === 0) current = bytes(8);
		if (next(60) === 0) whole();
		const frame = request(id & 0xffff);
		switch (next(12)) {
			case 0:
				frame[next(frame.length)] = next(256);
				break;
			case 1:
				bench.feed(bytes(next(30)));
				break;
			case 2:
				bench.feed(frame.subarray(0, next(frame.length)));
				bench.pass(next(400));
				break;
		}
		bench.events.length = 0;
		const before = bench.records.written.length;
		bench.feed(frame, 1 + next(frame.length));
		if (next(16) === 0) bench.pass(next(40_000));
		const told = bench.events.filter((event) => event.startsWith("commit"));
		// Records that are the same already are not written again.
		// Plain comparisons: a million of expect() takes minutes.
		if (bench.records.written.length - before > told.length) throw new Error(`frame ${id}: written without a commit`);
		for (const { payload, status } of bench.answers) {
			const isAnswer = status !== undefined && isWellFormed(payload, 1, true);
			if (!isAnswer || payload.length > PAYLOAD_MAX) throw new Error(`frame ${id}: its answer is none`);
		}
		bench.answers.length = 0;
	}
	for (const name of bench.records.names()) expect(known.map(([name]) => name)).toContain(name);
	expect(bench.records.text("identity/productKey") ?? "a1B2c3D4e5F").toBe("a1B2c3D4e5F");
	bench.pass(60_000);
	expect(bench.status("identify")).toBe("ok");
}, 1_800_000);
