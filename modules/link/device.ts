import type { Random } from "backoff/backoff";
import { randomNumber } from "backoff/random";
import * as halCrypto from "hal/crypto";
import { decode } from "hal/text";
import type { Identity } from "identity/identity";
import { deviceLogin, type MqttLogin } from "identity/login";
import type { KeyMaker } from "identity/sign";
import type Log from "log/log";
import Client, { type Outage, type Prepare, type SocketOptions } from "mqtt/client";
import type { MqttError } from "mqtt/error";
import type { SessionOptions } from "mqtt/session-options";
import Certificate from "./certificate";
import { type Endpoint, mqttEndpoint, type Place } from "./endpoint";
import { LinkError } from "./error";
import Handlers, { type Handler } from "./handlers";
import { type LinkRecords, namesKept } from "./names";
import ConnectPolicy from "./policy";
import { type Refusal, refusalOf } from "./refusal";
import Requests, { parseObject } from "./requests";
import { promised } from "./settle";
import { customTopic, type Topics, topicsOf } from "./topics";

export type DeviceState =
	| { readonly name: "connecting" }
	| { readonly name: "online"; readonly sessionPresent: boolean }
	/** `wait`: ms until the next try. `refusal`: what the server has against this device, if it's that. */
	| { readonly name: "offline"; readonly error: MqttError; readonly wait: number; readonly refusal?: Refusal }
	| { readonly name: "closed" };

/**
 * The stream class and more options for it: `{ io: TLSSocket, secure: { roots } }`, `{ io: TCP }`, `address`; and what has
 * to precede each connection.
 */
export interface Transport extends SocketOptions {
	readonly prepare?: Prepare | undefined;
}

/** Takes what is secret where it was received: a view, wiped when this returns. */
export type SecretHandler = (bytes: Uint8Array, offset: number, total: number) => void;

export interface DeviceOptions extends SessionOptions {
	readonly identity: Identity;
	/** The platform's region, or an instance's host. */
	readonly place: Place;
	/** A certificate's identity adds that and its key to `secure`. */
	readonly transport: Transport;
	/**
	 * The vault, if there's one. A certificate and its key are read from it for each connection, so a renewed pair counts from
	 * the next on; names that the platform tells of a certificate are kept there.
	 */
	readonly storage?: LinkRecords;
	readonly log: Log;
	/** What signs; default `Key` of `hal/crypto`. */
	readonly signer?: KeyMaker;
	/** Default from `hal/crypto`. */
	readonly random?: Random;
	readonly onState?: (state: DeviceState) => void;
	/**
	 * The platform sets properties: answered with 200 when it returns (or its promise resolves), with 500 when it throws.
	 */
	readonly onPropertySet?: (params: Record<string, unknown>) => void | Promise<void>;
}

/**
 * A device on the platform, for applications: connects by itself, for ever; promises are settled exactly once, also by
 * `close()`; what a callback throws is logged, and the device goes on.
 *
 * Log lines that others read (`npm start`): `link online`, `link offline: CODE …`.
 */
export default class Device {
	readonly topics: Topics;
	readonly endpoint: Endpoint;
	#options: DeviceOptions;
	#client: Client;
	#log: Log;
	#handlers = new Handlers();
	#policy: ConnectPolicy;
	#reports: Requests;
	#reporting = false;
	#closed = false;
	/** Whether the server has taken this identity before. */
	#accepted = false;
	#secrets: Map<string, SecretHandler> | undefined;
	/** Of the last TLS connection, for a shorter handshake in the next. */
	#session: unknown;
	#certificate: Certificate | undefined;
	/** Pieces of a large message whose handlers are not done. */
	#pieces: Promise<void> | undefined;

