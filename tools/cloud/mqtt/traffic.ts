import type { PublishPacket, Subscription } from "aedes";
import type { Events } from "../events";
import { payloadText } from "../payload-text";
import type { Store } from "../store/store";
import { SUBSCRIPTIONS_MAX } from "../store/subscriptions";
import type { Verdict } from "../topics/rights";
import type { Session } from "./session";
import type { Switchboard } from "./switchboard";

/** A message that a device was allowed to publish. */
export interface Uplink {
	session: Session;
	topic: string;
	payload: Buffer;
	qos: 0 | 1;
	messageId: string;
}

/** What becomes of a PUBLISH packet: handled by `take`, dropped, or the connection is closed. */
export type PublishVerdict = { outcome: "taken"; take(): void } | { outcome: "dropped" | "closed"; reason: string };

export interface TrafficOptions {
	store: Store;
	events: Events;
	switchboard: Switchboard;
	onUplink(uplink: Uplink): void;
}

/** What a connected device may subscribe and publish, and what happens then. */
export class Traffic {
	readonly #options: TrafficOptions;

	constructor(options: TrafficOptions) {
		this.#options = options;
	}

	/** Judges a SUBSCRIBE's topic; a granted one joins the device's list. */
	subscribe(session: Session, subscription: Subscription): boolean {
		const { productKey, deviceName } = session;
		const { topic } = subscription;
		const { events, store } = this.#options;
		const reason = whyNot(session, subscription);
		if (reason !== undefined) {
			events.emit({ type: "subscribe.refused", productKey, deviceName, topic, reason });
			return false;
		}
		if (!session.subscriptions.has(topic)) {
			session.subscriptions.add(topic);
			store.subscriptions.add(session.device.iotId, topic).catch((error) => this.#failed(error));
		}
		events.emit({ type: "device.subscribed", productKey, deviceName, topic });
		return true;
	}

	/** Takes topics off the device's list. */
	unsubscribe(session: Session, topics: readonly string[]): void {
		const { productKey, deviceName } = session;
		for (const topic of topics) {
			if (!session.subscriptions.delete(topic)) continue;
			this.#options.events.emit({ type: "device.unsubscribed", productKey, deviceName, topic });
		}
		this.#options.store.subscriptions.remove(session.device.iotId, topics).catch((error) => this.#failed(error));
	}

	/** Judges a PUBLISH. Its caller acknowledges first and takes it then, so that a reply never overtakes the PUBACK. */
	publish(session: Session, packet: PublishPacket): PublishVerdict {
		const { events } = this.#options;
		const { productKey, deviceName } = session;
		// The C SDK 4 may put "?_rid=…" behind the topic (STOCK-CLIENTS 1b).
		const topic = packet.topic.replace(/\?_rid=\d+$/, "");
		const verdict: Verdict =
			packet.qos === 2 ? { ok: false, reason: "QoS 2 is not served", foreign: true } : session.rights.publish(topic);
		if (!verdict.ok) {
			const { reason, foreign: closed } = verdict;
			events.emit({ type: "publish.refused", productKey, deviceName, topic, reason, closed });
			return { outcome: closed ? "closed" : "dropped", reason };
		}
		if (packet.retain) {
			const reason = "the platform retains no messages: the flag is ignored";
			events.emit({ type: "device.notice", productKey, deviceName, reason });
		}
		return { outcome: "taken", take: () => this.#take(session, topic, packet) };
	}

	#take(session: Session, topic: string, packet: PublishPacket): void {
		const { store, events, switchboard, onUplink } = this.#options;
		const { productKey, deviceName } = session;
		const payload = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload);
		const qos = packet.qos === 1 ? 1 : 0;
		const messageId = switchboard.newMessageId();
		const shown = payloadText(topic, payload);
		store.messages.add(session.device.iotId, { messageId, direction: "up", topic, payload, qos });
		events.emit({ type: "message.up", productKey, deviceName, topic, qos, size: payload.length, payload: shown });
		onUplink({ session, topic, payload, qos, messageId });
	}

	#failed(error: unknown): void {
		this.#options.events.emit({ type: "error", where: "database", reason: String(error) });
	}
}

/** Why a device may not subscribe a topic, or undefined. */
function whyNot(session: Session, { topic, qos }: Subscription): string | undefined {
	if (qos === 2) return "QoS 2 is not served";
	const verdict = session.rights.subscribe(topic);
	if (!verdict.ok) return verdict.reason;
	const full = session.subscriptions.size >= SUBSCRIPTIONS_MAX && !session.subscriptions.has(topic);
	return full ? `a device has at most ${SUBSCRIPTIONS_MAX} topics` : undefined;
}
