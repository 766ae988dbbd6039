// What is preloaded lies in flash: test/device/simulator/frozen.ts tries each, and this is what comes of it on every host of ours.

const reset = (what: string) => `reset: wrote to a preloaded ${what}: make it at run time, or don't preload its module`;

export const preloadOutcomes: Readonly<Record<string, string>> = {
	"module variable": "3",
	"variable of a scope": "3",
	"array push": "3",
	"object property": "2",
	"private field": "2",
	"regexp with state": "throws TypeError",
	bigint: "123456789012345678901234567891",
	"Map read": "1",
	"JSON of a preloaded object": "throws TypeError",
	"JSON of its copy": '{"a":1,"b":2}',
	"static field": "throws TypeError",
	"extend Array.prototype": "throws TypeError",
	"change Object.prototype": "throws TypeError",
	"a property of a function": "throws TypeError",
	"new global": "7",
	eval: "throws SyntaxError",
	"Map set": reset("Map"),
	"Map change": reset("value (in a Map or a generator)"),
	"Map delete": reset("Map"),
	"Set add": reset("Set"),
	"WeakMap set": reset("WeakMap"),
	"typed array": reset("ArrayBuffer or typed array"),
	DataView: reset("ArrayBuffer or typed array"),
	Date: reset("Date"),
	"started generator": reset("value (in a Map or a generator)"),
};

/** By the lines of a run. */
export function outcomesOf(lines: readonly string[]): Record<string, string> {
	return Object.fromEntries(
		lines.filter((line) => line.includes(" => ")).map((line) => line.split(" => ") as [string, string]),
	);
}
