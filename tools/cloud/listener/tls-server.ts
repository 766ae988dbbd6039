import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { createServer, DEFAULT_CIPHERS, type Server, type TLSSocket } from "node:tls";
import type { Identity } from "./certificates";

/** How long a session can be resumed, seconds. */
const SESSION_TIMEOUT = 24 * 3600;
/** How many sessions without ticket are remembered. */
const SESSIONS_KEPT = 1000;

/** Beside Node's own list: RSA key exchange with AES-CBC, which is all that Alibaba's C SDK offers (fact 1). */
const C_SDK_CIPHERS = "AES256-SHA256:AES128-SHA256:AES256-SHA:AES128-SHA";

export interface TlsServerOptions {
	identity: Identity;
	/** A finished handshake. */
	onSecure(socket: TLSSocket): void;
	/** A handshake that failed, with OpenSSL's reason. */
	onRefused(raw: Duplex | undefined, reason: string): void;
	/** How long a handshake may take, ms. */
	handshakeTimeout: number;
}

/**
 * The TLS half of the sniffing listener: takes connections whose first byte said TLS. Sessions resume by ticket and
 * by session id (Node keeps no cache of its own, so this does).
 */
export class TlsServer {
	readonly #server: Server;
	readonly #sessions = new Map<string, Buffer>();

	constructor(options: TlsServerOptions) {
		this.#server = createServer({
			cert: options.identity.certificate,
			key: options.identity.key,
			minVersion: "TLSv1.2",
			ciphers: `${DEFAULT_CIPHERS}:${C_SDK_CIPHERS}`,
			honorCipherOrder: true,
			ticketKeys: randomBytes(48),
			sessionTimeout: SESSION_TIMEOUT,
			handshakeTimeout: options.handshakeTimeout,
		});
		this.#server.on("secureConnection", options.onSecure);
		this.#server.on("tlsClientError", (error, socket) => {
			options.onRefused(socket, reasonOf(error));
			socket.destroy();
		});
		this.#server.on("newSession", (id, session, done) => {
			this.#sessions.set(id.toString("hex"), session);
			const oldest = this.#sessions.size > SESSIONS_KEPT ? this.#sessions.keys().next().value : undefined;
			if (oldest !== undefined) this.#sessions.delete(oldest);
			done();
		});
		this.#server.on("resumeSession", (id, done) => done(null, this.#sessions.get(id.toString("hex")) ?? null));
	}

	/** Takes a connection, nothing of which has been consumed. */
	handle(socket: Duplex): void {
		this.#server.emit("connection", socket);
	}
}

function reasonOf(error: Error & { code?: string; reason?: string }): string {
	return error.reason ?? error.code ?? error.message;
}
