import { random } from "hal/crypto";

/** A number in [0, 1) from the platform's generator: two devices of one image must not draw the same. */
export function randomNumber(): number {
	const [a = 0, b = 0, c = 0, d = 0] = random(4);
	return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) / 0x1_0000_0000;
}
