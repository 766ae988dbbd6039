// What the conformance suite's tests share: waiting for a callback, a pair of connected sockets.
import Listener from "embedded:io/socket/listener";
import TCP, { type Options, type TCPError } from "embedded:io/socket/tcp";
import Timer from "hal/timer";

export interface Deferred<T> {
	readonly promise: Promise<T>;
	resolve(value: T): void;
	reject(reason: unknown): void;
}

export function deferred<T = void>(): Deferred<T> {
	const result: Partial<Deferred<T>> = {};
	const promise = new Promise<T>((resolve, reject) => Object.assign(result, { resolve, reject }));
	return Object.assign(result, { promise }) as Deferred<T>;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => Timer.set(() => resolve(), ms));

/** Bytes that tell where they are: a lost or doubled piece shows. */
export function pattern(length: number, from = 0): Uint8Array {
	const bytes = new Uint8Array(length);
	for (let index = 0; index < length; index++) bytes[index] = ((from + index) * 7 + ((from + index) >> 8)) & 255;
	return bytes;
}

/** After so many bytes the pattern repeats. */
const PERIOD = 65_536;
const LONGEST = 6_000;
let table: Uint8Array | undefined;

/** The same as `pattern` without the work, for at most 6,000 bytes: to be sent, not to be changed. */
export function piece(length: number, from: number): Uint8Array {
	table ??= pattern(PERIOD + LONGEST);
	return table.subarray(from % PERIOD, (from % PERIOD) + length);
}

/** Where the first byte differs from `pattern`, looking at every `step`-th; -1 if none does. */
export function firstWrong(bytes: Uint8Array, from = 0, step = 1): number {
	for (let index = 0; index < bytes.length; index += step)
		if (bytes[index] !== (((from + index) * 7 + ((from + index) >> 8)) & 255)) return from + index;
	return -1;
}

/** A socket with what it told, and promises for what it tells next. */
export class Probe {
	readonly socket: TCP;
	/** Names of callbacks with their argument, in order. */
	readonly calls: string[] = [];
	/** Everything read so far. */
	received = new Uint8Array(0);
	error: TCPError | undefined;
	/** While true nothing is read. */
	isHolding = false;
	#writable = deferred<number>();
	#ended = deferred<TCPError | undefined>();
	#waiting: { length: number; done: Deferred<Uint8Array> } | undefined;

	constructor(options: Options, constructed?: (made: Probe) => void) {
		const probe = this;
		this.socket = new TCP({
			...options,
			onReadable(bytes) {
				probe.calls.push(`readable ${bytes}`);
				if (!probe.isHolding) probe.take();
			},
			onWritable(bytes) {
				probe.calls.push("writable");
				probe.#writable.resolve(bytes);
			},
			onError(error) {
				probe.calls.push("error");
				probe.error = error;
				probe.#ended.resolve(error);
			},
		});
		constructed?.(this);
	}

	take(): void {
		const bytes = this.socket.read();
		if (!(bytes instanceof ArrayBuffer)) return;
		const all = new Uint8Array(this.received.length + bytes.byteLength);
		all.set(this.received);
		all.set(new Uint8Array(bytes), this.received.length);
		this.received = all;
		if (this.#waiting && all.length >= this.#waiting.length) this.#waiting.done.resolve(all);
	}

	get writable(): Promise<number> {
		return this.#writable.promise;
	}

	nextWritable(): Promise<number> {
		this.#writable = deferred<number>();
		return this.#writable.promise;
	}

	get ended(): Promise<TCPError | undefined> {
		return this.#ended.promise;
	}

	/** All that was received, once it is at least that long. */
	async bytes(length: number): Promise<Uint8Array> {
		if (this.received.length >= length) return this.received;
		this.#waiting = { length, done: deferred<Uint8Array>() };
		return this.#waiting.done.promise;
	}
}

export interface Pair {
	readonly listener: Listener;
	/** The side that connected. */
	readonly client: Probe;
	/** The side that was accepted. */
	readonly server: Probe;
	close(): void;
}

/** Two sockets of this device, connected with one another over `address`. */
export async function connectedPair(address = "127.0.0.1", options: Partial<Options> = {}): Promise<Pair> {
	const accepted = deferred<Probe>();
	const listener = new Listener({
		address,
		onReadable() {
			accepted.resolve(new Probe({ from: this.read() }));
		},
	});
	const client = new Probe({ address, port: listener.port, ...options });
	const server = await accepted.promise;
	await Promise.all([client.writable, server.writable]);
	return {
		listener,
		client,
		server,
		close() {
			client.socket.close();
			server.socket.close();
			listener.close();
		},
	};
}

/** A port of this device where nobody listens: one that was just given back. */
export function closedPort(address = "127.0.0.1"): number {
	const listener = new Listener({ address });
	const { port } = listener;
	listener.close();
	return port;
}

/** The bytes of a view or buffer as an array, for comparing. */
export const list = (bytes: unknown): number[] => Array.from(new Uint8Array(bytes as ArrayBuffer));
