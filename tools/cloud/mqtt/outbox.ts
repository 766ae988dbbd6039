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
	readonly #flying = new Map<number, Pending>();
	#last = 0;
	#nextId = 1;
	#pumping: Promise<void> = Promise.resolve();
	#closed = false;

	constructor(options: OutboxOptions) {
		this.#options = options;
	}

	/** Something may be waiting: sends it as far as the window allows. */
	pump(): void {
		this.#pumping = this.#pumping.then(() => this.#send()).catch(this.#options.failed);
	}

	/** The client acknowledged a packet; an unknown identifier is ignored. */
	acknowledged(packetId: number): void {
		const message = this.#flying.get(packetId);
		if (!message) return;
		this.#flying.delete(packetId);
		this.#options.acknowledged(message);
		this.#options.pending.remove(message.id).catch(this.#options.failed);
		this.pump();
	}

	/** Nothing is sent any more. */
	close(): void {
		this.#closed = true;
	}

	async #send(): Promise<void> {
		const room = WINDOW - this.#flying.size;
		if (this.#closed || room <= 0) return;
		const messages = await this.#options.pending.list(this.#options.iotId, this.#last, room);
		for (const message of messages) {
			const again = message.packetId !== undefined && !this.#flying.has(message.packetId);
			const packetId = again && message.packetId !== undefined ? message.packetId : this.#freeId();
			if (!again) await this.#options.pending.sent(message.id, packetId);
			if (this.#closed) return;
			this.#last = message.id;
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
