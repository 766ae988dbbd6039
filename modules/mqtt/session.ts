import { type Connect, connect, disconnect, pingreq, puback } from "./codec";
import { MqttError, type ProtocolErrorCode, type RequestErrorCode, refusalOf } from "./error";
import { type Done, Outbox } from "./outbox";
import { Reader, type Receiver } from "./reader";
import { Receipts } from "./receipts";
import { type CheckedOptions, checkedOptions, type Login, type SessionOptions } from "./session-options";
import { ENDED, NEVER, OFFLINE, type State } from "./session-state";
import type { Sink } from "./sink";
import { type Subscribed, Subscriptions, type Unsubscribed } from "./subscriptions";

/** Packet ids: messages take 1 up to LAST_ID; these two are never a message's. */
const SUBSCRIBE_ID = 0xfffe;
const UNSUBSCRIBE_ID = 0xffff;
const LAST_ID = 0xfffd;

/** PINGREQ goes out this much before the keep alive ends, ms: the way to the server takes time. */
const PING_MARGIN = 5_000;

/** Received messages that the application has not yet taken: then nothing more is read. */
const UNTAKEN_MAX = 8;

/** What a packet is that's being written. */
type Kind = "control" | "puback" | "publish";

/**
 * The rules of an MQTT client over any number of connections, without I/O: it's told events and the time (monotonic ms),
 * writes into the sink and says when it wants to be woken.
 *
 * offline → opening → connecting → online → offline …, and ended from any of them.
 */
export class Session implements Receiver {
	readonly reader: Reader;
	/** Whatever happens, no deadline that it makes is nearer than this, ms: a timer that's due by then needn't be moved. */
	readonly patience: number;
	// What each message needs comes first, and methods are not #private: see reader.ts.
	#state: State = OFFLINE;
	#outbox: Outbox;
	/** The packet that is written in part (none: undefined), how much of it isn't, since when, what it is. */
	#packet: Uint8Array | undefined;
	#sink: Sink;
	#now = 0;
	/** When something was sent and heard last, while online. */
	#sentAt = 0;
	#heardAt = 0;
	/** CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ that wait: a handful at the most; undefined: none. */
	#control: Uint8Array[] | undefined;
	#receipts = new Receipts(UNTAKEN_MAX);
	#left = 0;
	#packetAt = 0;
	#kind: Kind = "control";
	#ack = new Uint8Array(4);
	#subscriptions: Subscriptions;
	/** A CONNACK got lost: it may have been the one that said that there's no session. */
	#unheard = false;
	#options: CheckedOptions;

