// hal/system as far as pure logic asks for it: the virtual clock and the ring of log lines.
import { type Bytes, Key } from "../../../tools/lib/crypto";
import { clock } from "./clock";

export const ticks = (): number => clock.now;
export const time = (): number | undefined => undefined;

/** What `note` was told, the newest last. */
export const notes: string[] = [];

export function note(line: string): void {
	notes.push(line);
	if (notes.length > 8) notes.shift();
}

/** What the device alone has: under vitest no secret at all. */
const deviceSecret = new Uint8Array(32).fill(0x5a);

export const deriveKey = (info: Bytes): Key => Key.fromHmac("SHA256", deviceSecret, [info]);
