import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Identity } from "./certificates";
import { type ClientHello, ClientHelloReader, wantsSharedKey } from "./client-hello";
import type { Proof, SharedKey } from "./proof";
import { PskServer } from "./psk-server";
import { peek } from "./sniffer";
import { type Secure, TlsServer } from "./tls-server";

/** The names under which a client's certificate is asked for: the platform's (DA 627), and one that works without DNS. */
export const X509_NAMES: readonly string[] = Object.freeze(["x509.itls.cn-shanghai.aliyuncs.com", "x509.localhost"]);

export interface SecureDoorOptions {
	identity: Identity;
	/** How long a ClientHello, and then the handshake, may take, ms. */
	patience: number;
	/** The authorities (PEM) of device certificates; asked for when the first client needs them. */
	clientAuthorities(): Promise<readonly string[]>;
	/** The key of a PSK identity, which is used up by that. */
	takeSharedKey(identity: string): SharedKey | undefined;
	onSecure(socket: TLSSocket, proof: Proof | undefined): void;
	onRefused(raw: Duplex | undefined, reason: string): void;
}

/**
 * Chooses among three TLS servers by the ClientHello: with a certificate; the same, asking for the client's; with a
 * shared key. A client's certificate is asked for under X509_NAMES alone, since the C SDK sends a demonstration
 * certificate to whoever asks.
 */
export class SecureDoor {
	readonly #options: SecureDoorOptions;
	readonly #plain: Secure;
	readonly #sharedKey: Secure;
	#mutual: Promise<Secure> | undefined;

	constructor(options: SecureDoorOptions) {
		this.#options = options;
		const { onSecure, onRefused, patience: handshakeTimeout } = options;
		const common = { onSecure, onRefused, handshakeTimeout };
		this.#plain = new TlsServer({ ...common, identity: options.identity });
		this.#sharedKey = new PskServer({ ...common, take: (identity) => options.takeSharedKey(identity) });
	}

	/** Takes a connection, nothing of which has been consumed. */
	async handle(stream: Duplex): Promise<void> {
		const reader = new ClientHelloReader();
		const hello = await peek(stream, this.#options.patience, (chunk) => {
			const state = reader.push(chunk);
			return state === "more" ? undefined : state;
		});
		if (hello === undefined) {
			this.#options.onRefused(stream, "the ClientHello did not come whole");
			stream.destroy();
			return;
		}
		// What is no ClientHello gets the TLS library's own alert.
		const server = hello === "malformed" ? this.#plain : await this.#serverFor(hello);
		if (!stream.destroyed) server.handle(stream);
	}

	#serverFor(hello: ClientHello): Secure | Promise<Secure> {
		if (wantsSharedKey(hello)) return this.#sharedKey;
		if (hello.serverName === undefined || !X509_NAMES.includes(hello.serverName)) return this.#plain;
		this.#mutual ??= this.#makeMutual();
		// A failure (a full disk, say) is the next client's to find gone.
		this.#mutual.catch(() => {
			this.#mutual = undefined;
		});
		return this.#mutual;
	}

	async #makeMutual(): Promise<Secure> {
		const { identity, onSecure, onRefused, patience: handshakeTimeout } = this.#options;
		const clientAuthorities = await this.#options.clientAuthorities();
		return new TlsServer({ identity, onSecure, onRefused, handshakeTimeout, clientAuthorities });
	}
}
