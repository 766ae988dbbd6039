import type { Duplex } from "node:stream";
import { createServer, type Server, type TLSSocket } from "node:tls";
import type { SharedKey } from "./proof";
import { reasonOf, type Secure, type SecureOptions } from "./tls-server";

/** What the device's TLS offers with a key (hal/mbedtls/tls-options.c), the one with forward secrecy first. */
const CIPHERS = "ECDHE-PSK-CHACHA20-POLY1305:PSK-AES128-GCM-SHA256:PSK-AES256-GCM-SHA384:PSK-CHACHA20-POLY1305";

export interface PskServerOptions extends SecureOptions {
	/** The key that belongs to a PSK identity: each is asked for once, and is used up by that. */
	take(identity: string): SharedKey | undefined;
}

/**
 * The TLS server for peers that share a key with the cloud (TLS 1.2, RFC 4279). No session resumes: it would outlive the
 * challenge that it was made from.
 */
export class PskServer implements Secure {
	readonly #server: Server;
	readonly #known = new WeakMap<TLSSocket, Omit<SharedKey, "key">>();
	readonly #unknown = new WeakSet<TLSSocket>();

	constructor(options: PskServerOptions) {
		this.#server = createServer({
			ciphers: CIPHERS,
			minVersion: "TLSv1.2",
			maxVersion: "TLSv1.2",
			honorCipherOrder: true,
			// SSL_OP_NO_TICKET; without a "newSession" listener there are no session ids either.
			secureOptions: 0x4000,
			handshakeTimeout: options.handshakeTimeout,
			pskCallback: (socket, identity) => {
				const found = options.take(identity);
				if (!found) {
					this.#unknown.add(socket);
					return null;
				}
				const { key, ...holder } = found;
				this.#known.set(socket, holder);
				return key;
			},
		});
		this.#server.on("secureConnection", (socket) => {
			const holder = this.#known.get(socket);
			// No handshake ends without a key; a socket without a holder is nobody's.
			if (holder) options.onSecure(socket, { kind: "shared-key", ...holder });
			else socket.destroy();
		});
		this.#server.on("tlsClientError", (error, socket) => {
			// Once it has the key, what fails is the first record under it: the peer's key is another one.
			const holder = this.#known.get(socket);
			const who = holder && `ID² ${holder.id2} as ${holder.productKey}/${holder.deviceName}`;
			const why = who
				? `${who} has another key, or what it sent was changed: `
				: this.#unknown.has(socket)
					? "its challenge is unknown, too old or was answered before: "
					: "";
			options.onRefused(socket, `${why}${reasonOf(error)}`);
			socket.destroy();
		});
	}

	handle(socket: Duplex): void {
		this.#server.emit("connection", socket);
	}
}
