import { lastWords, memory, note, resetReason } from "hal/system";
import * as things from "./things";

const anything = (value: unknown) => value as Record<string, unknown>;

/** Each is tried in a run of its own, as some end in a reset. */
const trials: Readonly<Record<string, () => unknown>> = {
	"module variable": () => things.increase() + things.increase(),
	"variable of a scope": () => things.countdown() + things.countdown(),
	"array push": () => things.list.push(3),
	"object property": () => {
		things.object.b = 2;
		return things.object.b;
	},
	"private field": () => ++things.box.inside,
	"regexp with state": () => [things.pattern.exec("ab ab")?.index, things.pattern.exec("ab ab")?.index],
	bigint: () => things.big + 1n,
	"Map read": () => things.map.get("a"),
	"JSON of a preloaded object": () => JSON.stringify(things.object),
	"JSON of its copy": () => JSON.stringify({ ...things.object }),
	"static field": () => ++things.Counter.count,
	"extend Array.prototype": () => {
		anything(Array.prototype).last = 1;
	},
	"change Object.prototype": () => {
		anything(Object.prototype).toString = () => "x";
	},
	"a property of a function": () => {
		anything(things.increase).extra = 1;
	},
	"new global": () => {
		anything(globalThis).fresh = 7;
		return anything(globalThis).fresh;
	},
	eval: () => new Function("return 1")(),
	"Map set": () => things.map.set("b", 2).size,
	"Map change": () => things.map.set("a", 2).size,
	"Map delete": () => things.map.delete("a"),
	"Set add": () => things.set.add(2).size,
	"WeakMap set": () => things.weakMap.set({}, 1).has({}),
	"typed array": () => {
		things.bytes[0] = 1;
	},
	DataView: () => new DataView(things.buffer).setUint8(0, 1),
	Date: () => things.date.setTime(5),
	"started generator": () => things.started.next().value,
};

/** Says of each trial what came of it; the last words carry on which one is next. */
export default function () {
	const names = Object.keys(trials);
	let next = 0;
	if (resetReason() !== "power-on") {
		const last = Number(lastWords()?.log.at(-1));
		console.log(`${names[last]} => reset: ${lastWords()?.message}`);
		next = last + 1;
	}
	for (; next < names.length; next++) {
		const name = names[next] ?? "";
		note(String(next));
		try {
			const outcome = String(trials[name]?.());
			// What the collector finds wrong is the trial's, too.
			memory(true);
			console.log(`${name} => ${outcome}`);
		} catch (error) {
			console.log(`${name} => throws ${(error as Error).name}`);
		}
	}
	console.log("end of trials");
}
