import Backoff, { type Random, type Wait } from "backoff/backoff";
import type { Outage } from "mqtt/client";
import { MqttError } from "mqtt/error";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The server ended it in good order: it has probably been restarted, or moved us. */
const CLOSED: Wait = Object.freeze({ floor: 0, base: SECOND, cap: 2 * MINUTE });
/** The network: everybody in the house has lost it at the same moment. */
const LOST: Wait = Object.freeze({ floor: 0, base: 2 * SECOND, cap: 2 * MINUTE });
/** The server is there and says no for now, or talks nonsense. */
const UNWELL: Wait = Object.freeze({ floor: 2 * SECOND, base: 5 * SECOND, cap: 10 * MINUTE });
/** Nothing gets better before somebody changes something; yet that may be done on the server's side. */
const REFUSED: Wait = Object.freeze({ floor: 30 * SECOND, base: MINUTE, cap: 60 * MINUTE });
/** Another device has this one's identity: whoever comes later wins, so coming back soon would be a fight. */
const REPLACED: Wait = Object.freeze({ floor: MINUTE, base: MINUTE, cap: 60 * MINUTE });

/** A connection that lived that long was a good one: the next outage begins a new count. */
const STABLE = 30 * SECOND;

function waitOf({ code, cause }: MqttError): Wait {
	switch (code) {
		case "closed-by-server":
			return CLOSED;
		case "network":
		case "connect-timeout":
		case "ping-timeout":
		case "acknowledge-timeout":
		case "write-timeout":
			return LOST;
		case "unacceptable-protocol-version":
		case "identifier-rejected":
		case "bad-user-name-or-password":
		case "not-authorized":
		case "certificate-refused":
			return REFUSED;
		case "tls":
		case "preparation":
			return passes(cause) ? UNWELL : REFUSED;
		case "replaced":
			return REPLACED;
		default:
			return UNWELL;
	}
}

/** Whether a TlsError says itself that trying again may help: a handshake that broke off, an alert, a certificate of tomorrow. */
function passes(error: unknown): boolean {
	return error instanceof Error && "retry" in error && error.retry !== "never";
}

/** What is to be done after an outage: wait that long, and call it by this error. */
export interface Decision {
	/** The outage's own error, or `replaced`. */
	readonly error: MqttError;
	/** Milliseconds. */
	readonly wait: number;
}

/**
 * When to connect again: exponential back-off with full jitter, capped, by the kind of outage.
 *
 * A second login of the same device looks like a clean close by the server. It's told apart by its repetition: accepted,
 * and closed within STABLE, a second time in a row.
 */
export default class ConnectPolicy {
	/** Counts outages in a row without a stable connection between. */
	#backoff: Backoff;
	/** Of these, how many were clean closes of a connection that had been accepted. */
	#thrownOff = 0;

	constructor(random: Random) {
		this.#backoff = new Backoff(random);
	}

	decide({ error, onlineFor }: Outage): Decision {
		if (onlineFor !== undefined && onlineFor >= STABLE) {
			this.#backoff.reset();
			this.#thrownOff = 0;
		}
		if (error.code !== "closed-by-server" || onlineFor === undefined) return this.#wait(error);
		this.#thrownOff += 1;
		const stable = onlineFor >= STABLE;
		if (stable || this.#thrownOff < 2) return this.#wait(error);
		if (this.#thrownOff === 2) this.#backoff.reset();
		return this.#wait(new MqttError("replaced", { cause: error }));
	}

	#wait(error: MqttError): Decision {
		return { error, wait: this.#backoff.next(waitOf(error)) };
	}
}
