import { restart, setTime, time } from "hal/system";

/** What the wall clock is at power-on, and that it's kept over a reset. */
export default function () {
	console.log("time", time() === undefined ? "unset" : Math.round(((time() ?? 0) - Date.now()) / 1000));
	console.log("year", new Date().getFullYear(), "random", Math.random());
	if (time() !== undefined) return;
	setTime(Date.UTC(2040, 0, 1));
	restart();
}
