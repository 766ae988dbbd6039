import { Key, type Part } from "hal/crypto";
import { encode } from "hal/text";
import type { Carrier } from "./carrier";

/** The length of a carrier's key, bytes. */
const KEY_LENGTH = 32;

/** A carrier without hardware: its key lies in the vault, so it's as safe as that is. */
export default class SoftwareCarrier implements Carrier {
	readonly id2: string;
	#key: Key;

	/** @throws {RangeError} for an ID² or a key that can't be one. */
	constructor(id2: string, key: Key) {
		if (!/^[\x21-\x7e]{1,64}$/.test(id2)) throw new RangeError("id2: 1 to 64 characters");
		if (key.byteLength !== KEY_LENGTH) throw new RangeError(`carrierKey: ${KEY_LENGTH} bytes`);
		this.id2 = id2;
		this.#key = key;
	}

	mac(label: string, parts: readonly Part[]): Key {
		return Key.fromHmac("SHA256", this.#key, [encode(`${label}\0`), ...parts]);
	}
}
