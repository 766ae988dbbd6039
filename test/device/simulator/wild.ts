import { lastWords, resetReason } from "hal/system";
import config from "mc/config";

/** Has C (test/chip/wild.c) touch an address, in the first run; the next one tells what it finds. */
export default function () {
	const { how, at } = config as { how: string; at: number };
	if (resetReason() !== "power-on") {
		console.log("words", JSON.stringify(lastWords()));
		return;
	}
	const call = native(`xs_wild_${how}`) as (address: number) => unknown;
	function touch(address: number): string {
		// Not the last thing that it does, else its call would be gone from the stack.
		return `survived ${call(address)}`;
	}
	console.log(touch(at));
}
