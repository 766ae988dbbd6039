import { NetworkError, type NetworkErrorCode } from "./error";
import { CONNECTED, CONNECTING, JOINED, type JoinFailure } from "./interface";
import Pauses from "./pauses";
import type { Settings } from "./settings";

/** The longest that each step may take, ms. */
export const SCAN_TIME = 12_000;
export const JOIN_TIME = 20_000;
export const ADDRESS_TIME = 20_000;
/** After a `leave` of ours, ms: what the driver still says of the old connection mustn't be taken for the next one's end. */
export const SETTLE_TIME = 500;

/** What a round begins with: the networks as the records have them now, and the one that was good last. */
export interface Plan {
	/** Where the interface is: somebody else may have connected it. */
	readonly connection: number;
	readonly networks: readonly Settings[];
	/** Its index. */
	readonly last: number | undefined;
}

/** Where the core's decisions go. It doesn't call the core back. A string answered is what failed, in the platform's words. */
export interface JoinSink {
	plan(): Plan | string;
	scan(): string | undefined;
	join(network: Settings): string | undefined;
	leave(): void;
	/** `undefined`: a network that nobody asked for. */
	online(network: Settings | undefined): void;
	offline(error: NetworkError): void;
}

type Timed = { readonly until: number };
type Of = { readonly network: Settings | undefined };

type State =
	/** Nothing is stored, or it was stopped: only `start` leads on. */
	| { readonly name: "idle" }
	/** Between two rounds. */
	| ({ readonly name: "waiting" } & Timed)
	/** Networks are looked for: `seen` are the names till now. */
	| ({ readonly name: "scanning"; readonly seen: string[] } & Timed)
	/** The last attempt is being left; the round goes on then. */
	| ({ readonly name: "settling" } & Timed)
	| ({ readonly name: "joining" } & Timed & Of)
	/** Joined, without an address. */
	| ({ readonly name: "addressing" } & Timed & Of)
	| ({ readonly name: "online"; readonly since: number } & Of);

const IDLE: State = Object.freeze({ name: "idle" });

/**
 * The rules of staying on one of several Wi-Fi networks, without I/O: told events and the time (monotonic ms), it decides
 * into the sink and says when it wants to be woken.
 *
 * A round tries the network that was good last. Are two or more left then, it scans and tries in the records' order those
 * that were seen or are hidden; when the scan has seen none of them, all. Between rounds: back-off with full jitter.
 */
export class JoinCore {
	#sink: JoinSink;
	#pauses: Pauses;
	#state: State = IDLE;
	/** Of this round: what is still to be tried, and what its scan has seen (undefined: there was none). */
	#left: Settings[] = [];
	#seen: readonly string[] | undefined;

	/** @param random in [0, 1). */
	constructor(sink: JoinSink, random: () => number) {
		this.#sink = sink;
		this.#pauses = new Pauses(random);
	}

	get state(): State["name"] {
		return this.#state.name;
	}

	/** When `wake` is to be called; `undefined`: no need. */
	get wakeAt(): number | undefined {
		return "until" in this.#state ? this.#state.until : undefined;
	}

