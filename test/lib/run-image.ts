// Runs a flash file in the simulator until the program says that it is done.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { SimulatorVariant } from "../../tools/build/native";
import { simulatorPath } from "../../tools/build/places";

export interface RunEnd {
	/** Why it ended before it was done, or what was found at its end; undefined when all is well. */
	readonly reason: string | undefined;
	/** The end of console and messages. */
	readonly tail: string;
}

/** A device that says nothing for so long has hung. Milliseconds. */
const SILENCE = 60_000;
/** More resets than this are a boot loop. */
const RESETS = 8;
/** XS under a sanitizer takes so many times longer. */
const SLOWER: Readonly<Record<SimulatorVariant, number>> = { debug: 1, release: 1, m32: 1, asan: 4 };

/**
 * @param onLine told every line of the device's console; "done" ends the run well, "give up" ends it now.
 */
export function runImage(
	options: { readonly flash: string; readonly variant: SimulatorVariant; readonly args?: readonly string[] },
	onLine: (line: string) => "go on" | "done" | "give up",
): Promise<RunEnd> {
	const args = ["run", "--flash", options.flash, "--board", "sim", "--resets", String(RESETS), ...(options.args ?? [])];
	const child = spawn(simulatorPath(options.variant), args, { stdio: ["ignore", "pipe", "pipe"] });
	const tail: string[] = [];
	let done = false;
	let gaveUp = false;
	let silent = false;
	let timer: NodeJS.Timeout | undefined;

	const keep = (line: string) => {
		tail.push(line);
		if (tail.length > 40) tail.shift();
		clearTimeout(timer);
		timer = setTimeout(() => {
			silent = true;
			child.kill("SIGKILL");
		}, SILENCE * SLOWER[options.variant]);
	};
	keep("");
	createInterface({ input: child.stdout }).on("line", (line) => {
		keep(line);
		if (done || gaveUp) return;
		const answer = onLine(line);
		if (answer === "go on") return;
		done = answer === "done";
		gaveUp = answer === "give up";
		child.kill("SIGTERM");
	});
	createInterface({ input: child.stderr }).on("line", keep);

	return new Promise((resolve, reject) => {
		child.on("error", reject);
		child.on("close", (code, signal) => {
			clearTimeout(timer);
			const all = tail.join("\n");
			let reason: string | undefined;
			if (silent) reason = "the device said nothing any more";
			else if (gaveUp) reason = "the device was reset again and again";
			else if (!done) reason = `the device ended (${signal ?? code}) before the tests did`;
			else if (code !== 0) reason = `the device ended with ${signal ?? code}`;
			else if (/Sanitizer|runtime error:/.test(all)) reason = "a sanitizer has something to say";
			resolve({ reason, tail: all });
		});
	});
}