	/** Begins to connect. @throws {RangeError | TypeError} for options that can't be right. */
	constructor(options: DeviceOptions) {
		const { identity, place, transport, signer = halCrypto.Key, random = randomNumber } = options;
		this.#options = options;
		this.#log = options.log.named("link");
		this.topics = topicsOf(identity.productKey, identity.deviceName);
		this.endpoint = mqttEndpoint(place, identity.productKey, identity.kind);
		this.#policy = new ConnectPolicy(random);
		const { security, ...at } = this.endpoint;
		const { prepare, ...stream } = transport;
		this.#reports = new Requests("thing.event.property.post", (payload, done) =>
			this.#client.publish(this.topics.propertyPost, payload, 1, done),
		);
		const { propertySet } = this.topics;
		if (options.onPropertySet) this.#handlers.set(propertySet, ({ payload }) => this.#setProperties(payload));
		const { storage } = options;
		if (identity.kind === "x509") this.#certificate = new Certificate(identity, storage);
		const login = (): MqttLogin => deviceLogin(identity, security, signer);
		const { password } = login(); // what is wrong with the identity is said now
		if (typeof password === "object") password.close();
		this.#client = new Client({
			...options,
			prepare,
			socket: () => ({ ...stream, ...at, ...this.#secure(stream["secure"]) }),
			login,
			reconnect: (outage) => this.#reconnect(outage),
			onOnline: (sessionPresent) => this.#online(sessionPresent),
			onMessage: (topic, payload, offset, total, id) => this.#message(topic, payload, offset, total, id),
			onException: (error) => this.#log.exception("callback", error),
		});
		if (options.onPropertySet) this.#subscribe(propertySet);
		if (storage && this.#certificate) {
			this.#handlers.set("/ext/auth/identity/response", ({ payload }) => {
				if (this.#certificate?.current) namesKept(storage, payload, this.#log);
			});
		}
		this.#tell({ name: "connecting" });
	}

	get online(): boolean {
		return this.#client.online;
	}

	/** Whether a topic has this device's product key and name in it, one after the other: all that it may publish on do. */
	isOwn(topic: string): boolean {
		const { productKey, deviceName } = this.#options.identity;
		return `${topic}/`.includes(`/${productKey}/${deviceName}/`);
	}

	/** A topic of this device under `/${productKey}/${deviceName}/user/`, or below another prefix, or none. */
	topic(name: string, prefix?: string): string {
		const { productKey, deviceName } = this.#options.identity;
		return customTopic(productKey, deviceName, name, prefix);
	}

	/**
	 * Publish; while there's no connection the message waits in the outbox.
	 *
	 * @returns settled at PUBACK (QoS 0: when written). Rejects with MqttError: `outbox-full`, `message-too-large`, `closed`.
	 * @throws {RangeError | TypeError} a bad topic, or one that isn't this device's own (FACTS: the platform closes the
	 * connection for that, each time the message would be sent again).
	 */
	publish(topic: string, payload: Uint8Array | string, qos: 0 | 1 = 1): Promise<void> {
		if (!this.isOwn(topic)) throw new RangeError("a device publishes on topics of its own only");
		return promised<void>((settler) => {
			const refused = this.#client.publish(topic, payload, qos, (error) => {
				if (error) settler.reject(error);
				else settler.resolve();
			});
			if (refused === undefined) return;
			this.#log.warn(`publish: ${refused.message}`);
			settler.reject(refused);
		});
	}

	/**
	 * Receive what is published on `filter`, over all connections to come; a second handler for it takes the first's place.
	 *
	 * @returns settled by the server's first answer. Rejects with MqttError: `subscription-refused`, `closed`.
	 * @throws {RangeError | TypeError} no topic filter.
	 */
	subscribe(filter: string, handler: Handler, qos: 0 | 1 = 1): Promise<void> {
		return promised<void>((settler) => {
			this.#client.subscribe(filter, qos, (error) => {
				if (error === undefined) return settler.resolve();
				if (error.code === "subscription-refused") this.#handlers.delete(filter);
				this.#log.warn(`subscribe: ${error.message}`);
				settler.reject(error);
			});
			this.#handlers.set(filter, handler);
		});
	}

	/** @returns settled when the server has confirmed, or knows nothing of us any more. */
	unsubscribe(filter: string): Promise<void> {
		return promised<void>((settler) => {
			this.#handlers.delete(filter);
			this.#client.unsubscribe(filter, () => settler.resolve());
		});
	}

	/**
	 * Report properties of the thing model.
	 *
	 * @returns settled by the platform's reply. Rejects with LinkError (`refused`, `no-reply`, `busy`) or MqttError.
	 */
	report(params: Readonly<Record<string, unknown>>): Promise<void> {
		if (!this.#reporting) {
			this.#reporting = true;
			const { propertyPostReply } = this.topics;
			this.#handlers.set(propertyPostReply, ({ payload }) => {
				if (!this.#reports.answer(payload)) this.#log.debug("a reply that nobody awaits");
			});
			this.#subscribe(propertyPostReply);
		}
		return this.#reports.request(params) as Promise<void>;
	}

	/**
	 * As `subscribe`, for a topic on which secrets come: `handler` gets the bytes where they were received, and after it
	 * nothing is left of them. For capabilities, which tell by their own requests' failure.
	 */
	takeSecret(topic: string, handler: SecretHandler): void {
		this.#secrets ??= new Map();
		this.#client.leaveNothing();
		this.#secrets.set(topic, handler);
		this.#subscribe(topic);
	}

	/** Disconnect for good: everything that waits is settled. A second one is harmless. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#client.close();
		this.#certificate?.done();
		this.#reports.close(new LinkError("closed"));
		this.#tell({ name: "closed" });
	}

	#subscribe(topic: string): void {
		this.#client.subscribe(topic, 1, (error) => {
			if (error && error.code !== "closed") this.#log.warn(`subscribe: ${error.message}`);
		});
	}

	#secure(secure: unknown): { secure?: unknown } {
		if (typeof secure !== "object") return {};
		const own = this.#certificate?.next();
		// A session is its certificate's: resumed, it would show the old one once more.
		if (own?.renewed) this.#session = undefined;
		const session = this.#session === undefined ? {} : { session: this.#session };
		return { secure: { ...secure, ...own?.pair, ...session } };
	}

	#online(sessionPresent: boolean): void {
		this.#certificate?.done();
		this.#pieces = undefined; // what broke off comes again from its first piece
		const { stream } = this.#client;
		if (stream && "session" in stream && typeof stream.session === "function") this.#session = stream.session();
		this.#accepted = true;
		this.#log.info("online");
		this.#tell({ name: "online", sessionPresent });
	}

	#reconnect(outage: Outage): number {
		this.#certificate?.done();
		const { error, wait } = this.#policy.decide(outage);
		const { host, port } = this.endpoint;
		this.#log.warn(`offline: ${error.message}, ${host}:${port} again in ${(wait / 1000).toFixed(1)} s`);
		const refusal = refusalOf(error, this.#options.identity.kind, this.#accepted);
		this.#tell({ name: "offline", error, wait, ...(refusal === undefined ? {} : { refusal }) });
		return wait;
	}

	#tell(state: DeviceState): void {
		try {
			this.#options.onState?.(state);
		} catch (error) {
			this.#log.exception("onState", error);
		}
	}

	/** @returns whether the application has taken the message (the piece). */
	#message(topic: string, view: Uint8Array, offset: number, total: number, id: number): boolean {
		const secret = this.#secrets?.get(topic);
		if (secret) {
			try {
				secret(view, offset, total);
			} catch (error) {
				this.#log.exception(topic, error);
			}
			view.fill(0);
			return true;
		}
		const handlers = this.#handlers.of(topic);
		if (handlers.length === 0) {
			this.#log.warn(topic.startsWith("/ext/error") ? `${topic}: ${printable(view)}` : `nobody takes ${topic}`);
		}
		const message = { topic, payload: view.slice(), offset, total };
		for (const handler of handlers) {
			const pending = this.#call(handler, message);
			if (pending) this.#pieces = this.#pieces ? this.#pieces.then(() => pending) : pending;
		}
		const pieces = this.#pieces;
		if (offset + view.byteLength < total || pieces === undefined) return true;
		this.#pieces = undefined;
		// After another connection has begun the message comes again: that PUBACK waits for that one's handlers.
		const { stream } = this.#client;
		pieces.then(() => {
			if (this.#client.stream === stream) this.#client.taken(id);
		});
		return false;
	}

	/** @returns a promise that never rejects, if the handler gave one. */
	#call(handler: Handler, message: Parameters<Handler>[0]): Promise<void> | undefined {
		try {
			const result = handler(message);
			if (!(result instanceof Promise)) return undefined;
			return result.catch((error) => this.#log.exception(message.topic, error));
		} catch (error) {
			this.#log.exception(message.topic, error);
			return undefined;
		}
	}

	async #setProperties(payload: Uint8Array): Promise<void> {
		const request = parseObject(payload);
		const params = request?.["params"];
		if (!request || typeof params !== "object" || params === null) {
			return this.#log.warn(`${this.topics.propertySet}: no request`);
		}
		let code = 200;
		try {
			await this.#options.onPropertySet?.(params as Record<string, unknown>);
		} catch (error) {
			this.#log.exception("onPropertySet", error);
			code = 500;
		}
		const reply = JSON.stringify({ id: String(request["id"]), code, data: {} });
		const refused = this.#client.publish(this.topics.propertySetReply, reply, 1);
		if (refused) this.#log.warn(`${this.topics.propertySetReply}: ${refused.message}`);
	}
}

function printable(payload: Uint8Array): string {
	try {
		return decode(payload);
	} catch {
		return `${payload.byteLength} bytes`;
	}
}
