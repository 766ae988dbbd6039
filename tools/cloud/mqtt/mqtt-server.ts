import type { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import Aedes, { type Client, type ConnectPacket, type PublishPacket } from "aedes";
import type { Clock } from "../clock";
import type { Events } from "../events";
import type { About } from "../listener/listener";
import type { Store } from "../store/store";
import { Rights } from "../topics/rights";
import { Persistence, silentBus } from "./aedes-parts";
import { type Connection, requestOf } from "./connection";
import type { Gate } from "./gate/gate";
import { type Admission, KEEP_ALIVE_MAX, type Registration, ReturnCode } from "./gate/way";
import { GuardedStream } from "./guarded-stream";
import { KeepAlive } from "./keep-alive";
import { type Arrival, Reception } from "./reception";
import { Refusal } from "./refusal";
import { pushAfterConnack, RegistrationConnection } from "./registration-connection";
import { Session } from "./session";
import type { Switchboard } from "./switchboard";
import { Traffic, type Uplink } from "./traffic";

export interface MqttServerOptions {
	store: Store;
	events: Events;
	clock: Clock;
	switchboard: Switchboard;
	/** Decides who gets in. */
	gate: Gate;
	/** Takes each message that a device publishes. */
	onUplink(uplink: Uplink): void;
}

/** The type of a DISCONNECT packet. */
const DISCONNECT = 14;

/** The client id that aedes sees: one for each connection, so that it never mixes two; the sessions are ours. */
let connections = 0;

/** The MQTT side: aedes for the conversation, the platform's rules around it. */
export class MqttServer {
	readonly #options: MqttServerOptions;
	readonly #reception: Reception;
	readonly #traffic: Traffic;
	readonly #broker: Aedes;
	readonly #connections = new Map<Client, Connection>();
	readonly #present = new Set<string>();

	constructor(options: MqttServerOptions) {
		this.#options = options;
		this.#reception = new Reception(options.gate, options.store, options.switchboard);
		this.#traffic = new Traffic(options);
		this.#broker = new Aedes({
			mq: silentBus,
			persistence: new Persistence({
				unsubscribed: (client, topics) =>
					this.#withSession(client, (session) => this.#traffic.unsubscribe(session, topics)),
				acknowledged: (client, packetId) =>
					this.#withSession(client, (session) => options.switchboard.acknowledged(session, packetId)),
				sessionPresent: (clientId) => this.#present.delete(clientId),
			}),
			// MQTT 3.1 clients of the platform have client ids far beyond that version's 23 characters.
			maxClientsIdLength: Number.POSITIVE_INFINITY,
			queueLimit: 1000,
			preConnect: (client, packet, done) => this.#preConnect(client, packet, done),
			authenticate: (client, userName, password, done) => {
				this.#authenticate(client, userName, password).then(
					() => done(null, true),
					(error: unknown) => {
						const refusal = error instanceof Refusal ? error : new Refusal(String(error), ReturnCode.serverError);
						// aedes types this as its own const enum, which a program that is not compiled with it cannot name.
						done(refusal as never, null);
					},
				);
			},
			authorizeSubscribe: (client, subscription, done) => {
				const { session, registration } = this.#connections.get(client) ?? {};
				registration?.refuse("subscribe.refused", subscription.topic);
				done(null, session && this.#traffic.subscribe(session, subscription) ? subscription : null);
			},
			authorizePublish: (client, packet, done) => this.#publish(client, packet, done),
		});
		// Not "clientReady", which comes after the client's first packets were handled.
		this.#broker.on("connackSent", (_connack, client) => this.#ready(client));
		// An EventEmitter's own event, which aedes emits when its storage fails; its types leave it out.
		(this.#broker as EventEmitter).on("error", (error: unknown) => this.#storeFailed(error));
		this.#broker.on("clientError", (client, error) => this.#failed(client, error));
		this.#broker.on("connectionError", (client, error) => this.#failed(client, error));
	}

	/** Takes a connection whose first byte is a CONNECT packet's. */
	handle(inner: Duplex, about: About): void {
		const stream = new GuardedStream(inner);
		const client = this.#broker.handle(stream);
		const connection: Connection = {
			stream,
			...about,
			connect: undefined,
			session: undefined,
			registration: undefined,
			reason: undefined,
			refused: false,
		};
		this.#connections.set(client, connection);
		stream.watch({
			onPacket: (type) => {
				connection.session?.keepAlive?.heard();
				if (type === DISCONNECT) connection.reason ??= "the device disconnected";
			},
			onTooLarge: (size) => {
				connection.reason = `a packet of ${size} bytes is larger than allowed`;
			},
		});
		stream.on("close", () => this.#closed(client, connection));
	}

	/** Closes every connection. */
	close(): Promise<void> {
		for (const { session, stream } of this.#connections.values()) {
			if (session) session.end("the cloud is shutting down");
			else stream.destroy();
		}
		return new Promise((resolve) => this.#broker.close(() => resolve()));
	}

	#preConnect(client: Client, packet: ConnectPacket, done: (error: Error | null, ok: boolean) => void): void {
		const connection = this.#connections.get(client);
		if (!connection) {
			done(new Refusal("unknown connection"), false);
			return;
		}
		connection.connect = { ...packet };
		// aedes would keep its own time and session by these; both are the cloud's.
		const own = packet as { clientId: string; keepalive: number; clean: boolean; will?: unknown };
		own.clientId = `connection-${++connections}`;
		own.keepalive = 0;
		own.clean = false;
		own.will = undefined;
		done(null, true);
	}

	async #authenticate(client: Client, userName: string | undefined, password: Buffer | undefined): Promise<void> {
		const connection = this.#connections.get(client);
		const packet = connection?.connect;
		if (!connection || !packet) throw new Refusal("unknown connection", ReturnCode.serverError);
		const { events } = this.#options;
		const { transport, remote } = connection;
		let admission: Admission;
		try {
			admission = await this.#reception.receive(
				requestOf(connection, packet, userName, password),
				packet.clean ?? true,
				(arrival) => {
					if (!client.closed) this.#enter(client, connection, packet, arrival);
				},
			);
		} catch (error) {
			events.emit({ type: "error", where: "admission", reason: String(error) });
			throw new Refusal("the cloud failed", ReturnCode.serverError);
		}
		if (admission.outcome === "session") return;
		if (admission.outcome === "registration") return this.#register(client, connection, admission);
		const { returnCode, reason, credentials } = admission;
		connection.refused = true;
		const names = credentials && { productKey: credentials.productKey, deviceName: credentials.deviceName };
		events.emit({ type: "device.refused", remote, transport, returnCode, reason, ...names });
		throw new Refusal(reason, returnCode);
	}

	#register(client: Client, connection: Connection, registration: Registration): void {
		const { events, clock, switchboard } = this.#options;
		const { productKey, deviceName } = registration.device;
		const { transport, remote } = connection;
		events.emit({ type: "device.registered", productKey, deviceName, remote, transport, way: registration.way });
		if (client.closed) return;
		const end = (reason: string) => {
			connection.reason ??= reason;
			client.close();
		};
		connection.registration = new RegistrationConnection({ client, registration, events, clock, switchboard, end });
	}

	#enter(client: Client, connection: Connection, packet: ConnectPacket, arrival: Arrival): void {
		const { store, events, switchboard } = this.#options;
		const { device, product, credentials, push, subscriptions, first, clean, autoSubscribe } = arrival;
		const { productKey, deviceName } = device;
		const rights = new Rights(productKey, deviceName, () => store.topicClasses.loaded(productKey));
		const session = new Session({
			client,
			device,
			product,
			clientId: credentials.clientId,
			rights,
			transport: connection.transport,
			remote: connection.remote,
			autoSubscribe,
			clean,
			subscriptions,
		});
		connection.session = session;
		connection.push = push;
		connection.stream.admitted();
		if (!clean && !first) this.#present.add(client.id);
		const notice = (reason: string) => events.emit({ type: "device.notice", productKey, deviceName, reason });
		if (packet.will) notice("the platform knows no will message: ignored");
		if ((packet.keepalive ?? 0) > KEEP_ALIVE_MAX) {
			notice(`a keep alive of ${packet.keepalive} s is taken from the C SDK, which doubles it on the wire`);
		}
		if (first) events.emit({ type: "device.activated", productKey, deviceName });
		switchboard.enter(session);
	}

	#ready(client: Client): void {
		this.#connections.get(client)?.registration?.open();
		this.#withSession(client, (session, connection) => {
			const { events, clock, switchboard } = this.#options;
			const { productKey, deviceName, remote, transport } = session;
			const keepAlive = connection.connect?.keepalive ?? 0;
			const version = connection.connect?.protocolVersion === 3 ? "3.1" : "3.1.1";
			session.keepAlive = new KeepAlive(clock, keepAlive, () =>
				session.end(`silent for longer than 1.5 times its keep alive of ${keepAlive} s`),
			);
			events.emit({
				type: "device.online",
				productKey,
				deviceName,
				remote,
				transport,
				resumed: connection.resumed,
				version,
				keepAlive,
			});
			if (connection.push) pushAfterConnack(client, session, connection.push, events, switchboard);
			switchboard.open(session);
		});
	}

	#publish(client: Client | null, packet: PublishPacket, done: (error?: Error | null) => void): void {
		const connection = client ? this.#connections.get(client) : undefined;
		if (connection?.registration) connection.reason ??= connection.registration.refuse("publish.refused", packet.topic);
		if (!connection?.session) {
			done(new Refusal("not connected"));
			return;
		}
		const verdict = this.#traffic.publish(connection.session, packet);
		if (verdict.outcome === "closed") {
			connection.reason = `published on ${packet.topic}: ${verdict.reason}`;
			done(new Refusal(verdict.reason));
			return;
		}
		// aedes writes the PUBACK in this call, a dropped message's too.
		done(null);
		if (verdict.outcome === "taken") verdict.take();
	}

	#failed(client: Client, error: Error): void {
		const connection = this.#connections.get(client);
		if (connection) connection.reason ??= error.message;
	}

	#closed(client: Client, connection: Connection): void {
		this.#connections.delete(client);
		this.#present.delete(client.id);
		const { events, switchboard, store } = this.#options;
		const { session, registration, remote, transport } = connection;
		registration?.stop();
		if (!session) {
			if (!connection.refused && !registration) {
				events.emit({
					type: "connection.refused",
					remote,
					transport,
					protocol: "MQTT",
					reason: connection.reason ?? "closed before it was let in",
				});
			}
			return;
		}
		session.keepAlive?.stop();
		const present = switchboard.leave(session);
		const { productKey, deviceName } = session;
		events.emit({
			type: "device.offline",
			productKey,
			deviceName,
			reason: session.ending ?? connection.reason ?? "the connection broke",
		});
		if (present) store.devices.wentOffline(session.device.iotId).catch((error) => this.#storeFailed(error));
	}

	#withSession(client: Client, use: (session: Session, connection: Connection) => void): void {
		const connection = this.#connections.get(client);
		if (connection?.session) use(connection.session, connection);
	}

	#storeFailed(error: unknown): void {
		this.#options.events.emit({ type: "error", where: "database", reason: String(error) });
	}
}
