import { random } from "hal/crypto";
import { ticks } from "hal/system";
import Timer from "hal/timer";
import { ClockCore } from "./clock-core";
import type { Server } from "./server";
import { question } from "./sntp";

/** What this needs of ECMA-419's UDP socket (`embedded:io/socket/udp` fits). */
export interface UdpSocket {
	read(): (ArrayBuffer & { readonly address: string; readonly port: number }) | undefined;
	write(packet: Uint8Array, address: string, port: number): void;
	close(): void;
}

export interface UdpSocketOptions {
	onReadable: () => void;
	onError: () => void;
	[more: string]: unknown;
}

/** The class of the socket, with options of its own beside `io`. */
export interface Udp {
	readonly io: new (options: UdpSocketOptions) => UdpSocket;
	readonly [more: string]: unknown;
}

export interface ClockOptions {
	readonly udp: Udp;
	readonly servers: readonly Server[];
	/** No time before this is believed, ms since 1970. */
	readonly notBefore: number;
	/** No time after this is believed, ms since 1970. */
	readonly notAfter: number;
	/** It is so late now, ms since 1970; it is asked again a day later. */
	readonly onTime: (ms: number) => void;
	/** All servers were asked once, and none knew, or no two of them agreed; it goes on. */
	readonly onMissed: () => void;
}

/** Asks time servers until two of them agree, or the one that answers, and again each day: the sockets and timers around ClockCore. */
export class Clock {
	#options: ClockOptions;
	#core: ClockCore;
	#socket: UdpSocket | undefined;
	#timer: Timer | undefined;
	/** What the core has decided, told when it's done. */
	#told: (() => void)[] = [];

	constructor(options: ClockOptions) {
		const { servers, notBefore, notAfter } = options;
		this.#options = options;
		this.#core = new ClockCore(
			{ servers, notBefore, notAfter, bytes: random, random: Math.random },
			{
				ask: (server, cookie) => this.#ask(server, cookie),
				time: (ms) => this.#told.push(() => options.onTime(ms)),
				missed: () => this.#told.push(() => options.onMissed()),
			},
		);
	}

	/** Ask, beginning with the first server; a time that is known is only compared now and then, which calls nothing at once. */
	start(isKnown = false): void {
		this.#run((now) => this.#core.start(now, isKnown));
	}

	/** The time is doubted: ask as soon as that can be, while stopped after the next `start`. Calls nothing at once. */
	check(): void {
		this.#run((now) => this.#core.check(now));
	}

	/** Nothing is called any more until `start`. */
	stop(): void {
		this.#core.stop();
		this.#told.length = 0;
		this.#settle();
	}

	#run(step: (now: number) => void): void {
		step(ticks());
		this.#settle();
		for (let tell = this.#told.shift(); tell; tell = this.#told.shift()) tell();
	}

	/** Socket and timer as the core's state wants them. */
	#settle(): void {
		if (this.#core.state !== "asking") this.#close();
		Timer.clear(this.#timer);
		this.#timer = undefined;
		const { wakeAt } = this.#core;
		if (wakeAt === undefined) return;
		this.#timer = Timer.set(
			() => {
				this.#timer = undefined;
				this.#run((now) => this.#core.wake(now));
			},
			Math.max(0, wakeAt - ticks()),
		);
	}

	#close(): void {
		this.#socket?.close();
		this.#socket = undefined;
	}

	/** Each question from a socket of its own, so that its port is another one, too (RFC 9109). */
	#ask({ host, port }: Server, cookie: Uint8Array): boolean {
		this.#close();
		const { io, ...more } = this.#options.udp;
		try {
			const socket = new io({
				...more,
				onReadable: () => this.#read(socket),
				onError: () => {
					if (socket === this.#socket) this.#run((now) => this.#core.failed(now));
				},
			});
			this.#socket = socket;
			socket.write(question(cookie), host, port);
			return true;
		} catch {
			this.#close();
			return false;
		}
	}

	#read(socket: UdpSocket): void {
		while (socket === this.#socket) {
			const packet = socket.read();
			if (packet === undefined) return;
			this.#run((now) => this.#core.answer(now, packet, packet.address, packet.port));
		}
	}
}
