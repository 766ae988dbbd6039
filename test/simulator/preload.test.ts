import { expect, test } from "vitest";
import { exitCodes } from "../../tools/simulator/events";
import { outcomesOf, preloadOutcomes } from "../lib/preload-cases";
import { boot, flash, useSimulator } from "./firmware";

useSimulator();

test("what is preloaded behaves as in flash", { timeout: 120_000 }, async () => {
	const device = boot(await flash("frozen"), { backoff: 0 });
	await device.line("end of trials", 100_000);
	await device.stop();
	expect(outcomesOf(device.lines)).toEqual(preloadOutcomes);
});

test("a preloaded module that calls a native function at module level is refused", async () => {
	const end = await boot(await flash("too-early")).ended;
	expect(end.code).toBe(exitCodes.failed);
	// Debug builds name the function in front.
	expect(end.reason).toMatch(
		/module "simulator\/early" can't be preloaded: TypeError: .*a native function is called at module level$/,
	);
});
