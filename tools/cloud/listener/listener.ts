import type { Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Events, Transport } from "../events";
import type { Identity } from "./certificates";
import { bind } from "./ports";
import type { Proof } from "./proof";
import { SecureDoor, type SecureDoorOptions } from "./secure-door";
import { type Protocol, sniff } from "./sniffer";

/** How long a connection may say nothing, or take for its TLS handshake, ms. */
const SILENCE = 10_000;

/** Where a connection comes from and how. */
export interface About {
	transport: Transport;
	remote: string;
	/** A resumed TLS session. */
	resumed: boolean;
	/** The host name that a TLS client asked for (SNI), if it named one. */
	servername?: string;
	/** Whom the TLS handshake proved, where it was asked to. */
	proof?: Proof;
}

/** Takes a connection of one protocol; nothing of it has been consumed. */
export type Handler = (stream: Duplex, about: About) => void;

export interface ListenerOptions extends Pick<SecureDoorOptions, "clientAuthorities" | "takeSharedKey"> {
	ports: readonly number[];
	lan: boolean;
	identity: Identity;
	events: Events;
	/** What serves each protocol; one without a handler is refused. */
	handlers: Partial<Record<Exclude<Protocol, "tls" | "unknown">, Handler>>;
}

/** One listener for all that devices speak: looks at the first bytes, unwraps TLS, looks again, hands on. */
export class Listener {
	readonly #options: ListenerOptions;
	readonly #door: SecureDoor;
	readonly #servers: Server[] = [];
	readonly #sockets = new Set<Socket>();
	/** The raw socket's address below a TLS socket, whose own properties are gone once it failed. */
	readonly #remotes = new WeakMap<object, string>();

	constructor(options: ListenerOptions) {
		this.#options = options;
		this.#door = new SecureDoor({
			identity: options.identity,
			patience: SILENCE,
			clientAuthorities: () => options.clientAuthorities(),
			takeSharedKey: (identity) => options.takeSharedKey(identity),
			onSecure: (socket, proof) => this.#secure(socket, proof),
			onRefused: (socket, reason) =>
				this.#refused(this.#remoteOf(socket), undefined, "TLS", `handshake failed: ${reason}`),
		});
	}

	/** Binds all ports; answers them in the order asked for. Throws `listen`. */
	async open(): Promise<number[]> {
		const ports: number[] = [];
		for (const port of this.#options.ports) {
			const bound = await bind(port, this.#options.lan, (socket) => this.#accept(socket)).catch((error: unknown) => {
				void this.close();
				throw error;
			});
			this.#servers.push(...bound.servers);
			ports.push(bound.port);
		}
		return ports;
	}

	/** Stops listening and drops every connection. */
	async close(): Promise<void> {
		const closed = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
		for (const socket of this.#sockets) socket.destroy();
		await Promise.all(closed);
	}

	#accept(socket: Socket): void {
		const remote = `${socket.remoteAddress ?? "?"}:${socket.remotePort ?? 0}`;
		this.#sockets.add(socket);
		this.#remotes.set(socket, remote);
		socket.on("close", () => this.#sockets.delete(socket));
		socket.on("error", () => socket.destroy());
		void this.#dispatch(socket, { transport: "tcp", remote, resumed: false });
	}

	#secure(socket: TLSSocket, proof: Proof | undefined): void {
		// Node's types leave it out.
		const { servername } = socket as TLSSocket & { servername?: string | false | null };
		socket.on("error", () => socket.destroy());
		void this.#dispatch(socket, {
			transport: "tls",
			remote: this.#remoteOf(socket),
			resumed: socket.isSessionReused(),
			...(servername && { servername }),
			...(proof && { proof }),
		});
	}

	async #dispatch(stream: Duplex, about: About): Promise<void> {
		const protocol = await sniff(stream, SILENCE);
		const { transport, remote } = about;
		if (protocol === undefined) {
			if (!stream.destroyed) this.#refused(remote, transport, undefined, "said nothing");
			stream.destroy();
			return;
		}
		if (protocol === "tls") {
			if (transport === "tcp") return this.#door.handle(stream).catch((error: unknown) => this.#failed(stream, error));
			this.#refused(remote, transport, "TLS", "TLS inside TLS");
			stream.destroy();
			return;
		}
		const handler = protocol === "unknown" ? undefined : this.#options.handlers[protocol];
		if (handler) return handler(stream, about);
		this.#refused(
			remote,
			transport,
			NAMES[protocol],
			protocol === "unknown" ? "neither TLS, MQTT nor HTTP" : "not served by this cloud yet",
		);
		stream.end(protocol === "http2" ? HTTP2_ANSWER : "");
		// Reads what is left: closing over unread bytes would reset the connection and lose the answer.
		stream.resume();
		setTimeout(() => stream.destroy(), 1000).unref();
	}

	#failed(stream: Duplex, error: unknown): void {
		this.#options.events.emit({ type: "error", where: "listener", reason: String(error) });
		stream.destroy();
	}

	#remoteOf(socket: Duplex | undefined): string {
		const address =
			socket && "remoteAddress" in socket ? `${socket.remoteAddress}:${(socket as Socket).remotePort}` : undefined;
		return address ?? "?";
	}

	#refused(remote: string, transport: Transport | undefined, protocol: string | undefined, reason: string): void {
		this.#options.events.emit({
			type: "connection.refused",
			remote,
			reason,
			...(transport && { transport }),
			...(protocol && { protocol }),
		});
	}
}

/** An empty SETTINGS frame, then GOAWAY with HTTP_1_1_REQUIRED (RFC 9113, 6.8 and 7). */
const HTTP2_ANSWER = Buffer.from("000000040000000000" + "000008070000000000" + "00000000" + "0000000d", "hex");

const NAMES: Readonly<Record<Exclude<Protocol, "tls">, string>> = Object.freeze({
	mqtt: "MQTT",
	"http-get": "HTTP GET",
	"http-post": "HTTP POST",
	http2: "HTTP/2",
	unknown: "unknown protocol",
});
