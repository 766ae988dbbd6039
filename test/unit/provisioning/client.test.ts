// The host's client against the device's rules in this process: every frame lost once, every answer lost once, the device
// restarted after every frame; answers that are none.
import { commands, seal, statuses } from "provisioning/codec";
import Core from "provisioning/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type BurnRecord, ConsoleClient } from "../../../tools/lib/console/client";
import type { ConsoleError } from "../../../tools/lib/console/error";
import type { Line } from "../../../tools/lib/console/line";
import { FakeRecords } from "../../lib/fake-records";
import { info } from "./support";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Timers of the host fire as soon as nothing else happens. */
async function settled<T>(promise: Promise<T>): Promise<T> {
	let done = false;
	const end = () => {
		done = true;
	};
	promise.then(end, end);
	while (!done) await vi.advanceTimersByTimeAsync(50);
	return promise;
}

interface Fate {
	/** Whether the n-th frame of the host (from 1) arrives, and its answer. */
	readonly request?: (n: number) => boolean;
	readonly answer?: (n: number) => boolean;
	/** The device loses its power after the n-th frame, its answer is not sent. */
	readonly reset?: (n: number) => boolean;
}

/** A line to a device with these records. */
class DeviceLine implements Line {
	readonly name = "line";
	readonly records = new FakeRecords();
	frames = 0;
	restarts = 0;
	closed = false;
	/** What it answers instead. */
	instead: ((request: Uint8Array) => Uint8Array) | undefined;
	onEnd = (_error: ConsoleError): void => {};
	#onBytes = (_bytes: Uint8Array): void => {};
	#fate: Fate;
	#core: Core;

	constructor(fate: Fate = {}) {
		this.#fate = fate;
		this.#core = this.#boot();
	}

	#boot(): Core {
		const core: Core = new Core({
			records: this.records,
			info,
			events: {
				onSend: (bytes) => {
					const { answer = () => true, reset = () => false } = this.#fate;
					const copy = bytes.slice();
					core.sent(0);
					if (answer(this.frames) && !reset(this.frames)) queueMicrotask(() => this.#onBytes(copy));
				},
				onCommit: () => {},
				onProvisioned: () => {},
				onRestart: () => {
					this.restarts += 1;
					this.restart();
				},
				onRefused: () => {},
			},
		});
		return core;
	}

	restart(): void {
		this.#core = this.#boot();
	}

