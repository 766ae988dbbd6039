import { afterEach, describe, expect, test } from "vitest";
import { Debugger, debugged, stepThrough, stopAtOnce } from "../lib/xsbug";
import { boot, debuggable, flash, useSimulator } from "./firmware";

useSimulator();

describe.runIf(debuggable)("--xsbug", () => {
	let xsbug: Debugger | undefined;
	afterEach(() => xsbug?.close());

	test("log-in, a breakpoint, locals, step, go", async () => {
		xsbug = await Debugger.listen();
		const device = boot(await flash(debugged.program), { xsbug: xsbug.address });
		await stepThrough(xsbug, device, "sim");
		await device.stop();
	});

	test("a device runs on without a debugger when none listens, and says so", async () => {
		xsbug = await Debugger.listen();
		const { address } = xsbug;
		xsbug.close();
		const device = boot(await flash(debugged.program), { xsbug: address });
		await device.line("stepped 2");
		expect(device.messages.join()).toContain("no debugger there");
		await device.stop();
	});

	test("a debugger that leaves lets the device go on", async () => {
		xsbug = await Debugger.listen();
		const device = boot(await flash(debugged.program), { xsbug: xsbug.address });
		await xsbug.read(/<login [^>]*>/);
		xsbug.close();
		await device.line("stepped 2");
		await device.stop();
	});

	test("stop at once between two events", async () => {
		xsbug = await Debugger.listen();
		const device = boot(await flash(debugged.program), { xsbug: xsbug.address });
		await xsbug.read(/<login [^>]*>/);
		xsbug.send("<go/>");
		await device.line("stepped 2");
		await stopAtOnce(xsbug);
		await device.stop();
	});
});
