import { ticks } from "hal/system";
import Timer from "hal/timer";
import type { SocketOptions, Stream, StreamOptions } from "stream/stream";
import { MqttError } from "./error";
import type { Done } from "./outbox";
import { Session } from "./session";
import type { Login, SessionOptions } from "./session-options";
import type { Sink } from "./sink";
import { streamError } from "./stream-error";
import type { Subscribed, Unsubscribed } from "./subscriptions";

export type { SocketOptions, Stream, StreamClass } from "stream/stream";

/** What `reconnect` may know of a connection's end. */
export interface Outage {
	readonly error: MqttError;
	/** How long the server had accepted the connection, ms; undefined: it never did. */
	readonly onlineFor: number | undefined;
}

/**
 * What has to precede each connection, such as asking for a key that serves it alone. `done` is told once: with more options
 * for the stream, which is made when it returns, or with why there'll be none. `last` is how the connection before ended,
 * if there was one.
 *
 * @returns how to give it up; `done` isn't told then.
 */
export type Prepare = (
	done: (error: MqttError | undefined, more?: Readonly<Record<string, unknown>>) => void,
	last?: MqttError,
) => () => void;

export interface ClientOptions extends SessionOptions {
	readonly socket: SocketOptions | (() => SocketOptions);
	/** Its time counts as the connection's: see `timeout`. Default: nothing has to precede. */
	readonly prepare?: Prepare | undefined;
	/** Asked at each connection, so that no password is kept. */
	readonly login: () => Login;
	/** Milliseconds until the next try, undefined for none. Default: none. */
	readonly reconnect?: (outage: Outage) => number | undefined;
	readonly onOnline?: (sessionPresent: boolean) => void;
	/** @param wait ms until the next try; undefined: there's none. */
	readonly onOffline?: (error: MqttError, wait: number | undefined) => void;
	/**
	 * A message, or a piece of one that is larger than the buffer: `payload` (good until this returns) are the bytes from
	 * `offset` of `total`. It's acknowledged (QoS 1) once the last piece is taken: that is when this returns, or, if it
	 * returns false, when `taken(id)` is called. One that throws has taken it.
	 */
	readonly onMessage?: (
		topic: string,
		payload: Uint8Array,
		offset: number,
		total: number,
		id: number,
	) => boolean | undefined;
	/** What an application's callback threw. Default: nothing is done with it. */
	readonly onException?: (error: unknown) => void;
}

/** No event is being worked on, or it never happened. */
const NEVER = -1;
/** The timer repeats so that it can be scheduled again; it always is, before that. */
const DAY = 86_400_000;

/**
 * MQTT over a stream class: keeps the session over connections and makes the next one when `reconnect` says.
 * ECMA-419 manners: options, callbacks from the event loop only, silence after close().
 */
export default class Client {
	// What each message needs comes first, and methods are not #private: see reader.ts.
	#stream: Stream | undefined;
	/** The time of the event that is being worked on; NEVER outside of one. */
	#now = NEVER;
	#session: Session;
	/** The room for writing that the stream last told of, less what was written since. */
	#room = 0;
	#readable = 0;
	#timerAt = Number.POSITIVE_INFINITY;
	#timer: Timer | undefined;
	#connectAt = Number.POSITIVE_INFINITY;
	#onlineAt = NEVER;
	#closed = false;
	#options: ClientOptions;
	/** `prepare` is under way: how to give it up. */
	#preparing: { giveUp: (() => void) | undefined } | undefined;
	/** Why the constructor got no stream: told from the event loop. */
	#unmade: MqttError | undefined;
	/** How the last connection ended. */
	#last: MqttError | undefined;

	/** Begins to connect. @throws {RangeError | TypeError} for options that can't be right, before anything is sent. */
	constructor(options: ClientOptions) {
		this.#options = options;
		if (typeof options.login !== "function") throw new TypeError("login: a function");
		const sink: Sink = {
			write: (packet, from) => {
				const stream = this.#stream;
				const room = this.#room;
				const length = packet.byteLength - from;
				if (stream === undefined || room === 0) return length;
				const left = length > room ? length - room : 0;
				try {
					const more = stream.write(left + from === 0 ? packet : packet.subarray(from, from + length - left));
					this.#room = typeof more === "number" ? more : room - length + left;
					return left;
				} catch (error) {
					this.#session.lost(new MqttError("network", { detail: "write", cause: error }));
					return length;
				}
			},
			online: (sessionPresent) => this.onOnline(sessionPresent),
			message: (topic, payload, offset, total, id) => this.message(topic, payload, offset, total, id),
			failed: (error) => this.failed(error),
			exception: (error) => this.#options.onException?.(error),
		};
		this.#session = new Session(options, sink);
		this.open(ticks());
	}

