import { expect, test } from "vitest";
import { exitCodes } from "../../tools/simulator/events";
import { boot, flash, useSimulator } from "./firmware";

useSimulator();

test("what is preloaded behaves as in flash", { timeout: 120_000 }, async () => {
	const device = boot(await flash("frozen"), { backoff: 0 });
	await device.line("end of trials", 100_000);
	await device.stop();
	const outcomes = Object.fromEntries(
		device.lines.filter((line) => line.includes(" => ")).map((line) => line.split(" => ") as [string, string]),
	);
	const reset = (what: string) =>
		`reset: wrote to a preloaded ${what}: make it at run time, or don't preload its module`;
	expect(outcomes).toEqual({
		"module variable": "3",
		"variable of a scope": "3",
		"array push": "3",
		"object property": "2",
		"private field": "2",
		"regexp with state": "0,3",
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
	});
});

test("a preloaded module that calls a native function at module level is refused", async () => {
	const end = await boot(await flash("too-early")).ended;
	expect(end.code).toBe(exitCodes.failed);
	// Debug builds name the function in front.
	expect(end.reason).toMatch(
		/module "simulator\/early" can't be preloaded: TypeError: .*a native function is called at module level$/,
	);
});
