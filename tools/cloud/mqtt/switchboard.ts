import { type IPublishPacket, writeToStream } from "mqtt-packet";
import type { Clock } from "../clock";
import type { Events } from "../events";
import { payloadText } from "../payload-text";
import type { Device } from "../store/devices";
import type { Store } from "../store/store";
import { matches } from "../topics/match";
import { Rights } from "../topics/rights";
import { isAlwaysDelivered } from "../topics/system";
import { MessageIds } from "./message-id";
import { Outbox } from "./outbox";
import type { Session } from "./session";

/** A message from the cloud to a device. */
export interface Downlink {
	topic: string;
	payload: Buffer;
	/** The publisher's; what the subscription asked for does not matter. */
	qos: 0 | 1;
	messageId?: string;
}

/** What became of a message to a device. */
export interface Delivery {
	messageId: string;
	/** Sent now, kept for the device's next connection, or given up (`reason`). */
	outcome: "sent" | "queued" | "dropped";
	reason?: string;
}

/** Above this many unsent bytes to a client that doesn't read, its QoS 0 messages are dropped. */
const UNSENT_MAX = 1024 * 1024;

/** Messages that wait for a device whose CONNACK is on its way. */
const EARLY_MAX = 16;

/** Who is connected, and the way of every message to a device. */
export class Switchboard {
	readonly #store: Store;
	readonly #events: Events;
	readonly #sessions = new Map<string, Session>();
	readonly #outboxes = new WeakMap<Session, Outbox>();
	readonly #ids: MessageIds;
	#revocations = 0;

	constructor(store: Store, events: Events, clock: Clock) {
		this.#store = store;
		this.#events = events;
		this.#ids = new MessageIds(() => clock.now());
	}

	/** A new message id. */
	newMessageId(): string {
		return this.#ids.next();
	}

	/** The device's session while it is connected. */
	find(iotId: string): Session | undefined {
		return this.#sessions.get(iotId);
	}

	/** All connected devices. */
	all(): Session[] {
		return [...this.#sessions.values()];
	}

	/** Takes a session in and throws an older one of the same device off. */
	enter(session: Session): void {
		const older = this.#sessions.get(session.device.iotId);
		this.#sessions.set(session.device.iotId, session);
		older?.end("thrown off by a newer connection of the same device");
	}

	/**
	 * How often a device's right to be connected was taken away. An admission takes steps, between which that may happen:
	 * when this has changed, it judges again.
	 */
	get revocations(): number {
		return this.#revocations;
	}

	/** Ends the connection of a device that has just lost its right to it; with `kept`, not one of that clientId. */
	throwOff(iotId: string, reason: string, kept?: string): void {
		this.#revocations++;
		const session = this.#sessions.get(iotId);
		if (session && session.clientId !== kept) session.end(reason);
	}

	/** CONNACK is out: from now on messages go down, first those that waited. */
	open(session: Session): void {
		session.ready = true;
		const outbox = new Outbox({
			iotId: session.device.iotId,
			pending: this.#store.pending,
			write: (message, packetId, dup) =>
				this.#write(
					session,
					{ topic: message.topic, payload: message.payload, qos: 1 },
					message.messageId,
					packetId,
					dup,
				),
			acknowledged: ({ topic, messageId }) => this.#tell("message.acknowledged", session.device, topic, messageId),
			failed: (error) => this.#events.emit({ type: "error", where: "outbox", reason: String(error) }),
		});
		this.#outboxes.set(session, outbox);
		outbox.pump();
		for (const send of session.early.splice(0)) send();
	}

