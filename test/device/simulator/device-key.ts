import { hex, hmac } from "hal/crypto";
import { deriveKey } from "hal/system";

/** Tells what can be told of the device's own key: a MAC that it makes. */
export default function () {
	try {
		const key = deriveKey(Uint8Array.of(1, 2, 3));
		console.log(`proof ${hex(hmac("SHA256", key, Uint8Array.of(4)))}`);
	} catch (error) {
		console.log(`proof none: ${error}`);
	}
}
