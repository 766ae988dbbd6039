import { Readable } from "node:stream";
import type { Client } from "aedes";

/**
 * What we put into aedes in place of its own routing and storage. aedes keeps the MQTT conversation (parsing, CONNECT,
 * acknowledgements); who hears what is decided by our router, because the platform's rules are not a broker's.
 */

type Done = (error?: Error | null) => void;

/** A message bus that carries nothing: aedes asks it to route, and the router has already done so. */
export const silentBus = Object.freeze({
	on: (_topic: string, _listener: unknown, done?: Done) => done?.(),
	removeListener: (_topic: string, _listener: unknown, done?: Done) => done?.(),
	emit: (_packet: unknown, done?: Done) => done?.(),
	close: (done?: Done) => done?.(),
});

/** What the storage's calls mean to the cloud. */
export interface Hooks {
	/** The client took topics from its list. */
	unsubscribed(client: Client, topics: string[]): void;
	/** The client acknowledged the message sent under this packet identifier. */
	acknowledged(client: Client, packetId: number): void;
	/** Whether CONNACK tells the client that the cloud remembers it. */
	sessionPresent(clientId: string): boolean;
}

/** A packet as aedes hands it to its storage. */
export interface StoredPacket {
	cmd: string;
	topic: string;
	payload: Buffer;
	qos: 0 | 1 | 2;
	dup?: boolean;
	messageId?: number;
	brokerId?: string;
	brokerCounter?: number;
}

type PacketDone = (error: Error | null, packet?: StoredPacket) => void;
type ClientDone = (error: Error | null, client?: Client, packet?: StoredPacket) => void;

/**
 * aedes's storage interface, as far as devices can reach it: QoS 1 messages and subscriptions are
 * the cloud's own affair; there is no retained message, no will, no incoming QoS 2.
 */
export class Persistence {
	broker: unknown;
	readonly #hooks: Hooks;

	constructor(hooks: Hooks) {
		this.#hooks = hooks;
	}

	storeRetained(_packet: StoredPacket, done: Done): void {
		done(null);
	}

	createRetainedStreamCombi(): Readable {
		return Readable.from([]);
	}

	addSubscriptions(client: Client, _subscriptions: unknown, done: ClientDone): void {
		done(null, client);
	}

	removeSubscriptions(client: Client, topics: string[], done: ClientDone): void {
		this.#hooks.unsubscribed(client, topics);
		done(null, client);
	}

	/** A list, even an empty one, makes aedes answer "session present" in CONNACK. */
	subscriptionsByClient(
		client: { id: string },
		done: (error: Error | null, list: [] | null, client: unknown) => void,
	): void {
		done(null, this.#hooks.sessionPresent(client.id) ? [] : null, client);
	}

	subscriptionsByTopic(_topic: string, done: (error: Error | null, list: []) => void): void {
		done(null, []);
	}

	cleanSubscriptions(client: Client, done: ClientDone): void {
		done(null, client);
	}

	outgoingEnqueue(_subscription: unknown, _packet: StoredPacket, done: Done): void {
		done(null);
	}

	outgoingEnqueueCombi(_subscriptions: unknown, _packet: StoredPacket, done: Done): void {
		done(null);
	}

	outgoingUpdate(client: Client, packet: StoredPacket, done: ClientDone): void {
		done(null, client, packet);
	}

	/** The client acknowledged a packet. */
	outgoingClearMessageId(client: Client, packet: StoredPacket, done: PacketDone): void {
		this.#hooks.acknowledged(client, packet.messageId ?? 0);
		done(null, packet);
	}

	/** Unacknowledged messages are sent again by the session's outbox, once the client is ready. */
	outgoingStream(): Readable {
		return Readable.from([]);
	}

	incomingStorePacket(_client: Client, _packet: StoredPacket, done: Done): void {
		done(new Error("QoS 2 is not served"));
	}

	incomingGetPacket(_client: Client, _packet: StoredPacket, done: Done): void {
		done(new Error("QoS 2 is not served"));
	}

	incomingDelPacket(_client: Client, _packet: StoredPacket, done: Done): void {
		done(null);
	}

	putWill(_client: Client, _packet: StoredPacket, done: ClientDone): void {
		done(null, _client);
	}

	getWill(client: Client, done: (error: null, will: undefined, client: Client) => void): void {
		done(null, undefined, client);
	}

	/** Later, because aedes notes "session present" only after its step before this one has returned. */
	delWill(client: Client, done: (error: null, will: undefined, client: Client) => void): void {
		setImmediate(done, null, undefined, client);
	}

	streamWill(): Readable {
		return Readable.from([]);
	}

	getClientList(): Readable {
		return Readable.from([]);
	}

	destroy(done?: Done): void {
		done?.();
	}
}
