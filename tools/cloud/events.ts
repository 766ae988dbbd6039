/**
 * Everything the cloud tells about itself is one of these events: the log is their text, the admin API streams them,
 * the journal keeps them. No event holds a secret: see `payloadText` for message bodies.
 */

/** Who a connection turned out to be. */
export interface DeviceName {
	productKey: string;
	deviceName: string;
}

/** How bytes came in. */
export type Transport = "tcp" | "tls";

/** How a device was told its identity: over MQTT pre-registered or not, over HTTPS, by its gateway. */
export type RegistrationWay = "register" | "regnwl" | "https" | "sub-device";

/** What happened; the fields that each kind has. */
export type CloudEventBody =
	| { type: "cloud.started"; hosts: readonly string[]; port: number; adminUrl: string; state: string }
	| { type: "cloud.stopped" }
	| { type: "connection.refused"; remote: string; transport?: Transport; protocol?: string; reason: string }
	| ({
			type: "device.refused";
			remote: string;
			transport: Transport;
			returnCode: number;
			reason: string;
	  } & Partial<DeviceName>)
	| ({
			type: "device.online";
			remote: string;
			transport: Transport;
			resumed: boolean;
			version: string;
			keepAlive: number;
	  } & DeviceName)
	| ({ type: "device.offline"; reason: string } & DeviceName)
	| ({ type: "device.notice"; reason: string } & DeviceName)
	| ({ type: "device.subscribed"; topic: string } & DeviceName)
	| ({ type: "device.unsubscribed"; topic: string } & DeviceName)
	| ({ type: "subscribe.refused"; topic: string; reason: string } & DeviceName)
	| ({ type: "publish.refused"; topic: string; reason: string; closed: boolean } & DeviceName)
	| ({ type: "message.up"; topic: string; qos: 0 | 1; size: number; payload: string } & DeviceName)
	| ({ type: "message.down"; topic: string; qos: 0 | 1; size: number; payload: string; messageId: string } & DeviceName)
	| ({ type: "message.acknowledged"; topic: string; messageId: string } & DeviceName)
	| ({ type: "message.queued"; topic: string; messageId: string } & DeviceName)
	| ({ type: "message.dropped"; topic: string; messageId: string; reason: string } & DeviceName)
	| { type: "product.created" | "product.changed" | "product.deleted"; productKey: string; what?: string }
	| ({ type: "device.created" | "device.deleted" | "device.enabled" | "device.disabled" } & DeviceName)
	| ({ type: "device.activated" } & DeviceName)
	| ({ type: "certificate.issued"; serialNumber: string } & DeviceName)
	| ({ type: "certificate.revoked"; serialNumber: string; reason: string } & DeviceName)
	/** A CertUrl was used: whoever did has the keys of these devices now. */
	| { type: "certificate.downloaded"; productKey: string; remote: string; what: string }
	| { type: "batch.finished"; productKey: string; applyId: number; status: string; failed: number }
	/** A challenge that was not made, with the code it was told. */
	| ({ type: "id2.refused"; remote: string; code: number; reason: string } & Partial<DeviceName>)
	/** A carrier uses a licence of the product. */
	| ({ type: "id2.licensed"; id2: string } & DeviceName)
	| { type: "id2.carrier"; id2: string; what: "added" | "removed" }
	/** It was told its identity; what that is, no event tells. */
	| ({ type: "device.registered"; remote: string; transport: Transport; way: RegistrationWay } & DeviceName)
	/** Over HTTPS or behind a gateway, with the code it was told; over MQTT that is `device.refused`. */
	| ({
			type: "registration.refused";
			remote: string;
			way: RegistrationWay;
			code: number;
			reason: string;
	  } & Partial<DeviceName>)
	| ({ type: "device.reset" } & DeviceName)
	/** Physical devices of one name: all but `kept` are forbidden; without it, all. */
	| ({ type: "device.forbidden"; kept?: string } & DeviceName)
	/** A gateway's topology; `sub` is `productKey/deviceName`. */
	| ({ type: "topology.added" | "topology.deleted"; sub: string } & DeviceName)
	| { type: "admin.refused"; remote: string; reason: string }
	| { type: "error"; where: string; reason: string };

/** An event with its number (rising by one, from 1 at each start) and time (ms since 1970). */
export type CloudEvent = { id: number; at: number } & CloudEventBody;

/** How many past events a late listener can still ask for. */
const KEPT = 1000;

/** Hands events to whoever listens, and keeps the last ones. A listener that throws doesn't disturb the others. */
export class Events {
	readonly #listeners = new Set<(event: CloudEvent) => void>();
	readonly #recent: CloudEvent[] = [];
	readonly #now: () => number;
	#id = 0;

	constructor(now: () => number) {
		this.#now = now;
	}

	/** Tells all listeners. */
	emit(body: CloudEventBody): CloudEvent {
		const event: CloudEvent = { id: ++this.#id, at: this.#now(), ...body };
		this.#recent.push(event);
		if (this.#recent.length > KEPT) this.#recent.shift();
		for (const listener of [...this.#listeners]) {
			try {
				listener(event);
			} catch (error) {
				// A broken observer must not take down what it observes.
				process.emitWarning(error instanceof Error ? error : String(error));
			}
		}
		return event;
	}

	/** Listens from now on; answers the function that ends it. */
	on(listener: (event: CloudEvent) => void): () => void {
		this.#listeners.add(listener);
		return () => {
			this.#listeners.delete(listener);
		};
	}

	/** The kept events with a number above `id`, oldest first. */
	since(id: number): CloudEvent[] {
		return this.#recent.filter((event) => event.id > id);
	}

	/** The next (or, with `past`, an already kept) event that the test accepts. Rejects after `timeout` ms. */
	next(accepts: (event: CloudEvent) => boolean, timeout = 10_000, past = false): Promise<CloudEvent> {
		if (past) {
			const found = this.#recent.find(accepts);
			if (found) return Promise.resolve(found);
		}
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				off();
				reject(new Error(`no such event within ${timeout} ms`));
			}, timeout);
			const off = this.on((event) => {
				if (!accepts(event)) return;
				clearTimeout(timer);
				off();
				resolve(event);
			});
		});
	}
}
