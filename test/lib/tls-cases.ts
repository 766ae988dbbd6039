// What test/peers/tls*.test.ts asks of the device (test/device/peers/tls-client.ts), and what that answers.

export interface TlsCase {
	readonly name: string;
	readonly host: string;
	readonly port: number;
	readonly roots?: readonly string[];
	readonly certificate?: string;
	readonly key?: string;
	readonly psk?: { readonly identity: string; readonly key: string };
	readonly alpn?: readonly string[];
	readonly maxFragmentLength?: 0 | 512 | 1024 | 2048 | 4096;
	/** Written as soon as it may be. */
	readonly send?: string;
	/** Close by itself as soon as so many bytes came (0: as soon as it's connected). Otherwise wait for the peer. */
	readonly until?: number;
	/** Resume the session of that case. */
	readonly resume?: string;
	/** Milliseconds for the handshake. */
	readonly timeout?: number;
	/** Read so many bytes at a time, the rest later. */
	readonly sip?: number;
	/** Milliseconds that pass before anything is read. */
	readonly hold?: number;
	/** By the engine alone over a TCP socket, with this clock: ms since 1970, null while it isn't set. */
	readonly clock?: number | null;
	readonly dates?: "when-known" | "required";
	/** Throw out of every callback. */
	readonly throws?: boolean;
}

export interface TlsOutcome {
	readonly name: string;
	ready: boolean;
	resumed?: boolean;
	cipherSuite?: string | undefined;
	protocol?: string | undefined;
	received: string;
	bytes: number;
	code?: string;
	detail?: number;
	retry?: string;
	cause?: string;
	/** Something came after the end. */
	late: boolean;
	thrown?: string;
	/** From the start to being ready, ms. */
	ms?: number;
}
