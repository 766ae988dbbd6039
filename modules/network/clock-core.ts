import type { Server } from "./server";
import { COOKIE_SIZE, readAnswer } from "./sntp";

/** How long an answer may take, ms. */
export const ANSWER_TIME = 5_000;
/** No server is asked twice within this, ms: RFC 4330, 10 forbids less than 15 s. */
export const POLL_MIN = 16_000;
/** The longest pause between two passes over the servers, and for one that asked for fewer questions, ms. */
export const POLL_MAX = 3_600_000;

/** Answers of two servers that are further apart are not of one time, ms: each may be half of ANSWER_TIME wrong. */
export const AGREEMENT = 5_000;
/** A clock that is set is compared so often, ms: a quartz of 100 ppm has drifted by 9 s then. */
export const CHECK_EVERY = 86_400_000;
/** One that was set before us (it may have outlived a restart) is compared for the first time within this, ms. */
export const CHECK_FIRST = 3_600_000;

/** Where the core's decisions go. It doesn't call the core back. */
export interface ClockSink {
	/** Send the question with this cookie. False: that can't be done. */
	ask(server: Server, cookie: Uint8Array): boolean;
	/** It is so late now, ms since 1970. It is asked again a day later. */
	time(ms: number): void;
	/**
	 * All servers were asked once, and there's no time that two of them, or the only one that answered, have. While no time is
	 * known or it is doubted it goes on, unless all of them have refused; otherwise a day later.
	 */
	missed(): void;
}

export interface ClockRules {
	readonly servers: readonly Server[];
	/** No time before this is believed, ms since 1970: the firmware is younger. */
	readonly notBefore: number;
	/** And none after this: certificates that are good today aren't then. */
	readonly notAfter: number;
	/** Random bytes for cookies; nobody may guess them. */
	readonly bytes: (count: number) => Uint8Array;
	/** In [0, 1), for pauses. */
	readonly random: () => number;
}

type State =
	/** Stopped, or there's nobody to ask. */
	| { readonly name: "idle" }
	| {
			readonly name: "asking";
			readonly manners: Manners;
			readonly cookie: Uint8Array;
			readonly since: number;
			readonly until: number;
	  }
	/** Between two passes, as no time is known. */
	| { readonly name: "waiting"; readonly until: number }
	/** The time is known: till it is compared. */
	| { readonly name: "resting"; readonly until: number };

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
	/** Its last answer in this pass, or in one that is too recent for another question: the time when `now` was 0. */
	opinion: number | undefined;
}

