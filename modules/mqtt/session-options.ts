import type { Key } from "hal/crypto";
import type { OutboxOptions } from "./outbox";

/** Keep alive that the platform takes, seconds. */
export const KEEP_ALIVE_MIN = 30;
export const KEEP_ALIVE_MAX = 1200;

export interface SessionOptions {
	/** Seconds, 30 to 1,200; default 300. */
	readonly keepAlive?: number;
	/** Default `"3.1.1"`. */
	readonly protocol?: "3.1.1" | "3.1";
	/** Whether the server forgets this client's subscriptions and messages when it's gone; default false. */
	readonly clean?: boolean;
	/** How long an answer (CONNACK from the very start, PUBACK, SUBACK, PINGRESP) or a write may take, ms; default 20,000. */
	readonly timeout?: number;
	readonly outbox?: OutboxOptions;
	/** Bytes for receiving, at least 256; default 1,024. Larger messages come in pieces. */
	readonly buffer?: number;
	/** The most topic filters; default 32. */
	readonly subscriptions?: number;
}

/** Who the client is, for one connection. */
export interface Login {
	readonly clientId: string;
	readonly userName?: string | undefined;
	/** CONNECT is wiped once it's written; a `Key` never becomes a string on its way, and is closed once it's in CONNECT. */
	readonly password?: string | Key | undefined;
}

export type CheckedOptions = Required<Omit<SessionOptions, "outbox">>;

/** With the defaults. @throws {RangeError} for what can't be right. */
export function checkedOptions(options: SessionOptions): CheckedOptions {
	const { keepAlive = 300, protocol = "3.1.1", clean = false, timeout = 20_000 } = options;
	const { buffer = 1024, subscriptions = 32 } = options;
	if (!Number.isInteger(keepAlive) || keepAlive < KEEP_ALIVE_MIN || keepAlive > KEEP_ALIVE_MAX) {
		throw new RangeError(`keepAlive: ${KEEP_ALIVE_MIN} to ${KEEP_ALIVE_MAX} seconds`);
	}
	if (protocol !== "3.1.1" && protocol !== "3.1") throw new RangeError('protocol: "3.1.1" or "3.1"');
	if (!(timeout >= 100 && timeout <= 600_000)) throw new RangeError("timeout: 100 to 600,000 ms");
	return { keepAlive, protocol, clean, timeout, buffer, subscriptions };
}
