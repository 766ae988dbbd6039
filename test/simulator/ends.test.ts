import { describe, expect, test } from "vitest";
import { exitCodes } from "../../tools/simulator/events";
import { endTests } from "../lib/end-cases";
import { boot, debuggable, flash, useSimulator } from "./firmware";

useSimulator();

endTests({ debuggable, boot: async (program, config) => boot(await flash(program, config)) });

describe("the supervisor", () => {
	test("ends after as many resets as it was told", async () => {
		const device = boot(await flash("ends", { end: "quick" }), { resets: 2 });
		expect(await device.ended).toMatchObject({ code: exitCodes.resets });
		expect(device.events.filter(({ event }) => event === "boot")).toHaveLength(3);
	});
	test("waits longer and longer before it boots a device again that ends at once", async () => {
		const device = boot(await flash("ends", { end: "quick" }), { resets: 3 });
		await device.ended;
		expect(device.events.flatMap((it) => (it.event === "backoff" ? [it.ms] : []))).toEqual([100, 200, 400]);
	});
	test("ends a device that hangs", async () => {
		const device = boot(await flash("ends", { end: "hang" }));
		await device.line("begin");
		expect(await device.stop()).toMatchObject({ code: exitCodes.hung, reason: "the device did not end by itself" });
	});
});
