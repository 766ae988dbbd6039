import type { Client } from "aedes";
import { type IPublishPacket, writeToStream } from "mqtt-packet";
import type { Alarm, Clock } from "../clock";
import type { Events } from "../events";
import { payloadText } from "../payload-text";
import type { Push, Registration } from "./gate/way";
import type { Switchboard } from "./switchboard";

/** How long a registration's connection lasts at most, ms (device-access.txt, 7.1.3, step 4). */
export const REGISTRATION_TIME = 15_000;

export interface RegistrationOptions {
	client: Client;
	registration: Registration;
	events: Events;
	clock: Clock;
	switchboard: Switchboard;
	/** Ends the connection, and why. */
	end(reason: string): void;
}

/**
 * A connection that is there for dynamic registration alone: the client hears its identity, and the connection ends.
 * Nothing of it is a session of the device, whose own connections it leaves alone.
 */
export class RegistrationConnection {
	readonly #options: RegistrationOptions;
	#alarm: Alarm | undefined;

	constructor(options: RegistrationOptions) {
		this.#options = options;
		const seconds = REGISTRATION_TIME / 1000;
		this.#alarm = options.clock.after(REGISTRATION_TIME, () =>
			options.end(`registered, and still here after ${seconds} s`),
		);
	}

	/** CONNACK is out: tells the client what it came for. */
	open(): void {
		const { client, registration, events, switchboard } = this.#options;
		pushAfterConnack(client, registration, registration.push, events, switchboard);
	}

	/** The connection is gone. */
	stop(): void {
		this.#alarm?.clear();
		this.#alarm = undefined;
	}

	/** Tells of something that such a connection may not do. */
	refuse(type: "subscribe.refused" | "publish.refused", topic: string): string {
		const { productKey, deviceName } = this.#options.registration.device;
		const reason = "this connection is for dynamic registration alone";
		if (type === "subscribe.refused") this.#options.events.emit({ type, productKey, deviceName, topic, reason });
		else this.#options.events.emit({ type, productKey, deviceName, topic, reason, closed: true });
		return reason;
	}
}

/** Sends messages right behind CONNACK, subscribed or not; their bodies, where they are secret, go to nobody else. */
export function pushAfterConnack(
	client: Client,
	{ device }: Pick<Registration, "device">,
	messages: readonly Push[],
	events: Events,
	switchboard: Switchboard,
): void {
	const { productKey, deviceName } = device;
	for (const { topic, payload } of messages) {
		const packet: IPublishPacket = { cmd: "publish", topic, payload, qos: 0, dup: false, retain: false };
		writeToStream(packet, client.conn);
		const messageId = switchboard.newMessageId();
		const shown = payloadText(topic, payload);
		const size = payload.length;
		events.emit({ type: "message.down", productKey, deviceName, topic, qos: 0, size, payload: shown, messageId });
	}
}
