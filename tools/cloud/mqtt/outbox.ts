import type { Pending, PendingMessages } from "../store/pending";

/** How many messages may be on their way to one client without an acknowledgement. */
const WINDOW = 16;

/** What an outbox needs from its session. */
export interface OutboxOptions {
	iotId: string;
	pending: PendingMessages;
	/** Writes a PUBLISH of QoS 1. */
	write(message: Pending, packetId: number, again: boolean): void;
	acknowledged(message: Pending): void;
	failed(error: unknown): void;
}

/**
 * Sends one connected device its waiting QoS 1 messages in order, at most WINDOW without an acknowledgement. They stay
 * in the database until acknowledged, so that the next connection sends what this one could not, under the same
 * packet identifier and with DUP (MQTT 3.1.1, 4.4).
 */
export class Outbox {
	readonly #options: OutboxOptions;
	/** On their way, by packet identifier; a message leaves only once its row is gone. */
	readonly #flying = new Map<number, Pending>();
	#nextId = 1;
	#work: Promise<void> = Promise.resolve();
	#closed = false;

	constructor(options: OutboxOptions) {
		this.#options = options;
	}

	/** Something may be waiting: sends it as far as the window allows. */
	pump(): void {
		this.#then(() => this.#send());
	}

	/** The client acknowledged a packet; an unknown identifier is ignored. */
	acknowledged(packetId: number): void {
		const message = this.#flying.get(packetId);
		if (!message) return;
		this.#options.acknowledged(message);
		this.#then(async () => {
			await this.#options.pending.remove(message.id);
			this.#flying.delete(packetId);
			await this.#send();
		});
	}

	/** Nothing is sent any more. */
	close(): void {
		this.#closed = true;
	}

	/** One step after the other, so that a row is never read between being acknowledged and being removed. */
	#then(step: () => Promise<void>): void {
		this.#work = this.#work.then(step).catch(this.#options.failed);
	}

	async #send(): Promise<void> {
		if (this.#closed || this.#flying.size >= WINDOW) return;
		const sent = new Set([...this.#flying.values()].map((message) => message.id));
		const messages = await this.#options.pending.list(this.#options.iotId, WINDOW);
		for (const message of messages) {
			if (sent.has(message.id)) continue;
			const known = message.packetId;
			const again = known !== undefined && !this.#flying.has(known);
			const packetId = again ? known : this.#freeId();
			if (!again) await this.#options.pending.sent(message.id, packetId);
			if (this.#closed) return;
			this.#flying.set(packetId, message);
			this.#options.write(message, packetId, again);
		}
	}

	#freeId(): number {
		while (this.#flying.has(this.#nextId)) this.#nextId = (this.#nextId % 0xffff) + 1;
		const id = this.#nextId;
		this.#nextId = (this.#nextId % 0xffff) + 1;
		return id;
	}
}
