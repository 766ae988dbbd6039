// What a chip's console tells, line by line.
import { expect, test } from "vitest";
import { ChipConsole } from "../../../tools/chip/console";

test("a run from loader to reset", () => {
	let now = 1000;
	const console = new ChipConsole(() => now);
	expect(console.hear("# loader: slot ota_0")).toEqual({ event: "loader", text: "slot ota_0" });
	expect(console.hear("# boot chip-c3 0.1.0: run 1, power-on")).toEqual({
		event: "boot",
		run: 1,
		reason: "power-on",
		board: "chip-c3",
		version: "0.1.0",
	});
	expect(console.hear("info link: online")).toBeUndefined();
	now += 250;
	expect(console.hear("# trap: store fault at 0x80050000, pc 0x20012345")).toEqual({
		event: "trap",
		cause: "store fault",
		address: "0x80050000",
		pc: "0x20012345",
	});
	expect(console.hear("# exception: store fault: at 0x80050000")).toEqual({
		event: "reset",
		run: 1,
		reason: "exception",
		message: "store fault: at 0x80050000",
		uptime: 250,
	});
	expect(console.hear("# power cut")).toEqual({ event: "power" });
});

test("a program's words that only look like the chip's", () => {
	const console = new ChipConsole(() => 0);
	for (const line of ["boot chip-c3 0.1.0: run 1, power-on", "# booting", "# slots 3 (peak 4)", "x # memory: full"])
		expect(console.hear(line)).toBeUndefined();
});
