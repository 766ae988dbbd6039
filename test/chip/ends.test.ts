import { describe, expect, test } from "vitest";
import { describeChip } from "../lib/chip";
import { endTests } from "../lib/end-cases";
import { boot, flash, useChip } from "./firmware";

const all = process.env["LINKXS_ALL"] === "1";

describeChip("ends on the chip", () => {
	const variants = all ? (["release", "debug"] as const) : (["release"] as const);
	useChip(...variants);

	describe.each(variants)("%s firmware", (variant) => {
		endTests({
			debuggable: variant === "debug",
			boot: async (program, config) => boot(await flash(program, config, variant)),
		});
	});

	test("a device that hangs without a watchdog is ended by its reset line, and by the emulator's end", async () => {
		const device = boot(await flash("ends", { end: "hang" }));
		await device.line("begin power-on");
		await device.reset();
		await device.event("boot", ({ run }) => run === 2);
		// Nobody left last words: the record was begun and not ended.
		await device.line("begin unknown");
		expect((await device.stop()).code).toBe(0);
	});
});