	get online(): boolean {
		return this.#session.state === "online";
	}

	/** The present connection's stream, if there's one: a TLS class tells its session. */
	get stream(): Stream | undefined {
		return this.#stream;
	}

	/** Messages that take room in the outbox; 0: everything accepted was acknowledged. */
	get pending(): number {
		return this.#session.pending;
	}

	/**
	 * Send a message, now or as soon as there's a connection.
	 *
	 * @param payload copied at once.
	 * @param done told once: at PUBACK (QoS 0: when it's written, maybe during this call), or with the error of `close()`.
	 * @returns undefined when it was accepted, else why not; then `done` is never told.
	 * @throws {RangeError | TypeError} a bad topic.
	 */
	publish(topic: string, payload: Uint8Array | string, qos: 0 | 1 = 0, done?: Done): MqttError | undefined {
		const inside = this.#now >= 0;
		const now = inside ? this.#now : ticks();
		const refused = this.#session.publish(topic, payload, qos, done, now);
		if (!inside) this.schedule(now);
		return refused === undefined ? undefined : new MqttError(refused);
	}

	/** Subscribed for all connections to come; `told` is told of the first answer. */
	subscribe(filter: string, qos: 0 | 1, told: Subscribed): void {
		this.#session.subscribe(filter, qos, (error, granted) => this.call(() => told(error, granted)), ticks());
		this.schedule(ticks());
	}

	unsubscribe(filter: string, gone: Unsubscribed): void {
		this.#session.unsubscribe(filter, (error) => this.call(() => gone(error)), ticks());
		this.schedule(ticks());
	}

	/** Secrets come from now on: `onMessage` wipes their views, and no other copy stays in the receive buffer. */
	leaveNothing(): void {
		this.#session.reader.leavesNothing = true;
	}