	send(bytes: Uint8Array): void {
		this.frames += 1;
		const { request = () => true, reset = () => false } = this.#fate;
		if (this.instead) {
			const answer = this.instead(bytes);
			queueMicrotask(() => this.#onBytes(answer));
			return;
		}
		if (!request(this.frames)) return;
		const core = this.#core;
		core.space(bytes.length).set(bytes);
		core.filled(bytes.length, 0);
		if (reset(this.frames)) this.restart();
	}

	listen(onBytes: (bytes: Uint8Array) => void, onEnd: (error: ConsoleError) => void): void {
		this.#onBytes = onBytes;
		this.onEnd = onEnd;
	}

	close(): void {
		this.closed = true;
	}
}

const record = (name: string, value: string | Uint8Array): BurnRecord => ({ name, value: Buffer.from(value) });
const records = [
	record(
		"identity/certificate",
		Uint8Array.from({ length: 1000 }, (_, at) => at & 0xff),
	),
	record("identity/privateKey", new Uint8Array(700).fill(0x6b)),
	record("link/host", "cloud.example"),
];
const names = records.map(({ name }) => name).sort();

/** Frames of a burn on a good line. */
async function framesOfABurn(): Promise<number> {
	const line = new DeviceLine();
	await settled(new ConsoleClient(line).burn(records));
	return line.frames;
}

describe("a burn in which one thing goes wrong", () => {
	const fates: [string, (at: number) => Fate][] = [
		["a request is lost", (at) => ({ request: (n) => n !== at })],
		["an answer is lost", (at) => ({ answer: (n) => n !== at })],
		["two answers are lost", (at) => ({ answer: (n) => n !== at && n !== at + 1 })],
		["the device is restarted", (at) => ({ reset: (n) => n === at })],
	];

	test.each(fates)("%s, at every frame: the records are there, written once", async (_name, fate) => {
		const frames = await framesOfABurn();
		expect(frames).toBeGreaterThan(6);
		for (let at = 1; at <= frames; at++) {
			const line = new DeviceLine(fate(at));
			const client = new ConsoleClient(line);
			await settled(client.burn(records));
			expect(line.records.names(), `frame ${at}`).toEqual(names);
			expect(line.records.written.length, `frame ${at}`).toBe(1);
			for (const one of records) await settled(client.prove(one));
			expect(line.frames).toBeGreaterThan(frames);
		}
	});

	test("a restart whose answer is lost happens once", async () => {
		let lost = false;
		const line = new DeviceLine({
			// identify is 1, restart 2.
			answer: (n) => {
				if (n !== 2) return true;
				lost = true;
				return false;
			},
		});
		await settled(new ConsoleClient(line).restart());
		expect([lost, line.restarts, line.frames]).toEqual([true, 1, 3]);
	});
});

describe("what can't go well", () => {
	test("nobody answers: five tries, then it's told", async () => {
		const line = new DeviceLine({ request: () => false });
		await expect(settled(new ConsoleClient(line).identify())).rejects.toMatchObject({ code: "no-answer" });
		expect(line.frames).toBe(5);
	});

	test("a device that restarts at every commit: given up after three sessions", async () => {
		let commits = 0;
		const line = new DeviceLine();
		const send = line.send.bind(line);
		line.send = (bytes) => {
			if (bytes[2] === commands.commit) {
				commits += 1;
				line.restart();
			}
			send(bytes);
		};
		await expect(settled(new ConsoleClient(line).burn(records))).rejects.toMatchObject({ code: "no-session" });
		expect(commits).toBe(3);
		expect(line.records.names()).toEqual([]);
	});

	test.each(statuses.slice(1).map((status, at) => [status, at + 1] as const))(
		"a device that answers %s",
		async (status, code) => {
			const line = new DeviceLine();
			line.instead = (request) => answerTo(request, Uint8Array.of(code, 0x14, 0, 3, 0x61, 0x1b, 0x62));
			const error = (await settled(new ConsoleClient(line).identify().catch((it: unknown) => it))) as ConsoleError;
			expect(error.code).toBe(status);
			// What a device says steers no terminal.
			expect([error.detail, error.message.includes("\x1b")]).toEqual(["a?b", false]);
		},
	);

	test.each([
		["a status that there isn't", Uint8Array.of(200)],
		["fields that are cut", Uint8Array.of(0, 1, 0)],
		["no status at all", new Uint8Array(0)],
		["nothing that identify tells", Uint8Array.of(0)],
	])("%s", async (_name, payload) => {
		const line = new DeviceLine();
		line.instead = (request) => answerTo(request, payload);
		await expect(settled(new ConsoleClient(line).identify())).rejects.toMatchObject({ code: "nonsense" });
	});

	test("a list that says there is more, and gives nothing", async () => {
		const line = new DeviceLine();
		line.instead = (request) => answerTo(request, Uint8Array.of(0, 0x0b, 0, 1, 1));
		await expect(settled(new ConsoleClient(line).list())).rejects.toMatchObject({ code: "nonsense" });
	});

	test("a proof of another value, and one that is none", async () => {
		const line = new DeviceLine();
		const client = new ConsoleClient(line);
		await settled(client.burn(records));
		await expect(settled(client.prove(record("link/host", "other")))).rejects.toMatchObject({
			code: "wrong-proof",
			detail: "link/host",
		});
		line.instead = (request) => answerTo(request, Uint8Array.of(0, 0x13, 0, 1, 1));
		await expect(settled(client.prove(record("link/host", "cloud.example")))).rejects.toMatchObject({
			code: "wrong-proof",
		});
	});

	test("the line's end ends what waits, and all that comes", async () => {
		const line = new DeviceLine({ request: () => false });
		const client = new ConsoleClient(line);
		const asked = client.identify();
		asked.catch(() => {});
		await vi.advanceTimersByTimeAsync(10);
		line.onEnd(Object.assign(new Error("gone"), { code: "closed" }) as ConsoleError);
		await expect(asked).rejects.toMatchObject({ code: "closed" });
		await expect(client.list()).rejects.toMatchObject({ code: "closed" });
		client.close();
		expect(line.closed).toBe(true);
	});
});

/** A whole frame that answers `request`. */
function answerTo(request: Uint8Array, payload: Uint8Array): Uint8Array {
	const bytes = new Uint8Array(523);
	bytes.set(payload, 7);
	const id = ((request[3] as number) << 8) | (request[4] as number);
	return bytes.slice(0, seal(bytes, (request[2] as number) | 0x80, id, payload.length));
}
