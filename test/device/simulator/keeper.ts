import { hex, Key } from "hal/crypto";
import config from "mc/config";

/** What a device keeps of a secret; a module's variable, so that no collection takes it. */
let kept: unknown;

/** The secret out of two halves that the image has, byte by byte. */
function secretInto(bytes: Uint8Array): Uint8Array {
	const { even, odd } = config as { even: string; odd: string };
	for (let i = 0; i < bytes.length; i++) bytes[i] = (i & 1 ? odd : even).charCodeAt(i >> 1);
	return bytes;
}

const asText = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

export default function () {
	const { length, how } = config as { length: number; how: string };
	const bytes = secretInto(new Uint8Array(length));
	switch (how) {
		case "key":
			kept = Key.from(bytes);
			break;
		case "string":
			kept = `secret: ${asText(bytes)}`;
			break;
		case "dropped string":
			kept = asText(bytes).length;
			break;
		case "bytes":
			kept = bytes.slice();
			break;
		case "hex":
			kept = hex(bytes);
			break;
		case "numbers":
			kept = Uint16Array.from(bytes);
			break;
	}
	bytes.fill(0);
	console.log(`keeps ${how} ${typeof kept}`);
}
