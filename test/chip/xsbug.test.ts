// Moddable's debugger at the chip's second UART.
import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { describeChip } from "../lib/chip";
import { Debugger, debugged, stepThrough, stopAtOnce } from "../lib/xsbug";
import { BOARD, boot, flash, useChip } from "./firmware";

describeChip("xsbug at the second UART", () => {
	useChip("debug");
	let xsbug: Debugger | undefined;
	afterEach(() => xsbug?.close());

	test("from the start: log-in, a breakpoint, locals, step, go; and again after a reset", {
		timeout: 120_000,
	}, async () => {
		xsbug = await Debugger.listen();
		const device = boot(await flash(debugged.program, {}, "debug"), { xsbug: xsbug.address });
		await stepThrough(xsbug, device, BOARD);
		// What it has marked in code and ROM is the loader's to write again.
		await device.reset();
		await xsbug.read(/<login [^>]*>/);
		xsbug.send("<go/>");
		await device.event("boot", ({ run }) => run === 2, 30_000);
		await stopAtOnce(xsbug);
		await device.stop();
	});

	test("called by the first byte of the host, and gone with its log-out", { timeout: 120_000 }, async () => {
		const device = boot(await flash(debugged.program, {}, "debug"), { serial: "tcp:0" });
		await device.line("stepped 2", 30_000);
		const { port = 0 } = await device.event("serial");
		const socket = connect(port, "127.0.0.1");
		xsbug = Debugger.over(socket);
		socket.write("<login/>");
		await xsbug.read(/<login name="chip-c3" value="XS"\/>/);
		xsbug.send("<go/>");
		await stopAtOnce(xsbug);
		await xsbug.read(/<break path="[^"]*debugged\.ts" line="5">/);
		xsbug.send("<logout/>");
		const [last = ""] = device.lines.filter((line) => line.startsWith("stepped")).slice(-1);
		await device.line(`stepped ${Number(last.slice(8)) + 3}`, 30_000);
		expect(device.events.some(({ event }) => event === "reset")).toBe(false);
		await device.stop();
	});

	test("a device whose debugger says nothing runs on, and says so", { timeout: 120_000 }, async () => {
		const device = boot(await flash(debugged.program, {}, "debug"), { serial: "tcp:0", straps: ["wait=0", "xsbug"] });
		await device.line("# no debugger at the second UART", 30_000);
		await device.line("stepped 2", 30_000);
		await device.stop();
	});
});
