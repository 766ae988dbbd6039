import { NetworkError } from "./error";
import { CONNECTED, JOINED } from "./interface";
import Pauses from "./pauses";

/** How long a cable may say nothing, and an address may take, before that is told, ms. */
export const CABLE_TIME = 10_000;
export const LEASE_TIME = 20_000;

/** Where the core's decisions go. It doesn't call the core back. */
export interface WiredSink {
	/** Have an interface that is on the way. A string: what failed, in the platform's words. */
	open(): string | undefined;
	online(): void;
	offline(error: NetworkError): void;
}

type State =
	| { readonly name: "idle" }
	/** The interface doesn't start: tried again then. */
	| { readonly name: "waiting"; readonly until: number }
	/** Nothing is at the cable's other end; `until` is when that is told. */
	| { readonly name: "unplugged"; readonly until: number }
	| { readonly name: "addressing"; readonly until: number }
	/** The same, and told. The driver goes on by itself. */
	| { readonly name: "told" }
	| { readonly name: "online" };

const IDLE: State = Object.freeze({ name: "idle" });
const TOLD: State = Object.freeze({ name: "told" });
const ONLINE: State = Object.freeze({ name: "online" });

/** The rules of a cable, without I/O, as JoinCore has those of Wi-Fi. The driver does all; it is only to be told of. */
export class WiredCore {
	#sink: WiredSink;
	#pauses: Pauses;
	#state: State = IDLE;

	/** @param random in [0, 1). */
	constructor(sink: WiredSink, random: () => number) {
		this.#sink = sink;
		this.#pauses = new Pauses(random);
	}

	get state(): State["name"] {
		return this.#state.name;
	}

	get wakeAt(): number | undefined {
		return "until" in this.#state ? this.#state.until : undefined;
	}

	start(now: number): void {
		if (this.#state.name !== "idle" && this.#state.name !== "waiting") return;
		const problem = this.#sink.open();
		if (problem === undefined) {
			this.#state = { name: "unplugged", until: now + CABLE_TIME };
			return;
		}
		this.#state = { name: "waiting", until: now + this.#pauses.next() };
		this.#sink.offline(new NetworkError("system", problem));
	}

	stop(): void {
		this.#state = IDLE;
	}

	changed(now: number, connection: number): void {
		const { name } = this.#state;
		if (name === "idle" || name === "waiting") return;
		if (connection >= CONNECTED) {
			if (name === "online") return;
			this.#state = ONLINE;
			this.#sink.online();
			return;
		}
		const isJoined = connection >= JOINED;
		if (name === "online") this.#sink.offline(new NetworkError("lost"));
		else if (isJoined === (name === "addressing") || (name === "told" && !isJoined)) return;
		this.#state = isJoined
			? { name: "addressing", until: now + LEASE_TIME }
			: { name: "unplugged", until: now + CABLE_TIME };
	}

	wake(now: number): void {
		const state = this.#state;
		if (!("until" in state) || now < state.until) return;
		if (state.name === "waiting") {
			this.start(now);
			return;
		}
		this.#state = TOLD;
		this.#sink.offline(new NetworkError(state.name === "addressing" ? "no-address" : "no-signal"));
	}
}
