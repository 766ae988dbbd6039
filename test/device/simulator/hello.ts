import { lastWords, resetReason, uniqueId } from "hal/system";
import Timer from "hal/timer";

/** Boots, tells why, lives on. */
export default function () {
	console.log("hello", resetReason(), lastWords()?.message ?? "(no last words)");
	console.log("id", [...uniqueId()].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
	let ticks = 0;
	Timer.repeat(() => console.log("tick", ++ticks), 20);
}
