// The bounds are real: what C touches outside of its code, memory and devices ends in the trap's report and a reset.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildChip, buildCompiler } from "../../tools/build/native";
import { chipFolder, ROOT } from "../../tools/build/places";
import { describeChip } from "../lib/chip";
import { boot, flash, useChip } from "./firmware";

/** The firmware with test/chip/wild.c in it; no product has that. */
const VARIANT = "wild";

const ram = { start: 0x8000_0000, size: 0x5_0000 };
const code = 0x2001_0400;
const nothing = 0x3000_0000;

type Case = readonly [what: string, how: string, at: number, cause: string, reason: "exception" | "stack"];

const forbidden: readonly Case[] = [
	["a store past the RAM's end", "store", ram.start + ram.size, "store access fault", "exception"],
	["a load past the RAM's end", "load", ram.start + ram.size, "load access fault", "exception"],
	["a store into the code", "store", code, "store access fault", "exception"],
	["a store into the code, further on", "store", code + 0x1000, "store access fault", "exception"],
	["a store into the boot loader", "store", 0x2000_0000, "store access fault", "exception"],
	["a store below the stack", "store", ram.start - 4, "store access fault", "stack"],
	["a store to the laboratory's counters", "store", 0x80f0_0000, "store access fault", "exception"],
	["a load from address 0", "load", 0, "load access fault", "exception"],
	["a load from where nothing is", "load", nothing, "load access fault", "exception"],
	["a call of what lies in RAM", "call", ram.start + 0x8000, "instruction access fault", "exception"],
	["a call to where nothing is", "call", nothing, "instruction access fault", "exception"],
	["a call of address 0", "call", 0, "instruction access fault", "exception"],
];

const hex = (address: number) => `0x${address.toString(16).padStart(8, "0")}`;

describeChip("the chip's bounds", () => {
	useChip();
	beforeAll(async () => {
		await buildCompiler();
		await buildChip("sifive-u");
		const out = chipFolder("sifive-u", VARIANT);
		const lock = join(ROOT, "build", "make.lock");
		const made = spawnSync("flock", [lock, "make", "-j2", `OUT=${out}`, `MORE=${join(ROOT, "test/chip/wild.c")}`], {
			cwd: join(ROOT, "hal/chip"),
		});
		expect(made.status, String(made.stderr)).toBe(0);
	}, 600_000);

	async function reportOf(how: string, at: number) {
		const device = boot(await flash("wild", { how, at }, VARIANT));
		const words = JSON.parse((await device.line(/^words /, 30_000)).slice(6)) as {
			reason: string;
			message: string;
			stack: string;
		};
		const trap = await device.event("trap");
		const lines = [...device.lines];
		await device.stop();
		return { words, trap, lines };
	}

	test.each(forbidden)(
		"%s is told by address, instruction and JavaScript stack, and resets",
		{ timeout: 60_000 },
		async (_, how, at, cause, reason) => {
			const { words, trap, lines } = await reportOf(how, at);
			expect(trap).toMatchObject({ cause, address: hex(at) });
			// The instruction lies in the code, but where it was the instruction itself that wasn't there.
			const pc = Number(trap.pc);
			if (how === "call") expect(pc).toBe(at);
			else expect(pc >= code && pc < 0x2020_0000).toBe(true);
			expect(words).toMatchObject({ reason, message: `${cause} at ${hex(at)}, pc ${trap.pc}` });
			expect(words.stack).toMatch(/ at touch\n at default/);
			expect(lines.some((line) => line.startsWith("survived"))).toBe(false);
			expect(lines.some((line) => line.startsWith(`# ${reason}: ${cause}`))).toBe(true);
		},
	);

	test("C that calls itself without end meets the guard below its stack", { timeout: 60_000 }, async () => {
		const { words, trap } = await reportOf("deep", 0);
		expect(trap.cause).toBe("store access fault");
		const below = ram.start - Number(trap.address);
		expect(below).toBeGreaterThan(0);
		expect(below).toBeLessThan(0x1000);
		expect(words.reason).toBe("stack");
		expect(words.stack).toContain("at touch");
	});

	test("what belongs to the device may be touched: RAM's last byte, the code to read", {
		timeout: 60_000,
	}, async () => {
		for (const at of [ram.start + ram.size - 1, ram.start, code]) {
			const device = boot(await flash("wild", { how: "load", at }, VARIANT));
			expect(await device.line(/^survived \d+$/, 30_000)).toBeTruthy();
			await device.stop();
		}
	});
});