	/** @throws {RangeError | TypeError} for options that can't be right. */
	constructor(options: SessionOptions, sink: Sink) {
		this.#options = checkedOptions(options);
		this.#sink = sink;
		this.#outbox = new Outbox(options.outbox ?? {}, LAST_ID);
		this.#subscriptions = new Subscriptions(SUBSCRIBE_ID, UNSUBSCRIBE_ID, this.#options.subscriptions);
		this.reader = new Reader(this, this.#options.buffer);
		this.patience = Math.min(this.#options.timeout, this.#options.keepAlive * 1000 - PING_MARGIN);
	}

	get state(): State["name"] {
		return this.#state.name;
	}

	/** Messages that take room in the outbox; 0: everything accepted was acknowledged. */
	get pending(): number {
		return this.#outbox.count;
	}

	// Requests. They may be made in any state but "ended".

	/**
	 * @param payload copied at once. @param done told once, for QoS 0 maybe during this call.
	 * @returns why it wasn't accepted (`done` isn't told then), else undefined.
	 * @throws {RangeError | TypeError} a bad topic.
	 */
	publish(
		topic: string,
		payload: Uint8Array | string,
		qos: 0 | 1,
		done: Done | undefined,
		now: number,
	): RequestErrorCode | undefined {
		const state = this.#state;
		if (state === ENDED) return "closed";
		const idle = this.#packet === undefined && this.#control === undefined && state.name === "online";
		const packet = this.#outbox.put(topic, payload, qos, done, idle ? now : NEVER);
		if (packet === undefined) return undefined;
		if (typeof packet === "string") return packet;
		const left = this.#sink.write(packet, 0);
		if (this.#state !== state) return undefined; // the stream broke: it's sent again
		if (left > 0) {
			this.#outbox.notAtOnce();
			this.keep("publish", packet, left, now);
			this.flush(now);
			return undefined;
		}
		this.#sentAt = now;
		if (qos === 0) this.settle(this.#outbox.atOnce());
		return undefined;
	}

	/** @throws {RangeError | TypeError} no topic filter, or too many. */
	subscribe(filter: string, qos: 0 | 1, told: Subscribed, now: number): void {
		if (this.#state === ENDED) told(new MqttError("closed"), 0);
		else this.#subscriptions.add(filter, qos, told);
		this.ask(now);
	}

	unsubscribe(filter: string, gone: Unsubscribed, now: number): void {
		this.#subscriptions.remove(filter, gone);
		this.ask(now);
	}

	/** The application has taken a message for which `Sink.message` returned false. */
	taken(id: number, now: number): void {
		this.#now = now;
		if (this.#receipts.take(id)) this.flush(now);
	}

	// Events of the stream.

	/** A stream is being made: from now on the time-out of connecting runs. */
	opening(now: number): void {
		if (this.#state.name !== "offline") throw new TypeError(`opening in state ${this.#state.name}`);
		this.reader.reset();
		this.#state = Object.freeze({ name: "opening", until: now + this.#options.timeout });
	}

	/** The stream can be written: CONNECT goes out. */
	opened(login: Login, now: number): void {
		if (this.#state.name !== "opening") return;
		this.#state = Object.freeze({ name: "connecting", until: this.#state.until });
		const { keepAlive, protocol, clean } = this.#options;
		const { clientId, userName, password } = login;
		const level = protocol === "3.1.1" ? 4 : 3;
		const packet: Connect = { level, clientId, userName, password, keepAlive, clean };
		try {
			this.#control = [connect(packet)];
		} finally {
			if (typeof password === "object") password.close();
		}
		this.flush(now);
	}

	/** There's room for writing again. */
	writable(now: number): void {
		this.flush(now);
	}

	/** `count` bytes were put where `reader.space` said. */
	received(count: number, now: number): void {
		const { name } = this.#state;
		if (name !== "online" && name !== "connecting") return;
		this.#now = now;
		this.#heardAt = now;
		const wrong = this.reader.filled(count);
		if (wrong !== undefined) this.fail(new MqttError(wrong));
	}

	/** The stream has ended for `error`. */
	lost(error: MqttError): void {
		this.fail(error);
	}

	/** The time that `wakeAt` said has come (earlier is no harm). */
	tick(now: number): void {
		const state = this.#state;
		this.#now = now;
		if (state.name === "offline" || state.name === "ended") return;
		if (state.name !== "online") {
			if (now >= state.until) this.fail(new MqttError("connect-timeout", { detail: state.name }));
			return;
		}
		const { timeout } = this.#options;
		const oldest = this.#outbox.oldest();
		const late = now - timeout;
		if (state.pingedAt >= 0 && late >= this.since(state.pingedAt)) this.fail(new MqttError("ping-timeout"));
		else if (oldest >= 0 && late >= this.since(oldest)) this.fail(new MqttError("acknowledge-timeout"));
		else if (state.askedAt >= 0 && late >= this.since(state.askedAt)) {
			this.fail(new MqttError("acknowledge-timeout", { detail: "subscription" }));
		} else if (this.#packet !== undefined && now >= this.#packetAt + timeout) this.fail(new MqttError("write-timeout"));
		else if (state.pingedAt < 0 && now >= this.pingAt()) {
			state.pingedAt = now;
			this.queue(pingreq());
			this.flush(now);
		}
	}

	/** PINGREQ is due: nothing was sent, or nothing was heard, for as long as the keep alive less a margin. */
	private pingAt(): number {
		return Math.min(this.#sentAt, this.#heardAt) + this.#options.keepAlive * 1000 - PING_MARGIN;
	}

	/** Answers wait behind a message that comes in pieces: while it does, what counts is when its last piece came. */
	private since(at: number): number {
		return this.reader.inPieces ? Math.max(at, this.#heardAt) : at;
	}

	/** When `tick` is to be called next, in ms of the same clock; Infinity: when something else has happened. */
	get wakeAt(): number {
		const state = this.#state;
		if (state.name === "offline" || state.name === "ended") return Number.POSITIVE_INFINITY;
		if (state.name !== "online") return state.until;
		const { timeout } = this.#options;
		let at = state.pingedAt >= 0 ? this.since(state.pingedAt) + timeout : this.pingAt();
		const oldest = this.#outbox.oldest();
		if (oldest >= 0) at = Math.min(at, this.since(oldest) + timeout);
		if (state.askedAt >= 0) at = Math.min(at, this.since(state.askedAt) + timeout);
		if (this.#packet !== undefined && this.#packetAt + timeout < at) at = this.#packetAt + timeout;
		return at;
	}

	/** DISCONNECT, if there's a connection, and no more; whoever waits is told the error. The owner closes the stream. */
	end(error: MqttError): void {
		const online = this.#state.name === "online";
		const written = this.#packet === undefined;
		this.reset(ENDED);
		if (online && written) this.#sink.write(disconnect(), 0);
		this.reader.wipe();
		this.#subscriptions.clear(error);
		for (const done of this.#outbox.clear()) this.settle(done, error);
	}

	private settle(done: Done | undefined, error?: MqttError): void {
		try {
			done?.(error);
		} catch (thrown) {
			this.#sink.exception(thrown);
		}
	}

	// What the server says: called by the reader.

	onConnack(sessionPresent: boolean, returnCode: number): ProtocolErrorCode | undefined {
		if (this.#state.name !== "connecting") return "order";
		if (returnCode !== 0) {
			const code = refusalOf(returnCode);
			if (code === undefined) return "return-code";
			this.fail(new MqttError(code, { detail: `CONNACK ${returnCode}` }));
			return undefined;
		}
		const now = this.#now;
		this.#state = { name: "online", pingedAt: NEVER, askedAt: NEVER };
		this.#sentAt = now;
		if (!sessionPresent || this.#unheard) this.#subscriptions.renew();
		if (!sessionPresent) this.#subscriptions.forget();
		this.#unheard = false;
		this.queueRequests(now); // before what the application will publish, so that no answer to it is missed
		this.#sink.online(sessionPresent);
		this.flush(now);
		return undefined;
	}

	onPublish(
		topic: string,
		payload: Uint8Array,
		offset: number,
		total: number,
		id: number,
	): ProtocolErrorCode | undefined {
		const state = this.#state;
		if (state.name !== "online") return "order";
		const taken = this.#sink.message(topic, payload, offset, total, id);
		if (id === 0 || offset + payload.byteLength < total || this.#state !== state) return undefined;
		this.#receipts.add(id, taken);
		if (taken) this.flush(this.#now);
		if (this.#receipts.full) this.reader.paused = true;
		return undefined;
	}

	/** One for a message that isn't in flight is passed over. */
	onPuback(id: number): ProtocolErrorCode | undefined {
		if (this.#state.name !== "online") return "order";
		const done = this.#outbox.acknowledge(id);
		if (done === undefined) return undefined;
		try {
			done();
		} catch (thrown) {
			this.#sink.exception(thrown);
		}
		return undefined;
	}

	onSuback(id: number, codes: Uint8Array): ProtocolErrorCode | undefined {
		if (this.#state.name !== "online") return "order";
		if (!this.#subscriptions.suback(id, codes)) return "return-code";
		this.ask(this.#now);
		return undefined;
	}

	onUnsuback(id: number): ProtocolErrorCode | undefined {
		if (this.#state.name !== "online") return "order";
		this.#subscriptions.unsuback(id);
		this.ask(this.#now);
		return undefined;
	}

	onPingresp(): ProtocolErrorCode | undefined {
		if (this.#state.name !== "online") return "order";
		this.#state.pingedAt = NEVER;
		return undefined;
	}

	private queue(packet: Uint8Array): void {
		if (this.#control === undefined) this.#control = [packet];
		else this.#control.push(packet);
	}

	/** Put the SUBSCRIBE and UNSUBSCRIBE that are due into the queue. */
	private queueRequests(now: number): void {
		const state = this.#state;
		if (state.name !== "online") return;
		for (let packet = this.#subscriptions.next(); packet !== undefined; packet = this.#subscriptions.next()) {
			this.queue(packet);
			state.askedAt = now;
		}
		if (!this.#subscriptions.waiting) state.askedAt = NEVER;
	}

	private ask(now: number): void {
		this.queueRequests(now);
		this.flush(now);
	}

	/** Write what is due, as far as there's room: answers and requests first, then messages in their order. */
	private flush(now: number): void {
		while (this.#packet === undefined || this.writeRest(now)) {
			const state = this.#state;
			const urgent = this.#control === undefined && this.#receipts.count === 0 ? undefined : this.urgent();
			const packet = urgent ?? (state.name === "online" ? this.#outbox.next() : undefined);
			if (packet === undefined) return;
			const left = this.#sink.write(packet, 0);
			if (this.#state !== state) return; // the stream broke: nothing is under way any more
			if (urgent === undefined) this.#kind = "publish";
			if (left > 0) this.keep(this.#kind, packet, left, now);
			else this.written(now);
		}
	}

	/** CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ or PUBACK, whichever is due. */
	private urgent(): Uint8Array | undefined {
		const control = this.#control?.[0];
		if (control !== undefined) {
			this.#kind = "control";
			return control;
		}
		const id = this.#receipts.due(); // there are none but online
		if (id === 0) return undefined;
		puback(this.#ack, id);
		this.#kind = "puback";
		return this.#ack;
	}

	private keep(kind: Kind, packet: Uint8Array, left: number, now: number): void {
		this.#kind = kind;
		this.#packet = packet;
		this.#left = left;
		this.#packetAt = now;
	}

	/** There's a packet that is written in part. @returns whether all of it is written now. */
	private writeRest(now: number): boolean {
		const packet = this.#packet;
		while (packet !== undefined && this.#left > 0) {
			const left = this.#sink.write(packet, packet.byteLength - this.#left);
			if (this.#packet !== packet || left === this.#left) return false;
			this.#left = left;
			this.#packetAt = now;
		}
		this.#packet = undefined;
		this.written(now);
		return true;
	}

	private written(now: number): void {
		this.#sentAt = now;
		const kind = this.#kind;
		if (kind === "publish") {
			this.settle(this.#outbox.sent(now));
		} else if (kind === "puback") {
			this.#receipts.done();
			this.unpause();
		} else {
			wipe(this.#control?.shift());
			if (this.#control?.length === 0) this.#control = undefined;
		}
	}

	/** A PUBACK is written, so another message may be received. */
	private unpause(): void {
		if (!this.reader.paused || this.#state.name !== "online") return;
		this.reader.paused = false;
		const wrong = this.reader.resume();
		if (wrong !== undefined) this.fail(new MqttError(wrong));
	}

	private fail(error: MqttError): void {
		if (this.#state === OFFLINE || this.#state === ENDED) return;
		this.reset(OFFLINE);
		this.#sink.failed(error);
	}

	/** The connection is over, whatever was under way. */
	private reset(state: State): void {
		if (this.#state.name === "connecting") this.#unheard = true;
		this.#state = state;
		this.#packet = undefined;
		wipe(this.#control?.[0]);
		this.#control = undefined;
		this.#receipts.clear();
		this.#outbox.rewind();
		this.#subscriptions.rewind();
		this.reader.paused = true;
	}
}

/** CONNECT has a password in it; other packets are nobody's secret, and few pass here. */
function wipe(packet: Uint8Array | undefined): void {
	if (packet?.[0] === 0x10) packet.fill(0);
}