	/** A round begins now, whatever the pause. Nothing happens while one is under way, or while the network is there. */
	start(now: number): void {
		if (this.#state.name === "idle" || this.#state.name === "waiting") this.#round(now, true);
	}

	/** Nothing is decided any more. */
	stop(): void {
		this.#state = IDLE;
	}

	/** The interface says where it is, and why it is no longer on the way, when it knows. */
	changed(now: number, connection: number, failure?: JoinFailure): void {
		if (connection >= CONNECTED) this.#connected(now);
		else if (connection >= JOINED) this.#joined(now);
		else if (connection >= CONNECTING) this.#joining(now);
		else this.#disconnected(now, failure);
	}

	/** The scan has seen a network. */
	found(ssid: string): void {
		if (this.#state.name === "scanning") this.#state.seen.push(ssid);
	}

	/** The scan has ended. */
	scanned(now: number): void {
		if (this.#state.name !== "scanning") return;
		this.#choose(this.#state.seen);
		this.#next(now);
	}

	wake(now: number): void {
		const state = this.#state;
		if (!("until" in state) || now < state.until) return;
		switch (state.name) {
			case "waiting":
				this.#round(now, false);
				return;
			case "scanning":
				// Its end never came: what was seen till now counts.
				this.scanned(now);
				return;
			case "settling":
				this.#next(now);
				return;
			case "joining":
			case "addressing":
				this.#tell(state.name === "joining" ? "timeout" : "no-address", state.network);
				this.#sink.leave();
				this.#state = { name: "settling", until: now + SETTLE_TIME };
		}
	}

	// A round.

	/** @param anew whoever asked for it wants to hear what is wrong with the records; not every minute. */
	#round(now: number, anew: boolean): void {
		const plan = this.#sink.plan();
		this.#left = [];
		this.#seen = undefined;
		if (typeof plan === "string") {
			this.#sink.offline(new NetworkError("system", plan));
			this.#pause(now);
			return;
		}
		const { connection, networks, last } = plan;
		if (connection >= CONNECTED) {
			this.#connected(now);
			return;
		}
		for (const { wrong } of networks)
			if (wrong !== undefined && anew) this.#sink.offline(new NetworkError("bad-settings", wrong));
		this.#left = networks.filter(({ wrong }) => wrong === undefined);
		if (this.#left.length === 0) {
			this.#state = IDLE;
			if (networks.length === 0) this.#sink.offline(new NetworkError("no-networks"));
			return;
		}
		const at = this.#left.findIndex(({ index }) => index === last);
		const [good] = at < 0 ? [] : this.#left.splice(at, 1);
		if (good) this.#join(now, good);
		else this.#next(now);
	}

	/** The next step of the round; its end when nothing is left. */
	#next(now: number): void {
		const isWorthScan = this.#left.length > 1 && this.#left.some(({ hidden }) => !hidden);
		if (isWorthScan && this.#seen === undefined && this.#scan(now)) return;
		const network = this.#left.shift();
		if (network) this.#join(now, network);
		else this.#pause(now);
	}

	/** False when the interface can't: then all are tried. */
	#scan(now: number): boolean {
		if (this.#sink.scan() !== undefined) return false;
		this.#state = { name: "scanning", until: now + SCAN_TIME, seen: [] };
		return true;
	}

	#choose(seen: readonly string[]): void {
		this.#seen = seen;
		const isSeen = ({ ssid }: Settings) => seen.includes(ssid);
		// A scan that sees nothing of ours may have been a poor one: a join looks once more.
		if (!this.#left.some(isSeen)) return;
		const all = this.#left;
		this.#left = all.filter((network) => network.hidden || isSeen(network));
		for (const network of all) if (!this.#left.includes(network)) this.#tell("no-signal", network);
	}

	#join(now: number, network: Settings): void {
		const problem = this.#sink.join(network);
		if (problem === undefined) {
			this.#state = { name: "joining", until: now + JOIN_TIME, network };
			return;
		}
		this.#sink.offline(new NetworkError("system", problem));
		this.#next(now);
	}

	#pause(now: number): void {
		this.#state = { name: "waiting", until: now + this.#pauses.next() };
	}

	#tell(code: NetworkErrorCode, network: Settings | undefined): void {
		this.#sink.offline(new NetworkError(code, network?.ssid));
	}

	// Where the interface is.

	#connected(now: number): void {
		if (this.#state.name === "online") return;
		const network = "network" in this.#state ? this.#state.network : undefined;
		this.#state = { name: "online", since: now, network };
		this.#sink.online(network);
	}

	#joined(now: number): void {
		const state = this.#state;
		if (state.name !== "joining" && state.name !== "online") return;
		if (state.name === "online") this.#lost(now, state);
		this.#state = { name: "addressing", until: now + ADDRESS_TIME, network: state.network };
	}

	/** The driver comes back to the access point by itself. */
	#joining(now: number): void {
		if (this.#state.name !== "online") return;
		const { network } = this.#state;
		this.#lost(now, this.#state);
		this.#state = { name: "joining", until: now + JOIN_TIME, network };
	}

	#disconnected(now: number, failure: JoinFailure | undefined): void {
		const state = this.#state;
		switch (state.name) {
			case "joining":
				this.#tell(failure ?? this.#guess(state.network), state.network);
				this.#next(now);
				return;
			case "addressing":
				this.#tell(failure ?? "lost", state.network);
				this.#next(now);
				return;
			case "online":
				this.#left = [];
				this.#lost(now, state);
				this.#pause(now);
		}
	}

	/** For a platform that doesn't say why: who was seen and doesn't let us in dislikes our key, most likely. */
	#guess(network: Settings | undefined): JoinFailure {
		return network && this.#seen?.includes(network.ssid) ? "wrong-key" : "no-signal";
	}

	#lost(now: number, { since, network }: { readonly since: number } & Of): void {
		this.#pauses.lasted(now - since);
		this.#tell("lost", network);
	}
}
