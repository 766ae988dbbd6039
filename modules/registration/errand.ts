import Timer from "hal/timer";
import Client, { type SocketOptions } from "mqtt/client";
import type { Login } from "mqtt/session-options";
import { ofMqtt, RegistrationError } from "./error";

export interface ErrandOptions {
	/** A TLS class and its options. */
	readonly socket: SocketOptions;
	/** Asked once the connection is there, and secure. */
	readonly login: () => Login;
	/** Where the answer is pushed, without a subscription. */
	readonly topics: readonly string[];
	/**
	 * The answer: `bytes` lie in the receive buffer, whoever reads a secret wipes them.
	 *
	 * @throws {RegistrationError} when it's none: then the next one counts.
	 */
	readonly onAnswer: (bytes: Uint8Array) => void;
	/** Told once, after the answer was taken or when there'll be none. Not after `close()`. */
	readonly onDone: (error?: RegistrationError) => void;
}

/** How long the connection may take, and the answer after it, ms: then the platform would close, too (DA 1277). */
const TIMEOUT = 15_000;

/**
 * One MQTT connection for one answer that is pushed without a subscription: connects, waits, disconnects. It's never made
 * anew: who wants another attempt begins another errand. It's over TLS, or nothing is sent.
 */
export default class Errand {
	#options: ErrandOptions;
	#client: Client;
	#timer: Timer | undefined;
	#done = false;
	/** What was wrong with an answer, if nothing better comes. */
	#wrong: RegistrationError | undefined;

	/** @throws {RegistrationError} `not-secure`. @throws {RangeError | TypeError} for options that can't be right. */
	constructor(options: ErrandOptions) {
		if (typeof options.socket["secure"] !== "object") throw new RegistrationError("not-secure", "it needs TLS");
		this.#options = options;
		this.#client = new Client({
			socket: options.socket,
			login: () => this.#login(),
			clean: true,
			timeout: TIMEOUT,
			outbox: { bytes: 128, messages: 1 },
			subscriptions: 1,
			onOnline: () => {
				this.#timer = Timer.set(() => {
					this.#timer = undefined;
					this.#finish(this.#wrong ?? new RegistrationError("timeout", "no answer"));
				}, TIMEOUT);
			},
			onMessage: (topic, payload, _offset, total) => this.#message(topic, payload, total),
			onOffline: (error) => {
				const { cause } = error;
				this.#finish(cause instanceof RegistrationError ? cause : (this.#wrong ?? ofMqtt(error)));
			},
		});
	}

	/** Give it up: nobody is told. A second close is harmless. */
	close(): void {
		this.#done = true;
		Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#client.close();
	}

	/** The last moment before something of ours is sent. A stream that agreed on no cipher suite is a plain one. */
	#login(): Login {
		const stream = this.#client.stream as { cipherSuite?: unknown } | undefined;
		if (typeof stream?.cipherSuite !== "string") throw new RegistrationError("not-secure", "the stream isn't TLS");
		return this.#options.login();
	}

	#message(topic: string, payload: Uint8Array, total: number): boolean {
		if (this.#done || !this.#options.topics.includes(topic)) return true;
		if (payload.byteLength < total) {
			payload.fill(0);
			this.#wrong = new RegistrationError("bad-answer", "too large");
			return true;
		}
		try {
			this.#options.onAnswer(payload);
		} catch (error) {
			if (!(error instanceof RegistrationError)) throw error;
			if (error.code === "bad-answer") this.#wrong = error;
			else this.#finish(error);
			return true;
		}
		this.#finish();
		return true;
	}

	#finish(error?: RegistrationError): void {
		if (this.#done) return;
		this.close();
		this.#options.onDone(error);
	}
}
