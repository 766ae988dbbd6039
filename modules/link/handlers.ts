import { matches } from "mqtt/topic";

/** A message, or a piece of one that is larger than the receive buffer. */
export interface Message {
	readonly topic: string;
	/** The application's own copy. */
	readonly payload: Uint8Array;
	/** Where `payload` begins in the whole message, and how long that is: 0 and `payload.byteLength` for a whole one. */
	readonly offset: number;
	readonly total: number;
}

/** Takes a message: when it returns, or when its promise is settled, the message is acknowledged. */
export type Handler = (message: Message) => void | Promise<void>;

/** Which handler gets which message: those of all filters that take its topic. */
export default class Handlers {
	#exact = new Map<string, Handler>();
	#wild = new Map<string, Handler>();

	set(filter: string, handler: Handler): void {
		(isWild(filter) ? this.#wild : this.#exact).set(filter, handler);
	}

	delete(filter: string): void {
		(isWild(filter) ? this.#wild : this.#exact).delete(filter);
	}

	of(topic: string): Handler[] {
		const exact = this.#exact.get(topic);
		const found = exact ? [exact] : [];
		for (const [filter, handler] of this.#wild) if (matches(filter, topic)) found.push(handler);
		return found;
	}
}

function isWild(filter: string): boolean {
	return filter.includes("+") || filter.includes("#");
}
