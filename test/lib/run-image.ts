// Runs a device until the program says that it is done.
import type { EventEmitter } from "node:events";
import type { ChipEvent } from "../../tools/chip/events";
import type { ResetReason, SimulatorEvent } from "../../tools/simulator/events";
import type { Device, DeviceOptions, DeviceTarget, Installed } from "./device-target";

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
/** A test may ask for a reset to see what it is like after it; every other one is a failure. */
const MEANT: ReadonlySet<ResetReason> = new Set(["power-on", "software", "watchdog"]);
/** What a sanitizer's report looks like. */
const SANITIZER = /(Address|Leak|UndefinedBehavior)Sanitizer|: runtime error: /;
/** What a chip says whose image it can't boot: it waits for somebody then. */
const UNBOOTABLE = /^# can't run: /;
/** Lines of the tail. */
const TAIL = 40;

/**
 * @param onLine told every line of the device's console; "done" ends the run well, "give up" ends it now.
 */
export async function runImage(
	options: {
		readonly target: DeviceTarget;
		readonly device: Installed;
		/** What else the device is to have. */
		readonly options?: DeviceOptions;
		readonly onStart?: (device: Device) => void;
		/** What the device may be busy with now takes at most so many milliseconds. */
		readonly limit: () => number;
	},
	onLine: (line: string) => "go on" | "done" | "give up",
): Promise<RunEnd> {
	const { target, limit } = options;
	const device = options.device.start(options.options ?? {}, RESETS);
	options.onStart?.(device);
	const tail: string[] = [];
	let state: "running" | "done" | "gave up" | "silent" | "crashed" = "running";
	let found = "";
	let timer: NodeJS.Timeout | undefined;

	const end = (why: typeof state) => {
		if (state !== "running") return;
		state = why;
		void device.stop();
	};
	const wait = () => {
		clearTimeout(timer);
		timer = setTimeout(() => end("silent"), SILENCE * target.slower + limit());
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
		if (UNBOOTABLE.test(line)) {
			found ||= line;
			end("crashed");
		}
	};
	let boots = 0;
	const happened = (event: SimulatorEvent | ChipEvent) => {
		if (event.event === "boot" && ++boots > RESETS + 1) end("gave up");
		if (event.event !== "reset" || MEANT.has(event.reason)) return;
		found ||= `${event.reason}: ${event.message}`;
		end("crashed");
	};
	// Both kinds of device tell the same, each by events of its own.
	const told = device as unknown as EventEmitter<{
		line: [string];
		message: [string];
		event: [SimulatorEvent | ChipEvent];
	}>;
	told.on("event", happened);
	told.on("message", look);
	told.on("line", (line) => {
		look(line);
		if (state !== "running") return;
		const answer = onLine(line);
		wait();
		if (answer !== "go on") end(answer === "done" ? "done" : "gave up");
	});

	const { code, signal } = await device.ended;
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
