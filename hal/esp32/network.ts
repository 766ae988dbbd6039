import WiFi from "embedded:network/interface/wifi";
import KeyValue from "embedded:storage/key-value";
import type { NetworkError, NetworkErrorCode, NetworkOptions } from "hal/network";
import { setTime, time } from "hal/system";
import Timer from "hal/timer";
import config from "mc/config";
import { queryTime } from "./ntp";

/** ECMA-419's number for "connected, with an address". */
const connected = 500;
/** The first pause after a failed attempt doubles up to the last one, ms. */
const firstPause = 1000;
const lastPause = 60_000;

class Failure extends Error implements NetworkError {
	/** A field, as assigning to the inherited name throws: that one is in flash. */
	override readonly name = "NetworkError";
	readonly code: NetworkErrorCode;
	readonly retry: "later" | "never";
	readonly detail: string;

	constructor(code: NetworkErrorCode, detail: string) {
		super(`${code}: ${detail}`);
		this.code = code;
		this.retry = code === "no-credentials" ? "never" : "later";
		this.detail = detail;
	}
}

function readCredentials(): { SSID: string; password?: string } | undefined {
	const storage = KeyValue.open({ path: "wifi", format: "string" });
	try {
		const SSID = storage.read("ssid");
		const password = storage.read("password");
		if (typeof SSID !== "string" || SSID === "") return undefined;
		return typeof password === "string" && password !== "" ? { SSID, password } : { SSID };
	} finally {
		storage.close();
	}
}

/** One Wi-Fi network, from storage (domain `wifi`: `ssid`, `password`), and the time from the network. */
export default class Network {
	#options: NetworkOptions;
	#wifi: InstanceType<typeof WiFi> | undefined;
	#credentials: { SSID: string; password?: string } | undefined;
	#online = false;
	#pause = firstPause;
	#timer: Timer | undefined;
	#endQuery: (() => void) | undefined;

	constructor(options: NetworkOptions) {
		this.#options = options;
		this.#timer = Timer.set(() => this.#start());
	}

	#start(): void {
		try {
			this.#credentials = readCredentials();
			if (this.#credentials === undefined) {
				this.#offline("no-credentials", "wifi/ssid");
				return;
			}
			this.#wifi ??= new WiFi({ onChanged: () => this.#changed() });
			if (this.#wifi.connection === connected) this.#changed();
			else this.#wifi.connect(this.#credentials);
		} catch (error) {
			this.#offline("system", String(error));
			this.#later();
		}
	}

	/** Again after a pause with jitter, so that a street of devices doesn't come back in one second. */
	#later(): void {
		Timer.clear(this.#timer);
		this.#timer = Timer.set(() => this.#start(), this.#pause * (0.5 + Math.random()));
		this.#pause = Math.min(this.#pause * 2, lastPause);
	}

	#changed(): void {
		const connection = this.#wifi?.connection ?? 0;
		if (connection === connected) {
			this.#pause = firstPause;
			if (!this.#endQuery && !this.#online) this.#askTime();
			return;
		}
		if (connection >= 300) return; // on the way
		const wasOnline = this.#online;
		this.#online = false;
		this.#endQuery?.();
		this.#endQuery = undefined;
		this.#offline(wasOnline ? "lost" : "no-network", this.#credentials?.SSID ?? "");
		this.#later();
	}

	#askTime(): void {
		if (time() !== undefined) {
			this.#goOnline();
			return;
		}
		const server = typeof config.ntp === "string" ? config.ntp : "pool.ntp.org";
		this.#endQuery = queryTime(server, (now) => {
			this.#endQuery = undefined;
			if (now !== undefined) setTime(now);
			else this.#timer = Timer.set(() => this.#askTime(), lastPause);
			this.#goOnline();
		});
	}

	#goOnline(): void {
		if (this.#online) return;
		this.#online = true;
		this.#options.onOnline();
	}

	#offline(code: NetworkErrorCode, detail: string): void {
		this.#options.onOffline?.(new Failure(code, detail));
	}

	close(): void {
		Timer.clear(this.#timer);
		this.#endQuery?.();
		this.#wifi?.close();
		this.#timer = undefined;
		this.#endQuery = undefined;
		this.#wifi = undefined;
		this.#options = { onOnline() {} };
	}
}
