// Runs a flash file in the simulator until the program says that it is done.
import type { SimulatorVariant } from "../../tools/build/native";
import type { ResetReason } from "../../tools/simulator/events";
import { Simulator, type SimulatorOptions } from "../../tools/simulator/simulator";

export interface RunEnd {
	/** Why it ended before it was done, or what was found at its end; undefined when all is well. */
	readonly reason: string | undefined;
	/** The end of console and messages. */
	readonly tail: string;
}

/** A device that says nothing for so long, over what a test may take, has hung. Milliseconds. */
const SILENCE = 30_000;
/** More resets than this are a boot loop. */
const RESETS = 8;
/** How many times longer all may take than on an idle machine: others may be at work, and a sanitizer is slow. */
export const SLOWER: Readonly<Record<SimulatorVariant, number>> = { debug: 2, release: 2, m32: 2, asan: 6 };
/** A test may ask for a reset to see what it is like after it; every other one is a failure. */
const MEANT: ReadonlySet<ResetReason> = new Set(["power-on", "software", "watchdog"]);
/** What a sanitizer's report looks like. */
const SANITIZER = /(Address|Leak|UndefinedBehavior)Sanitizer|: runtime error: /;
/** Lines of the tail. */
const TAIL = 40;

/**
 * @param onLine told every line of the device's console; "done" ends the run well, "give up" ends it now.
 */
export async function runImage(
	options: {
		readonly flash: string;
		readonly variant: SimulatorVariant;
		/** What else the simulator is to have. */
		readonly simulator?: Partial<SimulatorOptions>;
		/** What the device may be busy with now takes at most so many milliseconds. */
		readonly limit: () => number;
	},
	onLine: (line: string) => "go on" | "done" | "give up",
): Promise<RunEnd> {
	const { flash, variant, limit } = options;
	const simulator = new Simulator({ ...options.simulator, flash, variant, board: "sim", resets: RESETS, backoff: 0 });
	const tail: string[] = [];
	let state: "running" | "done" | "gave up" | "silent" | "crashed" = "running";
	let found = "";
	let timer: NodeJS.Timeout | undefined;

	const end = (why: typeof state) => {
		if (state !== "running") return;
		state = why;
		void simulator.stop();
	};
	const wait = () => {
		clearTimeout(timer);
		timer = setTimeout(() => end("silent"), SILENCE * SLOWER[variant] + limit());
	};
	const keep = (line: string) => {
		tail.push(line);
		if (tail.length > TAIL) tail.shift();
		wait();
	};
	wait();
	const look = (line: string) => {
		keep(line);
		if (SANITIZER.test(line)) found ||= line;
	};
	simulator.on("event", (event) => {
		if (event.event !== "reset" || MEANT.has(event.reason)) return;
		found ||= `${event.reason}: ${event.message}`;
		end("crashed");
	});
	simulator.on("message", look);
	simulator.on("line", (line) => {
		look(line);
		if (state !== "running") return;
		const answer = onLine(line);
		wait();
		if (answer !== "go on") end(answer === "done" ? "done" : "gave up");
	});

	const { code, signal } = await simulator.ended;
	clearTimeout(timer);
	const text = tail.join("\n");
	return { reason: reasonOf(state, signal ?? code, found), tail: text };
}

function reasonOf(state: string, exit: string | number | null, found: string): string | undefined {
	if (found) return found;
	if (state === "silent") return "the device said nothing any more";
	if (state === "gave up") return "the device was reset again and again";
	if (state === "running") return `the device ended (${exit}) before the tests did`;
	if (exit !== 0) return `the device ended with ${exit}`;
	return undefined;
}