const FRESH = Object.freeze({ isRefusing: false, opinion: undefined });

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
	/** One was passed over that may know, as it was asked just now: in this pass nobody's answer counts alone. */
	#isPartial = false;
	/** There's no time, or somebody doubts it: a pass without success is followed by others soon. */
	#isNeeded = false;
	/** When a known time is to be compared: it outlives `stop`. */
	#checkAt: number | undefined;

	constructor(rules: ClockRules, sink: ClockSink) {
		this.#rules = rules;
		this.#sink = sink;
		this.#manners = rules.servers.map((server) => ({ server, nextAt: 0, interval: POLL_MIN, ...FRESH }));
	}

	get state(): State["name"] {
		return this.#state.name;
	}

	/** When `wake` is to be called; `undefined`: no need. */
	get wakeAt(): number | undefined {
		return "until" in this.#state ? this.#state.until : undefined;
	}

	/**
	 * There's a network. Without a time a pass over the servers begins, and others after it until there is one; a time that is
	 * known is compared when that is due. Nothing happens while a pass is under way.
	 */
	start(now: number, isKnown = false): void {
		if (this.#state.name === "asking") return;
		if (isKnown) {
			this.#checkAt ??= now + this.#rules.random() * CHECK_FIRST;
			this.#rest(this.#checkAt, now);
			return;
		}
		this.#isNeeded = true;
		this.#passes = 0;
		this.#begin(now);
	}

	/**
	 * Somebody doubts the time: passes begin, by `wake`, as soon as all servers may be asked. Without a network: after the next
	 * `start`.
	 */
	check(now: number): void {
		const state = this.#state;
		this.#isNeeded = true;
		if (state.name === "asking") return;
		let at = now;
		for (const { isRefusing, interval, nextAt } of this.#manners)
			if (!isRefusing && interval === POLL_MIN && nextAt > at) at = nextAt;
		this.#checkAt = at;
		if (state.name === "resting") this.#rest(at, now);
		else if (state.name === "waiting") this.#state = { name: "waiting", until: Math.min(at, state.until) };
	}

	/** Nothing is decided any more. What servers have asked for is remembered. */
	stop(): void {
		this.#state = IDLE;
	}

	wake(now: number): void {
		const state = this.#state;
		if (!("until" in state) || now < state.until) return;
		if (state.name === "asking") this.#next(now);
		else this.#begin(now);
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
				const time = answer.time + Math.max(0, now - since - answer.held) / 2;
				const { notBefore, notAfter } = this.#rules;
				if (time >= notBefore && time <= notAfter) manners.opinion = time - now;
				break;
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

	/** A pass. Who was asked just now isn't asked again, and its answer is as good as a new one. */
	#begin(now: number): void {
		this.#asked = 0;
		this.#isPartial = false;
		for (const manners of this.#manners) if (manners.nextAt <= now) manners.opinion = undefined;
		this.#next(now);
	}

	/** The next server of the pass that may be asked; the pass's end when there's none, or when two agree. */
	#next(now: number): void {
		const agreed = this.#agreed();
		if (agreed !== undefined) {
			this.#accept(now, agreed);
			return;
		}
		while (this.#asked < this.#manners.length) {
			const manners = this.#manners[this.#asked++] as Manners;
			if (manners.isRefusing) continue;
			if (manners.nextAt > now) {
				if (manners.opinion === undefined && manners.interval === POLL_MIN) this.#isPartial = true;
				continue;
			}
			manners.nextAt = now + manners.interval;
			manners.opinion = undefined;
			const cookie = this.#rules.bytes(COOKIE_SIZE);
			if (!this.#sink.ask(manners.server, cookie)) continue;
			this.#state = { name: "asking", manners, cookie, since: now, until: now + ANSWER_TIME };
			return;
		}
		const [opinion, other] = this.#opinions();
		if (opinion !== undefined && other === undefined && !this.#isPartial) this.#accept(now, opinion);
		else this.#miss(now);
	}

	#opinions(): number[] {
		const opinions: number[] = [];
		for (const { opinion } of this.#manners) if (opinion !== undefined) opinions.push(opinion);
		return opinions;
	}

	/** What two servers say; the last one's figure. */
	#agreed(): number | undefined {
		const opinions = this.#opinions();
		return opinions.find((one, i) => opinions.some((other, j) => j < i && Math.abs(one - other) <= AGREEMENT));
	}

	#accept(now: number, opinion: number): void {
		this.#isNeeded = false;
		this.#passes = 0;
		this.#restDay(now);
		this.#sink.time(now + opinion);
	}

	#miss(now: number): void {
		if (this.#manners.every(({ isRefusing }) => isRefusing)) this.#state = IDLE;
		else if (!this.#isNeeded) this.#restDay(now);
		else {
			const most = Math.min(POLL_MIN * 2 ** this.#passes, POLL_MAX);
			if (most < POLL_MAX) this.#passes += 1;
			this.#state = { name: "waiting", until: now + POLL_MIN + this.#rules.random() * most };
		}
		this.#sink.missed();
	}

	/** A day, or up to an eighth less: devices that started together don't ask together. */
	#restDay(now: number): void {
		this.#checkAt = now + CHECK_EVERY - (this.#rules.random() * CHECK_EVERY) / 8;
		this.#rest(this.#checkAt, now);
	}

	#rest(until: number, now: number): void {
		// With nobody to ask there's nothing to wake for.
		const hasServer = this.#manners.some(({ isRefusing }) => !isRefusing);
		this.#state = hasServer ? { name: "resting", until: Math.max(now, until) } : IDLE;
	}
}
