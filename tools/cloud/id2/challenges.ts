import { createHmac, randomBytes } from "node:crypto";
import type { Clock } from "../clock";
import type { SharedKey } from "../listener/proof";
import type { Id2Claim } from "../store/carriers";

/** How long a challenge can be answered, ms. */
export const CHALLENGE_LIFE = 60_000;
/** Challenges that are open at once: of all, and of one carrier. The oldest gives way. */
export const CHALLENGES_MAX = 1000;
export const CHALLENGES_PER_CARRIER = 8;

const CHALLENGE_BYTES = 32;
const IDENTITY_PREFIX = "id2|";

/** What a device is told: the challenge, and that the cloud has the carrier's key too. Hex. */
export interface Challenge {
	challenge: string;
	proof: string;
}

interface Open extends SharedKey {
	expires: number;
}

/**
 * Open challenges of ID². Both sides make the link's key from the carrier's key and all that was said; the cloud keeps
 * that key, never the carrier's, until the handshake asks for it, once.
 */
export class Challenges {
	readonly #clock: Clock;
	/** By challenge, oldest first. */
	readonly #open = new Map<string, Open>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	get size(): number {
		return this.#open.size;
	}

	/** A fresh challenge to a carrier. `random` is the device's own 16 bytes. */
	make(claim: Id2Claim, random: Uint8Array, carrierKey: Uint8Array): Challenge {
		this.#makeRoom(claim.id2);
		const challenge = randomBytes(CHALLENGE_BYTES);
		const transcript = transcriptOf(claim, random, challenge);
		const key = mac(carrierKey, "id2 psk", transcript);
		const hex = challenge.toString("hex");
		const { productKey, deviceName, id2 } = claim;
		this.#open.set(hex, { key, productKey, deviceName, id2, expires: this.#clock.now() + CHALLENGE_LIFE });
		return { challenge: hex, proof: mac(carrierKey, "id2 server", transcript).toString("hex") };
	}

	/** The key for a PSK identity, which is used up by asking: a second handshake finds none, whoever makes it. */
	take(identity: string): SharedKey | undefined {
		if (!identity.startsWith(IDENTITY_PREFIX)) return undefined;
		const challenge = identity.slice(IDENTITY_PREFIX.length);
		const found = this.#open.get(challenge);
		this.#open.delete(challenge);
		if (!found || this.#clock.now() >= found.expires) return undefined;
		const { key, productKey, deviceName, id2 } = found;
		return { key, productKey, deviceName, id2 };
	}

	#makeRoom(id2: string): void {
		const now = this.#clock.now();
		let own = 0;
		let oldestOwn: string | undefined;
		for (const [challenge, one] of this.#open) {
			if (one.expires <= now) this.#open.delete(challenge);
			else if (one.id2 === id2) {
				own += 1;
				oldestOwn ??= challenge;
			}
		}
		if (own >= CHALLENGES_PER_CARRIER && oldestOwn !== undefined) this.#open.delete(oldestOwn);
		const oldest = this.#open.size >= CHALLENGES_MAX ? this.#open.keys().next().value : undefined;
		if (oldest !== undefined) this.#open.delete(oldest);
	}
}

/** All that both sides said, so that no part of it can be another's. */
function transcriptOf({ productKey, deviceName, id2 }: Id2Claim, random: Uint8Array, challenge: Uint8Array): Buffer {
	return Buffer.concat([Buffer.from(`${productKey}\0${deviceName}\0${id2}\0`), random, challenge]);
}

function mac(key: Uint8Array, label: string, transcript: Uint8Array): Buffer {
	return createHmac("sha256", key).update(`${label}\0`).update(transcript).digest();
}
