import { lastWords, note, resetReason, restart, watchdog } from "hal/system";
import Timer from "hal/timer";
import config from "mc/config";

function spin(): never {
	for (;;);
}

function deeper(level: number): number {
	return deeper(level + 1) + 1;
}

function fill(list: object[]): never {
	for (;;) list.push({ at: list.length });
}

/** As deep in C as in JavaScript: JSON's parser calls itself. */
function parse(): unknown {
	return JSON.parse("[".repeat(20_000));
}

/** Most of the time goes to the collector, so that is where it's interrupted. */
function collect(): never {
	let kept: unknown[] = [];
	for (let i = 0; ; i++) {
		if (i % 64 === 0) kept = [];
		kept.push({ text: `${i} of them`, list: [i] });
	}
}

function throwLate(): void {
	throw new RangeError("thrown late");
}

/** The ways in which a run may end, by `config.end`. */
const ends: Readonly<Record<string, () => unknown>> = {
	restart: () => restart("to try it"),
	watchdog: () => {
		watchdog.start(150);
		spin();
	},
	"watchdog idle": () => watchdog.start(150),
	"watchdog collecting": () => {
		watchdog.start(150);
		collect();
	},
	"watchdog fed": () => {
		watchdog.start(150);
		let fed = 0;
		const timer = Timer.repeat(() => {
			watchdog.feed();
			if (++fed < 8) return;
			watchdog.stop();
			Timer.clear(timer);
			console.log("survived");
		}, 50);
	},
	hang: spin,
	memory: () => {
		try {
			fill([]);
		} catch {
			console.log("caught");
		}
	},
	stack: () => {
		try {
			deeper(0);
		} catch {
			console.log("caught");
		}
	},
	"C stack": () => {
		try {
			parse();
		} catch {
			console.log("caught");
		}
	},
	exception: () => Timer.set(throwLate, 10),
	"default throws": () => {
		throw new TypeError("thrown at once");
	},
	rejection: () => {
		Promise.reject(new Error("nobody took it"));
		Timer.set(() => console.log("alive"), 30);
	},
	"late rejection": () => {
		// Taken in time: no rejection that nobody took.
		const promise = Promise.reject(new Error("taken"));
		promise.catch(() => console.log("was taken"));
		Timer.set(() => console.log("alive"), 30);
	},
	async: async () => {
		await null;
		throw new Error("from an async main");
	},
	quick: () => {
		throw new Error("again and again");
	},
};

export default function () {
	const words = lastWords();
	console.log("begin", resetReason());
	if (words) console.log("words", JSON.stringify(words));
	if (words && config.end !== "quick") return undefined;
	for (let i = 0; i < 10; i++) note(`line ${i}`);
	return ends[String(config.end)]?.();
}
