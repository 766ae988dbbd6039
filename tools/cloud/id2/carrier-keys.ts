import { randomBytes } from "node:crypto";
import { CloudError } from "../errors";
import type { Events } from "../events";
import type { Seal } from "../store/seal";
import type { Store } from "../store/store";

/** A carrier's key, bytes. */
const KEY_BYTES = 32;

/** What a carrier is made of: its name for all to see, and the key that it and the cloud have. */
export interface CarrierKey {
	id2: string;
	/** Secret. */
	key: Buffer;
}

export interface CarrierKeysOptions {
	store: Pick<Store, "carriers">;
	seal: Seal;
	events: Events;
}

/** The carriers that the cloud knows. A key that came in never comes out again but for the HMACs of a challenge. */
export class CarrierKeys {
	readonly #options: CarrierKeysOptions;

	constructor(options: CarrierKeysOptions) {
		this.#options = options;
	}

	/** A new carrier, already known: 24 upper-case hex digits and a random key. */
	async make(): Promise<CarrierKey> {
		const made = { id2: randomBytes(12).toString("hex").toUpperCase(), key: randomBytes(KEY_BYTES) };
		await this.add(made);
		return made;
	}

	/** Throws `invalid` and `exists`. */
	async add({ id2, key }: CarrierKey): Promise<void> {
		if (!/^[A-Za-z0-9]{8,64}$/.test(id2))
			throw new CloudError("invalid", "an ID² has 8 to 64 letters and digits", { detail: "id2.InvalidFormattedId2" });
		if (key.length !== KEY_BYTES)
			throw new CloudError("invalid", `a carrier's key has ${KEY_BYTES} bytes`, { detail: "id2.InvalidKey" });
		const { store, seal, events } = this.#options;
		await store.carriers.add(id2, seal.close(`carrier ${id2}`, key));
		events.emit({ type: "id2.carrier", id2, what: "added" });
	}
}
