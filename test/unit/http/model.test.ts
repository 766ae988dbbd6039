// Random lives of a client on a virtual clock: whatever the server, the stream and the application do, each request ends
// once, in silence if it was given up, and never from within a call of the application's.
import Client, { type RequestOptions } from "http/client";
import type { HttpError } from "http/error";
import { expect, test } from "vitest";
import { FakeStream } from "../../lib/fake-stream";
import { clock } from "../../lib/hal/clock";
import { generator, latin1, textOf } from "./support";

const SEED = Number(process.env["LINKXS_SEED"] ?? 11);
const WORLDS = process.env["LINKXS_ALL"] ? 60_000 : 2_000;
const STEPS = 60;
const TIMEOUT = 1000;

type Random = (below: number) => number;

interface Asked {
	readonly answer: Uint8Array;
	readonly body: string;
	readonly valid: boolean;
	got: string;
	state: "active" | "given up" | "ended";
	heads: number;
	error: HttpError | undefined;
}

/** An answer, what its body is, and whether it's a valid one. */
function makeAnswer(random: Random): { answer: Uint8Array; body: string; valid: boolean } {
	const body = "abcdefghij".repeat(random(60)).slice(0, random(500));
	const status = [200, 200, 404, 206][random(4)];
	const close = random(4) === 0 ? "Connection: close\r\n" : "";
	const head = `HTTP/1.1 ${status} x\r\n${close}`;
	switch (random(6)) {
		case 0:
		case 1:
			return { answer: latin1(`${head}Content-Length: ${body.length}\r\n\r\n${body}`), body, valid: true };
		case 2: {
			const half = body.length >> 1;
			const chunks = [body.slice(0, half), body.slice(half)]
				.filter((part) => part.length > 0)
				.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`)
				.join("");
			return { answer: latin1(`${head}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`), body, valid: true };
		}
		case 3:
			return {
				answer: latin1(`HTTP/1.1 100 Continue\r\n\r\n${head}Content-Length: 2\r\n\r\nhi`),
				body: "hi",
				valid: true,
			};
		case 4:
			return { answer: latin1(`${head}Content-Length: x\r\n\r\n${body}`), body, valid: false };
		default:
			// Until the end: whole only if the stream ends cleanly behind it.
			return { answer: latin1(`${head}\r\n${body}`), body, valid: false };
	}
}

class World {
	readonly asked: Asked[] = [];
	readonly client: Client;
	#random: Random;
	/** Within a call of the application's: no callback may come. */
	#inside = false;
	/** How much of its request's answer each stream has said. */
	#said = new Map<FakeStream, { of: Asked; at: number }>();
	#opened = new Set<FakeStream>();
	#held = false;
	#closed = false;

	constructor(random: Random) {
		this.#random = random;
		this.client = new Client({
			socket: { io: FakeStream, host: "h", port: 1 },
			buffer: 256,
			timeout: TIMEOUT,
			keep: random(3) * 500,
			onException: (error) => {
				throw error;
			},
		});
	}

	step(): void {
		const random = this.#random;
		const stream = FakeStream.made.at(-1);
		const alive = stream && !stream.closed ? stream : undefined;
		switch (random(12)) {
			case 0:
			case 1:
				if (!this.client.busy && !this.#closed) this.inside(() => this.ask());
				break;
			case 2:
			case 3:
				if (alive) this.open(alive);
				break;
			case 4:
			case 5:
			case 6:
				if (alive) this.say(alive);
				break;
			case 7:
				if (alive && random(3) === 0)
					alive.fail(random(2) ? undefined : Object.assign(new Error("reset"), { code: "reset" }));
				break;
			case 8:
				clock.pass(random(400));
				break;
			case 9:
				this.inside(() => this.client.resume());
				this.#held = false;
				break;
			case 10:
				this.inside(() => this.client.more());
				break;
			default:
				if (random(10) === 0) this.inside(() => this.giveUp(random(20) === 0));
		}
	}

	/** Let everything come to its end. */
	finish(): void {
		for (let i = 0; i < 40; i += 1) {
			this.inside(() => this.client.resume());
			this.#held = false;
			this.inside(() => this.client.more());
			clock.pass(TIMEOUT / 4);
		}
		for (const one of this.asked) {
			expect(one.state).not.toBe("active");
			if (one.error || one.state !== "ended") continue;
			if (one.valid) expect(one.got).toBe(one.body);
			else expect(one.body.startsWith(one.got)).toBe(true);
			expect(one.heads).toBe(1);
		}
		expect(this.client.busy).toBe(false);
		clock.pass(10_000);
		for (const stream of FakeStream.made) expect(stream.closed).toBe(true);
	}

	private inside(call: () => void): void {
		this.#inside = true;
		try {
			call();
		} finally {
			this.#inside = false;
		}
	}

	private ask(): void {
		const random = this.#random;
		const one: Asked = { ...makeAnswer(random), got: "", state: "active", heads: 0, error: undefined };
		const began = clock.now;
		const check = () => {
			if (this.#inside) throw new Error("a callback from within a call");
			if (one.state !== "active") throw new Error(`a callback of a request that has ${one.state}`);
		};
		const options: RequestOptions = {
			method: ["GET", "PUT", "POST"][random(3)] as string,
			path: "/",
			limit: random(8) === 0 ? 20 : 1000,
			...(random(2) === 0 && { body: this.body(check) }),
			...(random(3) === 0 && { total: 1 + random(3 * TIMEOUT) }),
			onResponse: () => {
				check();
				one.heads += 1;
			},
			onBody: (bytes) => {
				check();
				if (this.#held) throw new Error("a piece while one is held");
				one.got += textOf(bytes);
				this.#held = random(4) === 0;
				return !this.#held;
			},
			onDone: (error) => {
				check();
				one.state = "ended";
				one.error = error;
				if (clock.now - began > (options.total ?? Number.POSITIVE_INFINITY)) throw new Error("later than it may be");
				if (random(3) === 0 && !this.#closed) this.ask();
			},
		};
		this.#held = false;
		this.asked.push(one);
		this.client.request(options);
	}

	private body(check: () => void): NonNullable<RequestOptions["body"]> {
		const random = this.#random;
		if (random(3) === 0) return new Uint8Array(random(2000));
		let left = random(600);
		const length = random(2) ? left : undefined;
		const begin = left;
		return {
			...(length !== undefined && { length }),
			read: (into) => {
				check();
				if (left === 0) return undefined;
				if (random(3) === 0) return 0;
				const count = Math.min(left, into.byteLength, 1 + random(300));
				left -= count;
				return count;
			},
			...(random(2) && {
				rewind: () => {
					check();
					left = begin;
				},
			}),
		};
	}

	private open(stream: FakeStream): void {
		this.#opened.add(stream);
		stream.open(1 + this.#random(700));
	}

	/** Some more of the answer to the request that the stream was written last, or something unasked. */
	private say(stream: FakeStream): void {
		const random = this.#random;
		if (!this.#opened.has(stream)) return;
		const one = this.asked.at(-1);
		if (one?.state !== "active" || stream.written.length === 0) {
			if (random(20) === 0) stream.receive(latin1("HTTP/1.1 408 x\r\n\r\n"));
			return;
		}
		let said = this.#said.get(stream);
		if (said?.of !== one) {
			said = { of: one, at: 0 };
			this.#said.set(stream, said);
		}
		const piece = one.answer.subarray(said.at, said.at + 1 + random(200));
		said.at += piece.byteLength;
		if (piece.byteLength > 0) stream.receive(piece);
	}

	private giveUp(forGood: boolean): void {
		for (const one of this.asked) if (one.state === "active") one.state = "given up";
		if (forGood) {
			this.#closed = true;
			this.client.close();
		} else this.client.cancel();
		this.#held = false;
	}
}

test(`${WORLDS} worlds, LINKXS_SEED=${SEED}`, () => {
	const ends: Record<string, number> = {};
	for (let n = 0; n < WORLDS; n += 1) {
		clock.reset();
		FakeStream.made = [];
		FakeStream.refuse = undefined;
		const world = new World(generator(SEED * 100_003 + n));
		try {
			for (let i = 0; i < STEPS; i += 1) world.step();
			world.finish();
		} catch (error) {
			throw new Error(`world ${n} of seed ${SEED}`, { cause: error });
		}
		for (const { state, error } of world.asked) {
			const end = state === "ended" ? (error?.message ?? "done") : state;
			ends[end] = (ends[end] ?? 0) + 1;
		}
	}
	console.log(`http: ${JSON.stringify(ends)}`);
	for (const end of [
		"done",
		"given up",
		"truncated: closed",
		"closed-by-server",
		"timeout: answer",
		"timeout: total",
		"length",
	])
		expect(ends[end], end).toBeGreaterThan(0);
}, 600_000);
