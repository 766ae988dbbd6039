import type { Server } from "./server";
import { COOKIE_SIZE, readAnswer } from "./sntp";

/** How long an answer may take, ms. */
export const ANSWER_TIME = 5_000;
/** No server is asked twice within this, ms: RFC 4330, 10 forbids less than 15 s. */
export const POLL_MIN = 16_000;
/** The longest pause between two passes over the servers, and for one that asked for fewer questions, ms. */
export const POLL_MAX = 3_600_000;

/** Where the core's decisions go. It doesn't call the core back. */
export interface ClockSink {
	/** Send the question with this cookie. False: that can't be done. */
	ask(server: Server, cookie: Uint8Array): boolean;
	/** It is so late now, ms since 1970. Nothing is asked any more. */
	time(ms: number): void;
	/** All servers were asked once, and none knew. It goes on unless all of them have refused. */
	missed(): void;
}

export interface ClockRules {
	readonly servers: readonly Server[];
	/** No time before this is believed, ms since 1970: the firmware is younger. */
	readonly notBefore: number;
	/** Random bytes for cookies; nobody may guess them. */
	readonly bytes: (count: number) => Uint8Array;
	/** In [0, 1), for pauses. */
	readonly random: () => number;
}

type State =
	| { readonly name: "idle" }
	| {
			readonly name: "asking";
			readonly manners: Manners;
			readonly cookie: Uint8Array;
			readonly since: number;
			readonly until: number;
	  }
	| { readonly name: "waiting"; readonly until: number };

const IDLE: State = Object.freeze({ name: "idle" });

/** What is remembered of a server. */
interface Manners {
	readonly server: Server;
	/** Not to be asked before. */
	nextAt: number;
	/** The least time between two questions. */
	interval: number;
	/** It said DENY or RSTR: not asked any more (RFC 4330, 10). */
	isRefusing: boolean;
}

const ipv4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/**
 * The rules of an SNTP client (RFC 4330, 5 and 10), without I/O: told events and the time (monotonic ms), it decides into
 * the sink and says when it wants to be woken. One question is open at a time, and an answer to none is not looked at.
 */
export class ClockCore {
	#rules: ClockRules;
	#sink: ClockSink;
	#state: State = IDLE;
	#manners: readonly Manners[];
	/** Servers asked in this pass; passes till now. */
	#asked = 0;
	#passes = 0;

	constructor(rules: ClockRules, sink: ClockSink) {
		this.#rules = rules;
		this.#sink = sink;
		this.#manners = rules.servers.map((server) => ({ server, nextAt: 0, interval: POLL_MIN, isRefusing: false }));
	}

	get state(): State["name"] {
		return this.#state.name;
	}

	/** When `wake` is to be called; `undefined`: no need. */
	get wakeAt(): number | undefined {
		return "until" in this.#state ? this.#state.until : undefined;
	}

	/** A pass over the servers begins; nothing happens while one is under way. */
	start(now: number): void {
		if (this.#state.name === "asking") return;
		this.#asked = 0;
		this.#passes = 0;
		this.#next(now);
	}

	/** Nothing is decided any more. What servers have asked for is remembered. */
	stop(): void {
		this.#state = IDLE;
	}

	wake(now: number): void {
		const state = this.#state;
		if (!("until" in state) || now < state.until) return;
		if (state.name === "waiting") this.#asked = 0;
		this.#next(now);
	}

	/** The server's name has no address, or its network says no: there's no point in waiting. */
	failed(now: number): void {
		if (this.#state.name === "asking") this.#next(now);
	}

	/** A packet came. */
	answer(now: number, packet: ArrayBuffer, address: string, port: number): void {
		const state = this.#state;
		if (state.name !== "asking") return;
		const { manners, since } = state;
		const { server } = manners;
		if (port !== server.port) return;
		// A name's address is known to the socket alone; the cookie is what binds the answer to the question.
		if (ipv4.test(server.host) && address !== server.host) return;
		const answer = readAnswer(packet, state.cookie);
		switch (answer.kind) {
			case "stranger":
				return;
			case "time": {
				const way = Math.max(0, now - since - answer.held) / 2;
				if (answer.time + way < this.#rules.notBefore) break;
				this.#state = IDLE;
				this.#sink.time(answer.time + way);
				return;
			}
			case "kiss":
				if (answer.kiss === "deny") manners.isRefusing = true;
				if (answer.kiss === "rate") {
					manners.interval = Math.min(manners.interval * 4, POLL_MAX);
					manners.nextAt = now + manners.interval;
				}
				break;
			case "useless":
				break;
		}
		this.#next(now);
	}

	/** The next server of the pass that may be asked; the pass's end when there's none. */
	#next(now: number): void {
		while (this.#asked < this.#manners.length) {
			const manners = this.#manners[this.#asked++] as Manners;
			if (manners.isRefusing || manners.nextAt > now) continue;
			manners.nextAt = now + manners.interval;
			const cookie = this.#rules.bytes(COOKIE_SIZE);
			if (!this.#sink.ask(manners.server, cookie)) continue;
			this.#state = { name: "asking", manners, cookie, since: now, until: now + ANSWER_TIME };
			return;
		}
		const goesOn = this.#manners.some(({ isRefusing }) => !isRefusing);
		const most = Math.min(POLL_MIN * 2 ** this.#passes, POLL_MAX);
		if (most < POLL_MAX) this.#passes += 1;
		this.#state = goesOn ? { name: "waiting", until: now + POLL_MIN + this.#rules.random() * most } : IDLE;
		this.#sink.missed();
	}
}