	/** See `onMessage`. */
	taken(id: number): void {
		const now = ticks();
		this.#session.taken(id, now);
		if (this.#now >= 0) return; // from a callback: whoever called it goes on reading
		this.read(now);
		this.schedule(now);
	}

	/** Don't wait for the next try. Without effect while there's a connection. */
	connect(): void {
		if (this.#closed || this.opening) return;
		this.open(ticks());
	}

	/** Disconnect for good. Whoever waits is told `closed`. A second one is harmless. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#unmade = undefined;
		Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#session.end(new MqttError("closed"));
		this.drop();
	}

	/** Whether a connection stands or is under way. */
	private get opening(): boolean {
		return this.#stream !== undefined || this.#preparing !== undefined || this.#unmade !== undefined;
	}

	private open(now: number): void {
		this.#connectAt = Number.POSITIVE_INFINITY;
		this.#onlineAt = NEVER;
		this.#room = 0;
		this.#readable = 0;
		this.#session.opening(now);
		const { prepare } = this.#options;
		if (prepare === undefined) this.makeStream();
		else this.prepare(prepare);
		this.schedule(now);
	}

	private prepare(prepare: Prepare): void {
		const preparing: { giveUp: (() => void) | undefined } = { giveUp: undefined };
		this.#preparing = preparing;
		try {
			preparing.giveUp = prepare((error, more) => {
				if (this.#preparing !== preparing) return;
				this.#preparing = undefined;
				if (error) this.#session.lost(error);
				else this.makeStream(more);
				this.schedule(ticks());
			}, this.#last);
		} catch (error) {
			this.#preparing = undefined;
			this.unable(error, "no preparation");
		}
	}

	private makeStream(prepared?: Readonly<Record<string, unknown>>): void {
		try {
			const { socket } = this.#options;
			const { io, ...more } = typeof socket === "function" ? socket() : socket;
			const stream = new (io as new (options: StreamOptions) => Stream)({
				...more,
				...prepared,
				nodelay: true,
				onReadable: (bytes) => {
					if (stream !== this.#stream) return;
					const now = ticks();
					this.#readable = bytes;
					this.read(now);
					if (this.#timerAt > now + this.#session.patience) this.schedule(now);
				},
				onWritable: (bytes) => {
					if (stream === this.#stream) this.onWritable(bytes);
				},
				onError: (error) => {
					if (stream === this.#stream) this.onError(error);
				},
			});
			this.#stream = stream;
		} catch (error) {
			this.unable(error, "no stream");
		}
	}

	/**
	 * There'll be no stream. Bad options are thrown at the first connection; anything else is a platform out of sockets or
	 * memory. The constructor calls nobody back.
	 */
	private unable(error: unknown, what: string): void {
		const first = this.#timer === undefined;
		if (first && (error instanceof RangeError || error instanceof TypeError)) throw error;
		const told = streamError(error);
		const lost = told.detail === undefined ? new MqttError("network", { detail: what, cause: error }) : told;
		if (!first) {
			this.#session.lost(lost);
			return;
		}
		this.#unmade = lost;
		this.#timerAt = ticks();
		this.#timer = Timer.set(() => this.onTimer(), 0, DAY);
	}

	private read(now: number): void {
		const session = this.#session;
		const reader = session.reader;
		const stream = this.#stream;
		this.#now = now;
		while (this.#readable > 0 && !reader.paused && stream !== undefined) {
			const count = stream.read(reader.space(this.#readable));
			if (!count) break; // it had promised more than there is
			this.#readable -= count;
			session.received(count, now);
		}
		this.#now = NEVER;
	}

	private onWritable(bytes: number): void {
		const now = ticks();
		this.#room = bytes;
		this.#now = now;
		if (this.#session.state === "opening") this.login(now);
		else this.#session.writable(now);
		this.read(now);
		this.schedule(now);
	}

	private login(now: number): void {
		try {
			this.#session.opened(this.#options.login(), now);
		} catch (error) {
			this.#options.onException?.(error);
			this.#session.lost(new MqttError("network", { detail: "no login", cause: error }));
		}
	}

	private onError(error: unknown): void {
		this.#session.lost(streamError(error));
		this.#session.reader.wipe(); // half of a secret may have come, and the next connection may be an hour away
		this.schedule(ticks());
	}

	private onOnline(sessionPresent: boolean): void {
		this.#onlineAt = this.#now;
		this.call(() => this.#options.onOnline?.(sessionPresent));
	}

	private message(topic: string, payload: Uint8Array, offset: number, total: number, id: number): boolean {
		try {
			return this.#options.onMessage?.(topic, payload, offset, total, id) !== false;
		} catch (error) {
			this.#options.onException?.(error);
			return true;
		}
	}

	private failed(error: MqttError): void {
		const now = this.#now < 0 ? ticks() : this.#now;
		const onlineFor = this.#onlineAt < 0 ? undefined : now - this.#onlineAt;
		this.#last = error;
		this.drop();
		let wait: number | undefined;
		this.call(() => {
			wait = this.#options.reconnect?.({ error, onlineFor });
		});
		// Where it has called connect() itself the next connection is under way.
		if (wait !== undefined && !this.opening) this.#connectAt = now + wait;
		this.#timerAt = Number.POSITIVE_INFINITY; // the next try may be nearer than anything before
		this.call(() => this.#options.onOffline?.(error, wait));
	}

	/** Call the application: what it throws is its own affair, the client goes on. */
	private call(callback: () => void): void {
		try {
			callback();
		} catch (error) {
			this.#options.onException?.(error);
		}
	}

	private drop(): void {
		const stream = this.#stream;
		const preparing = this.#preparing;
		this.#stream = undefined;
		this.#preparing = undefined;
		this.#room = 0;
		preparing?.giveUp?.();
		stream?.close();
	}

	/**
	 * One timer for the session and for the next try. It may fire too early, never too late: moving it with each packet
	 * costs more than the one wake-up that follows the last of them.
	 */
	private schedule(now: number): void {
		if (this.#timerAt <= now + this.#session.patience || this.#closed) return;
		const at = Math.min(this.#session.wakeAt, this.#connectAt);
		if (at >= this.#timerAt) return;
		this.#timerAt = at;
		const wait = at - now;
		const ms = wait > 0 ? Math.ceil(wait) : 0;
		if (this.#timer === undefined) this.#timer = Timer.set(() => this.onTimer(), ms, DAY);
		else Timer.schedule(this.#timer, ms, DAY);
	}

	private onTimer(): void {
		const now = ticks();
		this.#timerAt = Number.POSITIVE_INFINITY;
		const unmade = this.#unmade;
		if (unmade !== undefined) {
			this.#unmade = undefined;
			this.#session.lost(unmade);
		}
		if (now >= this.#connectAt) this.open(now);
		this.#now = now;
		this.#session.tick(now);
		this.#now = NEVER;
		this.schedule(now);
	}
}