	/** Forgets a session; answers whether it was the device's present one. */
	leave(session: Session): boolean {
		session.ready = false;
		this.#outboxes.get(session)?.close();
		if (this.#sessions.get(session.device.iotId) !== session) return false;
		this.#sessions.delete(session.device.iotId);
		return true;
	}

	/** The client acknowledged a packet. */
	acknowledged(session: Session, packetId: number): void {
		this.#outboxes.get(session)?.acknowledged(packetId);
	}

	/** Sends a message of QoS 0 to a connected device; answers like `deliver`. For replies, which no one waits for later. */
	reply(session: Session, message: { topic: string; payload: Buffer }): Delivery {
		const messageId = this.newMessageId();
		return this.#now(session, { ...message, qos: 0 }, messageId);
	}

	/** Sends a message to a device, or keeps it (QoS 1) until the device has it. */
	async deliver(device: Device, message: Downlink): Promise<Delivery> {
		const messageId = message.messageId ?? this.newMessageId();
		const session = this.#sessions.get(device.iotId);
		if (session && message.qos === 0) return this.#now(session, message, messageId);
		const wanted = session ? session.wants(message.topic) : await this.#wantsOffline(device, message.topic);
		if (!wanted) return this.#drop(device, message.topic, messageId, "the device has not subscribed to this topic");
		if (!session && message.qos === 0) return this.#drop(device, message.topic, messageId, "the device is offline");
		if (!session && device.cleanSession) {
			return this.#drop(device, message.topic, messageId, "the device is offline and its last session was a clean one");
		}
		const { dropped } = await this.#store.pending.add(device.iotId, messageId, message.topic, message.payload);
		for (const old of dropped) this.#drop(device, old.topic, old.messageId, "too many messages wait for this device");
		const present = this.#sessions.get(device.iotId);
		if (present) {
			this.#outboxes.get(present)?.pump();
			return { messageId, outcome: "sent" };
		}
		this.#tell("message.queued", device, message.topic, messageId);
		return { messageId, outcome: "queued" };
	}

	#now(session: Session, message: Downlink, messageId: string): Delivery {
		if (!session.ready) return this.#early(session, message, messageId);
		if (!session.wants(message.topic))
			return this.#drop(session.device, message.topic, messageId, "the device has not subscribed to this topic");
		if (session.client.conn.writableLength > UNSENT_MAX)
			return this.#drop(session.device, message.topic, messageId, "the device does not read");
		this.#write(session, message, messageId, undefined, false);
		return { messageId, outcome: "sent" };
	}

	#early(session: Session, message: Downlink, messageId: string): Delivery {
		if (this.#sessions.get(session.device.iotId) !== session)
			return this.#drop(session.device, message.topic, messageId, "the device is offline");
		if (session.early.length >= EARLY_MAX) {
			return this.#drop(session.device, message.topic, messageId, "too much for a device that is still connecting");
		}
		session.early.push(() => this.#now(session, message, messageId));
		return { messageId, outcome: "sent" };
	}

	async #wantsOffline(device: Device, topic: string): Promise<boolean> {
		if (isAlwaysDelivered(topic)) return true;
		const rights = new Rights(device.productKey, device.deviceName, () => []);
		if (device.autoSubscribe && rights.isSystemDown(topic)) return true;
		const topics = await this.#store.subscriptions.list(device.iotId);
		return topics.some((filter) => matches(filter, topic));
	}

	#write(session: Session, message: Downlink, messageId: string, packetId: number | undefined, dup: boolean): void {
		const { topic, payload, qos } = message;
		const packet: IPublishPacket = {
			cmd: "publish",
			topic,
			payload,
			qos,
			dup,
			retain: false,
			...(packetId !== undefined && { messageId: packetId }),
		};
		writeToStream(packet, session.client.conn);
		this.#store.messages.add(session.device.iotId, { messageId, direction: "down", topic, payload, qos });
		const { productKey, deviceName } = session;
		this.#events.emit({
			type: "message.down",
			productKey,
			deviceName,
			topic,
			qos,
			size: payload.length,
			payload: payloadText(topic, payload),
			messageId,
		});
	}

	#drop(device: Device, topic: string, messageId: string, reason: string): Delivery {
		const { productKey, deviceName } = device;
		this.#events.emit({ type: "message.dropped", productKey, deviceName, topic, messageId, reason });
		return { messageId, outcome: "dropped", reason };
	}

	#tell(type: "message.acknowledged" | "message.queued", device: Device, topic: string, messageId: string): void {
		const { productKey, deviceName } = device;
		this.#events.emit({ type, productKey, deviceName, topic, messageId });
	}
}
