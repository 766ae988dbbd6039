import { setTime, ticks, time } from "hal/system";
import Timer from "hal/timer";
import { Clock, type Udp } from "./clock";
import type { NetworkError } from "./error";
import type { NetworkInterface } from "./interface";
import type { Link, LinkEvents } from "./link";
import { DEFAULT_SERVERS, serversOf } from "./server";
import type { Records } from "./settings";
import { WiFiLink } from "./wifi-link";
import { WiredLink } from "./wired-link";

/** This code is younger than any time before this, ms since 1970. */
const NOT_BEFORE = Date.UTC(2026, 0, 1);

/** No time so much after `notBefore` is believed, ms: 20 years. */
const BELIEVED = 20 * 31_557_600_000;
/** A clock that is set isn't stepped for less, ms: the way there and back alone may be as wrong. */
const STEP_MIN = 1_000;

/** "log/log" fits. */
interface Logger {
	named(name: string): { info(text: string): void };
}

export interface NetworkOptions {
	/** The platform's class and what it is: `hal/interface` gives it. */
	readonly interface: NetworkInterface;
	/** Where networks and time servers are stored. Wi-Fi needs it; a cable doesn't. */
	readonly records?: Records;
	/** What time servers are asked by. Without it the clock is left to others. */
	readonly udp?: Udp;
	/** Asked after those of the record `network/timeServer`; default three of the NTP pool. */
	readonly timeServers?: readonly string[];
	/** No time before this is believed, ms since 1970: when the firmware was built. */
	readonly notBefore?: number;
	/** No time after this is believed, ms since 1970: default 20 years after `notBefore`. */
	readonly notAfter?: number;
	readonly log?: Logger;
	/** In [0, 1), for pauses; default `Math.random`. */
	readonly random?: () => number;
	/**
	 * There is an address; and the clock is set, unless all time servers were asked and none knew (it is asked on: TLS
	 * verifies the dates of certificates as soon as there is a time). Called again after each loss.
	 */
	readonly onOnline: () => void;
	/** The network was lost, or an attempt at one of the stored networks failed. */
	readonly onOffline?: (error: NetworkError) => void;
	/** The clock was set or stepped while online: what TLS refused for a certificate's dates may be tried again. */
	readonly onTime?: () => void;
}

function linkOf(options: NetworkOptions, events: LinkEvents): Link {
	const { interface: chosen, records, random = Math.random } = options;
	if (chosen.kind === "ethernet") return new WiredLink(chosen.io, events, random);
	if (!records) throw new TypeError("Wi-Fi needs records");
	return new WiFiLink(chosen.io, records, events, random);
}

/** A record, or nothing when it can't be read as text. */
function timeServer(records: Records | undefined): string | undefined {
	try {
		return records?.text("network/timeServer");
	} catch {
		return undefined;
	}
}

/** The device's way to the network: brings it up, keeps it up, and sets and keeps the clock. */
export default class Network {
	#options: NetworkOptions;
	#log: ReturnType<Logger["named"]> | undefined;
	#notBefore: number;
	#notAfter: number;
	#link: Link;
	#clock: Clock | undefined;
	#timer: Timer | undefined;
	#isOnline = false;
	#isOpen = true;
	/** What the rules have decided, told when they're done; undefined: an address is there. */
	#told: (NetworkError | undefined)[] = [];

	/** No callback comes before it has returned. @throws {TypeError} for Wi-Fi without records. */
	constructor(options: NetworkOptions) {
		this.#options = options;
		this.#log = options.log?.named("network");
		this.#notBefore = options.notBefore ?? NOT_BEFORE;
		this.#notAfter = options.notAfter ?? this.#notBefore + BELIEVED;
		this.#link = linkOf(options, {
			run: (step) => this.#run(step),
			online: () => this.#told.push(undefined),
			offline: (error) => this.#told.push(error),
			note: (text) => this.#log?.info(text),
		});
		this.#timer = Timer.set(() => this.#run((now) => this.#link.start(now)));
	}

	/** Whether `onOnline` was called and nothing has been lost since. */
	get isOnline(): boolean {
		return this.#isOnline;
	}

	/** The records have changed: what waits for a pause's end, or for networks at all, begins now. */
	reload(): void {
		if (!this.#isOpen) throw new Error("closed");
		this.#run((now) => this.#link.start(now));
	}

	/**
	 * TLS says `expired` or `not-yet-valid`, so the clock may be wrong: time servers are asked as soon as they may be (16 s after
	 * the last question), or when there's a network again, and `onTime` tells when that has set the clock to another time.
	 * Nothing is called at once; many calls are as one; without `udp` it does nothing.
	 */
	checkTime(): void {
		if (!this.#isOpen) throw new Error("closed");
		this.#clock?.check();
	}

	/** No more calls. The connection itself stays, as others may use it. A second close is harmless. */
	close(): void {
		this.#isOpen = false;
		this.#isOnline = false;
		this.#told.length = 0;
		Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#clock?.stop();
		this.#link.close();
	}

	#run(step: (now: number) => void): void {
		if (!this.#isOpen) return;
		step(ticks());
		Timer.clear(this.#timer);
		const { wakeAt } = this.#link;
		this.#timer = wakeAt === undefined ? undefined : Timer.set(() => this.#wake(), Math.max(0, wakeAt - ticks()));
		while (this.#told.length > 0) {
			const error = this.#told.shift();
			if (error) this.#offline(error);
			else this.#connected();
		}
	}

	#wake(): void {
		this.#timer = undefined;
		this.#run((now) => this.#link.wake(now));
	}

	#offline(error: NetworkError): void {
		// An attempt that failed says nothing about the clock's question: there's none under way without a network.
		this.#isOnline = false;
		this.#clock?.stop();
		this.#options.onOffline?.(error);
	}

	#connected(): void {
		const now = time();
		// One that can't be is no time: an ESP32's outlives a restart.
		const isKnown = now !== undefined && now >= this.#notBefore && now <= this.#notAfter;
		const { udp } = this.#options;
		if (udp) {
			this.#clock ??= this.#newClock(udp);
			this.#clock.start(isKnown);
		}
		if (!udp || isKnown) this.#online();
	}

	#newClock(udp: Udp): Clock {
		const { records, timeServers = DEFAULT_SERVERS } = this.#options;
		return new Clock({
			udp,
			servers: serversOf(timeServer(records), timeServers),
			notBefore: this.#notBefore,
			notAfter: this.#notAfter,
			onTime: (ms) => this.#time(ms),
			onMissed: () => this.#online(),
		});
	}

	#time(ms: number): void {
		const before = time();
		const isStep = before === undefined || Math.abs(before - ms) > STEP_MIN;
		if (isStep) {
			setTime(ms);
			this.#log?.info(`the time is ${new Date(ms).toISOString()}`);
		}
		if (!this.#isOnline) this.#online();
		else if (isStep) this.#options.onTime?.();
	}

	#online(): void {
		if (this.#isOnline) return;
		this.#isOnline = true;
		this.#options.onOnline();
	}
}
