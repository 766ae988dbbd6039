import Backoff, { type Random, type Wait } from "backoff/backoff";
import type { RegistrationError } from "./error";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The network; a whole production line may have lost it at once. */
const LOST: Wait = Object.freeze({ floor: SECOND, base: 4 * SECOND, cap: 10 * MINUTE });
/** The server is there and isn't well, or talks nonsense; or the vault took nothing. */
const UNWELL: Wait = Object.freeze({ floor: 10 * SECOND, base: 20 * SECOND, cap: 30 * MINUTE });
/** Somebody has to do something first: a switch, a name, a certificate. */
const REFUSED: Wait = Object.freeze({ floor: MINUTE, base: 2 * MINUTE, cap: HOUR });
/** ResetThing has to be called: nobody does that within minutes. */
const HOURLY: Wait = Object.freeze({ floor: HOUR / 2, base: HOUR, cap: HOUR });
/** One of a name's five places is gone for nothing, and the next would go the same way. */
const SPENT: Wait = Object.freeze({ floor: 2 * HOUR, base: 4 * HOUR, cap: 12 * HOUR });
/** The records name another already. */
const AT_ONCE: Wait = Object.freeze({ floor: 0, base: 0, cap: 0 });

function waitOf({ code, cause }: RegistrationError, spent: boolean): Wait | undefined {
	switch (code) {
		case "network":
		case "timeout":
			return spent ? HOURLY : LOST;
		case "bad-answer":
			return spent ? SPENT : UNWELL;
		case "server":
		case "vault":
			return UNWELL;
		case "superseded":
			return AT_ONCE;
		case "refused":
		case "certificate-refused":
		case "malformed":
			return REFUSED;
		case "tls":
			if (spent) return HOURLY;
			return passes(cause) ? UNWELL : REFUSED;
		case "already-active":
		case "exhausted":
			return HOURLY;
		case "not-secure":
		case "no-identity":
			return undefined;
		default:
			return assertNever(code);
	}
}

function assertNever(_: never): undefined {
	return undefined;
}

/** Whether the TlsError below, of a connection or of none, may pass. */
function passes(error: unknown): boolean {
	const tls = error instanceof Error && error.name !== "TlsError" ? error.cause : error;
	return tls instanceof Error && "retry" in tls && tls.retry !== "never";
}

/**
 * When to try once more. Registration has no automatic reconnect (DA 1281): each try is a decision of its own, later than
 * an ordinary connection would make it, since each asks the platform for a secret.
 */
export default class RegistrationPolicy {
	#backoff: Backoff;

	constructor(random: Random) {
		this.#backoff = new Backoff(random);
	}

	/**
	 * @param spent the attempt may have cost one of the five places that a name has without pre-registration.
	 * @returns milliseconds; undefined: never, before something else was burned.
	 */
	decide(error: RegistrationError, spent = false): number | undefined {
		const wait = waitOf(error, spent);
		return wait && this.#backoff.next(wait);
	}
}
