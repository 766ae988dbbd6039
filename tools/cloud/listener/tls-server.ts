import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { createServer, DEFAULT_CIPHERS, type Server, type TLSSocket } from "node:tls";
import type { Identity } from "./certificates";
import type { Proof } from "./proof";

/** How long a session can be resumed, seconds. */
const SESSION_TIMEOUT = 24 * 3600;
/** How many sessions without ticket are remembered. */
const SESSIONS_KEPT = 1000;

/** Beside Node's own list: RSA key exchange with AES-CBC, which is all that Alibaba's C SDK offers (fact 1). */
const C_SDK_CIPHERS = "AES256-SHA256:AES128-SHA256:AES256-SHA:AES128-SHA";

/** What takes connections whose first byte said TLS. */
export interface Secure {
	/** Takes a connection, nothing of which has been consumed. */
	handle(socket: Duplex): void;
}

export interface SecureOptions {
	/** A finished handshake, and what it proved about the peer where that was asked. */
	onSecure(socket: TLSSocket, proof: Proof | undefined): void;
	/** A handshake that failed, with OpenSSL's reason. */
	onRefused(raw: Duplex | undefined, reason: string): void;
	/** How long a handshake may take, ms. */
	handshakeTimeout: number;
}

export interface TlsServerOptions extends SecureOptions {
	identity: Identity;
	/**
	 * Asks for a client's certificate, naming these authorities (PEM). None, and one by somebody else, is let through: the
	 * refusal that a device can read is CONNACK's, and Node sends no alert for it.
	 */
	clientAuthorities?: readonly string[];
}

/**
 * The TLS half of the sniffing listener, with a certificate. Sessions resume by ticket and by session id (Node keeps no
 * cache of its own, so this does). A session belongs to the server that made it: one made without being asked for a
 * certificate can't be resumed where one is asked for, and a resumed one still has the certificate it was made with.
 */
export class TlsServer implements Secure {
	readonly #server: Server;
	readonly #sessions = new Map<string, Buffer>();

	constructor(options: TlsServerOptions) {
		const { clientAuthorities } = options;
		this.#server = createServer({
			cert: options.identity.certificate,
			key: options.identity.key,
			minVersion: "TLSv1.2",
			ciphers: `${DEFAULT_CIPHERS}:${C_SDK_CIPHERS}`,
			honorCipherOrder: true,
			ticketKeys: randomBytes(48),
			sessionTimeout: SESSION_TIMEOUT,
			handshakeTimeout: options.handshakeTimeout,
			...(clientAuthorities && {
				requestCert: true,
				rejectUnauthorized: false,
				ca: [...clientAuthorities],
				sessionIdContext: randomBytes(16).toString("hex"),
			}),
		});
		this.#server.on("secureConnection", (socket) =>
			options.onSecure(
				socket,
				clientAuthorities && { kind: "certificate", certificate: socket.getPeerX509Certificate() },
			),
		);
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

	handle(socket: Duplex): void {
		this.#server.emit("connection", socket);
	}
}

/** OpenSSL's words, or Node's. */
export function reasonOf(error: Error & { code?: string; reason?: string }): string {
	return error.reason ?? error.code ?? error.message;
}
