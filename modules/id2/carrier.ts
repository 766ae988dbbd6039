import type { Key, Part } from "hal/crypto";

/**
 * What holds a device's ID² and the key that belongs to it: a secure element, a chip's own vault, or software. The key
 * itself never leaves it.
 */
export interface Carrier {
	/** The ID² of this carrier, 1 to 64 printable ASCII characters. */
	readonly id2: string;
	/**
	 * HMAC-SHA256 by the carrier's key over `label`, a zero byte and `parts` one after the other: 32 bytes that JavaScript
	 * doesn't see. `label` keeps the uses of the key apart.
	 *
	 * @throws what the carrier has to say, when it can't.
	 */
	mac(label: string, parts: readonly Part[]): Key;
}
