// The vault on the simulator's real flash file, with the power cut at its flash operations: afterwards the device finds the
// records of before the write, or of after it. Every operation with LINKXS_ALL, else a sample. (test/power has the vault
// over flash in memory, where every kind of half-done write is tried.)
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Simulator } from "../../tools/simulator/simulator";
import { boot, flash, folder, useSimulator } from "./firmware";

useSimulator();

const all = process.env["LINKXS_ALL"] === "1";
const steps = all ? 40 : 18;
const modes = ["before", "torn", "after"] as const;

/** The records' state after each step, by the lines of a run. */
function statesOf(lines: readonly string[]): { before: string; after: string[] } {
	const [, before = ""] = /^found (\w+)$/.exec(lines[0] ?? "") ?? [];
	const after = lines.flatMap((line) => /^end \d+ (\w+)$/.exec(line)?.[1] ?? []);
	return { before, after };
}

async function untilDone(device: Simulator): Promise<void> {
	expect(await device.line(/^done /)).toMatch(/^done another cloud \d+$/);
	expect((await device.stop()).code).toBe(0);
}

interface Whole {
	readonly flash: string;
	/** Before the first step, and after each. */
	readonly states: readonly string[];
	readonly operations: number;
}

async function wholeRun(): Promise<Whole> {
	const path = await flash("vault-cuts", { steps });
	const copy = join(folder(), "flash.bin");
	copyFileSync(path, copy);
	const device = boot(copy);
	await untilDone(device);
	const { before, after } = statesOf(device.lines);
	const { flashOperations } = await device.event("exit");
	expect(after).toHaveLength(steps + 1);
	return { flash: path, states: [before, ...after], operations: flashOperations };
}

/** Cuts at an operation, and again at the `again`-th one of the recovery; answers how many cuts there were. */
async function cutAt(whole: Whole, at: number, mode: string, again: number): Promise<number> {
	const path = join(folder(), "flash.bin");
	copyFileSync(whole.flash, path);
	const first = boot(path, { cutPowerAt: `${at}:${mode}` });
	expect((await first.ended).code, `cut at ${at}:${mode}`).toBe(4);
	const { after } = statesOf(first.lines);
	let cuts = 1;
	if (again > 0) {
		const second = boot(path, { cutPowerAt: `${again}:${mode}`, clockUnset: true });
		const found = second.line(/^found /).then(() => second.stop());
		if ((await Promise.race([second.ended, found.catch(() => second.ended)])).code === 4) cuts++;
	}
	const device = boot(path);
	const found = (await device.line(/^found /)).slice(6);
	const allowed = [whole.states[after.length], whole.states[after.length + 1]];
	expect(allowed, `cut at ${at}:${mode}, again at ${again}`).toContain(found);
	await untilDone(device);
	rmSync(path);
	return cuts;
}

test(
	"after a cut at any flash operation the old or the new records are there, also when the recovery is cut",
	async () => {
		const whole = await wholeRun();
		expect(whole.operations).toBeGreaterThan(100);
		const stride = all ? 1 : Math.ceil(whole.operations / 16);
		const cases: [at: number, mode: string, again: number][] = [];
		// A stride that meets every kind of operation in every mode: the format at the beginning is always there.
		for (let at = 1; at <= whole.operations; at += at < 8 ? 1 : stride)
			for (const [i, mode] of modes.entries())
				if (all || at < 4 || (at + i) % 3 === 0) cases.push([at, mode, (at + i) % 4]);
		let [cuts, next] = [0, 0];
		const work = async () => {
			for (let mine = cases[next++]; mine; mine = cases[next++]) {
				const done = await cutAt(whole, ...mine);
				cuts += done;
			}
		};
		await Promise.all([work(), work(), work()]);
		process.stdout.write(`vault on the simulator: ${whole.operations} operations, ${cuts} cuts, 0 lost\n`);
		expect(cuts).toBeGreaterThanOrEqual(cases.length);
	},
	all ? 1_800_000 : 120_000,
);
