import { subscribe, unsubscribe, type Wanted } from "./codec";
import { MqttError } from "./error";
import { checkFilter } from "./topic";

/** Told once: the granted QoS, or the error. */
export type Subscribed = (error: MqttError | undefined, qos: 0 | 1) => void;
/** Told once, when the server has confirmed or there's no session that it could be in. */
export type Unsubscribed = (error?: MqttError) => void;

type State =
	| { readonly name: "wanted" } // to be sent
	| { readonly name: "asked" } // SUBSCRIBE is under way
	| { readonly name: "granted"; readonly qos: 0 | 1 }
	| { readonly name: "leaving" } // UNSUBSCRIBE is to be sent
	| { readonly name: "left" }; // UNSUBSCRIBE is under way

interface Entry extends Wanted {
	readonly qos: 0 | 1;
	state: State;
	told: Subscribed[];
	gone: Unsubscribed[];
}

const WANTED: State = Object.freeze({ name: "wanted" });
const ASKED: State = Object.freeze({ name: "asked" });
const LEAVING: State = Object.freeze({ name: "leaving" });
const LEFT: State = Object.freeze({ name: "left" });

/** The most filters in one packet: it stays below 2 KB, and the answer small. */
const FILTERS_MAX = 8;

/**
 * What the application subscribed to, over all connections. At most one SUBSCRIBE and one UNSUBSCRIBE are under way, so
 * each has a packet id of its own for ever.
 */
export class Subscriptions {
	#entries = new Map<string, Entry>();
	/** In the packet under way, in its order. */
	#asked: Entry[] = [];
	#left: Entry[] = [];
	#subscribeId: number;
	#unsubscribeId: number;
	#limit: number;

	constructor(subscribeId: number, unsubscribeId: number, limit: number) {
		this.#subscribeId = subscribeId;
		this.#unsubscribeId = unsubscribeId;
		this.#limit = limit;
	}

	/** @throws {RangeError | TypeError} no filter, or more than `limit` of them. */
	add(filter: string, qos: 0 | 1, told: Subscribed): void {
		checkFilter(filter);
		const entry = this.#entries.get(filter);
		if (entry === undefined) {
			if (this.#entries.size >= this.#limit) throw new RangeError(`subscriptions: at most ${this.#limit}`);
			this.#entries.set(filter, { filter, qos, state: WANTED, told: [told], gone: [] });
			return;
		}
		switch (entry.state.name) {
			case "wanted":
			case "asked":
				entry.told.push(told);
				return;
			case "granted":
				told(undefined, entry.state.qos);
				return;
			case "leaving":
				entry.state = WANTED; // never left: the server confirms it once more
				entry.told.push(told);
				settle(entry.gone);
				return;
			case "left":
				entry.told.push(told); // asked for again when UNSUBACK is there
		}
	}

	/** A filter that nobody subscribed is left at once. */
	remove(filter: string, gone: Unsubscribed): void {
		const entry = this.#entries.get(filter);
		if (entry === undefined) {
			gone();
			return;
		}
		entry.gone.push(gone);
		const told = entry.told;
		entry.told = [];
		if (entry.state.name !== "left") entry.state = LEAVING;
		for (const it of told) it(new MqttError("closed", { detail: "unsubscribed" }), 0);
	}

	#in(name: State["name"]): Entry[] {
		const found: Entry[] = [];
		for (const entry of this.#entries.values()) if (entry.state.name === name) found.push(entry);
		return found;
	}

	/** The next SUBSCRIBE or UNSUBSCRIBE to write, if one is due; it counts as under way from now on. */
	next(): Uint8Array | undefined {
		if (this.#left.length === 0) {
			const leaving = this.#in("leaving").slice(0, FILTERS_MAX);
			if (leaving.length > 0) {
				for (const entry of leaving) entry.state = LEFT;
				this.#left = leaving;
				return unsubscribe(this.#unsubscribeId, leaving);
			}
		}
		if (this.#asked.length > 0) return undefined;
		const wanted = this.#in("wanted").slice(0, FILTERS_MAX);
		if (wanted.length === 0) return undefined;
		for (const entry of wanted) entry.state = ASKED;
		this.#asked = wanted;
		return subscribe(this.#subscribeId, wanted);
	}

	/** Whether an answer is awaited. */
	get waiting(): boolean {
		return this.#asked.length > 0 || this.#left.length > 0;
	}

	/** SUBACK. @returns whether it answers what was asked (3.9.3); one that answers nothing is passed over. */
	suback(id: number, codes: Uint8Array): boolean {
		const asked = this.#asked;
		if (id !== this.#subscribeId || asked.length === 0) return true;
		if (codes.byteLength !== asked.length) return false;
		for (const code of codes) if (code > 2 && code !== 0x80) return false;
		this.#asked = [];
		asked.forEach((entry, index) => {
			if (entry.state.name !== "asked") return; // left meanwhile
			const code = codes[index] as number;
			const told = entry.told;
			entry.told = [];
			const qos = code === 0 ? 0 : 1;
			if (code === 0x80) this.#entries.delete(entry.filter);
			else entry.state = { name: "granted", qos };
			const error = code === 0x80 ? new MqttError("subscription-refused", { detail: entry.filter }) : undefined;
			for (const it of told) it(error, qos);
		});
		return true;
	}

	unsuback(id: number): void {
		if (id !== this.#unsubscribeId) return;
		const left = this.#left;
		this.#left = [];
		for (const entry of left) this.#leave(entry);
	}

	#leave(entry: Entry): void {
		if (entry.told.length > 0) entry.state = WANTED;
		else this.#entries.delete(entry.filter);
		settle(entry.gone);
	}

	/** The connection is gone: what was under way is asked for again. */
	rewind(): void {
		this.#asked = [];
		this.#left = [];
		for (const entry of this.#entries.values()) {
			if (entry.state.name === "asked") entry.state = WANTED;
			else if (entry.state.name === "left") entry.state = LEAVING;
		}
	}

	/** The server may have forgotten what it granted: everything is to be asked for. */
	renew(): void {
		for (const entry of this.#in("granted")) entry.state = WANTED;
	}

	/** The server has no session: nothing is to be left. */
	forget(): void {
		for (const entry of this.#in("leaving")) this.#leave(entry);
	}

	/** Give up: whoever waits is told. */
	clear(error: MqttError): void {
		const entries = [...this.#entries.values()];
		this.#entries.clear();
		this.#asked = [];
		this.#left = [];
		for (const entry of entries) {
			for (const it of entry.told.splice(0)) it(error, 0); // suback() may be on its way to this one
			settle(entry.gone);
		}
	}
}

function settle(gone: Unsubscribed[]): void {
	for (const it of gone.splice(0)) it();
}
