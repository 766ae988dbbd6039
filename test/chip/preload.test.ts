import { expect, test } from "vitest";
import { describeChip } from "../lib/chip";
import { outcomesOf, preloadOutcomes } from "../lib/preload-cases";
import { boot, flash, image, useChip } from "./firmware";

describeChip("what is preloaded on the chip", () => {
	useChip("release");

	test("lies in flash: what may be done with it, and what resets", { timeout: 120_000 }, async () => {
		const device = boot(await flash("frozen"));
		await device.line("end of trials", 100_000);
		await device.stop();
		expect(outcomesOf(device.lines)).toEqual(preloadOutcomes);
		// Each write is a trap before it's an end.
		const resets = device.events.filter(({ event }) => event === "reset").length;
		expect(resets).toBe(Object.values(preloadOutcomes).filter((it) => it.startsWith("reset: ")).length);
		expect(device.events.filter(({ event }) => event === "trap")).toHaveLength(resets);
	});

	test("a module that calls a native function at module level is refused when the image is made", async () => {
		await expect(image("too-early")).rejects.toThrow(
			/module "simulator\/early" can't be preloaded: TypeError: .*a native function is called at module level$/,
		);
	});
});
