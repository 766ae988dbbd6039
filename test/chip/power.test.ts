// The power cut at the chip's flash operations (one page's program, one block's erase; NOR, whose bits only fall): before,
// in the middle of and after each. What was acknowledged is there afterwards. Every operation with LINKXS_ALL, else a sample.
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Emulator } from "../../tools/chip/emulator";
import { createFlash } from "../../tools/lib/flash-image";
import { describeChip } from "../lib/chip";
import { toTheImage } from "./direct";
import { BOARD, boot, folder, image, useChip } from "./firmware";

const all = process.env["LINKXS_ALL"] === "1";
const modes = ["before", "torn", "after"] as const;
/** Points of the sample. */
const SAMPLE = 8;

interface Scenario {
	readonly program: "cuts" | "vault-cuts";
	readonly steps: number;
	/** The program's last line, in a run that nothing cuts. */
	readonly last: RegExp;
	/** What the next run may find, by the lines of the run that was cut. */
	allowed(lines: readonly string[], whole: readonly string[]): readonly string[];
}

/** Key-value: each change is there whole or not at all, and what has ended is there. */
const keyValue: Scenario = {
	program: "cuts",
	steps: all ? 60 : 24,
	last: /^last$/,
	allowed(lines) {
		const values = new Map<string, string>();
		let begun: readonly [key: string, value: string] | undefined;
		const change = ([key, value]: readonly [string, string]) =>
			void (value ? values.set(key, value) : values.delete(key));
		const found = () =>
			`found ${[...values]
				.sort(([a], [b]) => (a < b ? -1 : 1))
				.map((it) => it.join("="))
				.join(" ")}`;
		for (const line of lines) {
			const [, key = "", value = ""] = /^begin (\w) (.*)$/.exec(line) ?? [];
			if (key) begun = [key, value];
			else if (line.startsWith("end ") && begun) {
				change(begun);
				begun = undefined;
			}
		}
		const before = found();
		if (!begun) return [before];
		change(begun);
		return [before, found()];
	},
};

/** The vault: the records of before the write, or of after it. */
const vault: Scenario = {
	program: "vault-cuts",
	steps: all ? 40 : 18,
	last: /^done another cloud \d+$/,
	allowed(lines, whole) {
		const states = (from: readonly string[]) => from.flatMap((it) => /^end \d+ (\w+)$/.exec(it)?.[1] ?? []);
		const all = [/^found (\w+)$/.exec(whole.find((it) => it.startsWith("found ")) ?? "")?.[1] ?? "", ...states(whole)];
		const done = states(lines).length;
		return all.slice(done, done + 2).map((state) => `found ${state}`);
	},
};

const text = (lines: readonly string[]) => lines.filter((line) => !line.startsWith("#"));

describeChip("the power cut at the chip's flash operations", () => {
	useChip("release");

	test.each([keyValue, vault])(
		"nothing is lost: $program",
		async (scenario) => {
			const path = join(folder(), "flash.bin");
			createFlash({ board: BOARD, path });
			const straps = ["clock"];
			const start = { ...toTheImage(await image(scenario.program, { steps: scenario.steps })), straps };

			const one = boot(path.replace("flash", "whole"), { ...start, flash: copy(path, "whole") });
			await one.line(scenario.last, 60_000);
			const whole = text(one.lines);
			await one.stop();

			let [points, lost] = [0, 0];
			let isInside = true;
			const stride = all ? 1 : Math.ceil(operationsOf(whole) / SAMPLE);
			for (let at = 1; isInside; at += at < 4 ? 1 : stride)
				for (const [i, mode] of modes.entries()) {
					if (!isInside || !(all || at < 3 || (at + i) % 3 === 0)) continue;
					const flash = copy(path, `cut-${at}-${mode}`);
					const device = boot(flash, { ...start, flash, cutPowerAt: `${at}:${mode}` });
					isInside = await wasCut(device, scenario.last);
					if (isInside) {
						points++;
						await device.event("boot", ({ run }) => run === 2, 60_000);
						const found = await foundIn(device);
						const cut = device.lines.findIndex((line) => line.startsWith("# power cut"));
						const allowed = scenario.allowed(text(device.lines.slice(0, cut)), whole);
						if (!allowed.includes(found)) lost++;
						expect(allowed, `cut at ${at}:${mode}`).toContain(found);
						// Power-on: the record of the reset is gone with the RAM.
						expect(device.events.find((it) => it.event === "boot" && it.run === 2)).toMatchObject({
							reason: "power-on",
						});
					}
					await device.stop();
					rmSync(flash);
				}
			process.stdout.write(`${scenario.program} on the chip: ${points} cut points tried, ${lost} lost\n`);
			expect(points).toBeGreaterThan(SAMPLE);
		},
		all ? 3_600_000 : 240_000,
	);
});

function copy(path: string, name: string): string {
	const to = path.replace("flash.bin", `${name}.bin`);
	copyFileSync(path, to);
	return to;
}

/** About as many as there are writes: only the sample's stride hangs on it. */
function operationsOf(lines: readonly string[]): number {
	return 3 * lines.filter((line) => line.startsWith("begin ")).length;
}

/** Whether the cut came before the program's end. */
async function wasCut(device: Emulator, last: RegExp): Promise<boolean> {
	const done = device.line(last, 60_000).then(() => false);
	const cut = device.event("power", () => true, 60_000).then(() => true);
	done.catch(() => {});
	cut.catch(() => {});
	return Promise.race([done, cut]);
}

/** What the run after the cut finds. */
async function foundIn(device: Emulator): Promise<string> {
	const after = () => {
		const cut = device.lines.findIndex((line) => line.startsWith("# power cut"));
		return device.lines.slice(cut).find((line) => line.startsWith("found "));
	};
	for (const until = Date.now() + 60_000; Date.now() < until; ) {
		const found = after();
		if (found !== undefined) return found;
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
	throw new Error(`nothing found after the cut:\n${device.lines.slice(-20).join("\n")}`);
}
