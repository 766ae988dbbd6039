// Every cut of the vault's writes in every mode, and every pair of cuts on the short scenarios. A failure prints seed
// and cuts. LINKXS_ALL=1 tries at least 100,000; otherwise a sample.
import { Key } from "hal/crypto";
import { afterAll, describe, expect, test } from "vitest";
import { type Cut, cutModes, generator } from "../lib/flash-simulator";
import { attempt, count, noise, prepare, type Scenario, type Step } from "./vault-scenarios";

const all = process.env.LINKXS_ALL === "1";

const identity: Step = {
	"identity/productKey": "a1b2c3d4e5f",
	"identity/deviceName": "device-1",
	"identity/deviceSecret": Key.from(noise(32, 1)),
};
const settings: Step = {
	"link/region": "cn-shanghai",
	"network/1/ssid": "net",
	"network/1/key": Key.from(noise(12, 2)),
};
const scenarios: readonly Scenario[] = [
	{ name: "format of an erased partition", before: [], steps: [{ "a/1": "one" }], blocks: 3, isShort: true },
	{ name: "first write", before: [{}], steps: [identity], isShort: true },
	{ name: "overwrite", before: [identity, settings], steps: [{ "link/region": "ap-southeast-1" }], isShort: true },
	{
		name: "overwrite a secret",
		before: [identity],
		steps: [{ "identity/deviceSecret": Key.from(noise(32, 3)) }],
		isShort: true,
	},
	{
		name: "several keys",
		before: [identity, settings],
		steps: [
			{
				"identity/productKey": "other",
				"identity/deviceName": "device-2",
				"identity/deviceSecret": Key.from(noise(32, 4)),
				"link/region": undefined,
			},
		],
		isShort: true,
	},
	{
		name: "delete",
		before: [identity, settings],
		steps: [{ "network/1/key": undefined }, { "network/1/ssid": undefined }],
		isShort: true,
	},
	{
		name: "large values",
		before: [identity],
		steps: [{ "identity/certificate": noise(4096, 5), "identity/privateKey": Key.from(noise(1700, 6)) }],
		blocks: 8,
	},
	{
		name: "large values replaced",
		before: [{ "identity/certificate": noise(3000, 7) }, identity],
		steps: [{ "identity/certificate": noise(4096, 8) }],
		blocks: 6,
	},
	{
		name: "compaction",
		before: [identity, settings],
		steps: [{ "update/state": noise(300, 9) }, { "a/2": "two" }],
		compacts: true,
		isShort: true,
	},
	{
		name: "compaction in two blocks",
		before: [identity],
		steps: [{ "a/n": noise(600, 9) }],
		blocks: 2,
		compacts: true,
		isShort: true,
	},
	{
		name: "compaction with removals",
		before: [identity, settings, { "a/n": noise(1300, 1) }],
		steps: [{ "link/region": undefined, "a/n": noise(1500, 3) }, { "a/n": undefined }],
		compacts: true,
		unit: 16,
		isShort: true,
	},
	{
		name: "many compactions",
		before: [identity],
		steps: Array.from({ length: 12 }, (_, i) => ({ "a/n": noise(800, i), "a/k": Key.from(noise(40, i)) })),
		blocks: 3,
	},
	{
		name: "format",
		before: [identity, settings, { "a/n": noise(3000, 1) }],
		steps: ["format", identity],
		isShort: true,
	},
	{ name: "units of 16", before: [identity], steps: [settings, { "link/region": undefined }], unit: 16, isShort: true },
	{
		name: "rows of a table",
		before: [{ one: "1", two: "2", three: "3", four: Key.from(noise(32, 4)) }],
		steps: [{ one: "uno", two: undefined, four: Key.from(noise(30, 5)) }, { five: "5" }],
		isTable: true,
		isShort: true,
	},
	{
		name: "a table's compaction",
		before: [{ one: "1", two: "2", three: noise(700, 1), four: Key.from(noise(32, 4)) }],
		steps: [{ one: "uno", two: undefined, four: Key.from(noise(30, 5)) }, { five: "5" }],
		isTable: true,
		compacts: true,
	},
	{ name: "units of 8", before: [identity], steps: [settings, { "link/root": noise(2000, 3) }], unit: 8 },
];

const table: { scenario: string; "cut points": number; tried: number; lost: number }[] = [];

describe.each(scenarios.map((scenario) => [scenario.name, scenario] as const))("%s", (_name, scenario) => {
	test("every cut leaves the old or the new", () => {
		// Pairs of cuts grow with the square of a scenario's length: the shorter it is the more often they're tried.
		const seeds = all ? 5 : 1;
		const seedsOfPairs = all ? (scenario.compacts ? 1 : 6) : 1;
		let tried = 0;
		let lost = 0;
		let points = 0;
		const failures: string[] = [];
		const one = (flash: ReturnType<typeof prepare>, cuts: readonly Cut[], seed: number): number => {
			tried += 1;
			try {
				return attempt(scenario, flash, cuts, seed);
			} catch (error) {
				lost += 1;
				failures.push((error as Error).message);
				return 0;
			}
		};
		for (let seed = 1; seed <= (scenario.isShort ? Math.max(seeds, seedsOfPairs) : seeds); seed += 1) {
			const flash = prepare(scenario, seed);
			points = count(scenario, seed);
			for (let at = 1; at <= points; at += 1) {
				for (const mode of cutModes) {
					// Of a long scenario a third is enough, unless all are asked for.
					if (!all && points > 40 && (at + mode.length) % 3) continue;
					const recovery = one(flash, [{ at, mode }], seed * 1000 + at);
					if (!scenario.isShort || seed > seedsOfPairs) continue;
					// A second cut in the recovery; not all modes of all, when it's to be quick.
					const random = generator(seed * 7919 + at);
					for (let second = 1; second <= recovery; second += 1)
						for (const again of cutModes)
							if (all ? !scenario.compacts || random() < 0.6 : random() < 0.015)
								one(
									flash,
									[
										{ at, mode },
										{ at: second, mode: again },
									],
									seed * 1000 + at + second,
								);
				}
			}
		}
		table.push({ scenario: scenario.name, "cut points": points, tried, lost });
		expect(failures.slice(0, 5)).toEqual([]);
	}, 3_600_000);
});

afterAll(() => {
	const tried = table.reduce((sum, row) => sum + row.tried, 0);
	const width = Math.max(...table.map(({ scenario }) => scenario.length));
	const lines = table.map(
		({ scenario, "cut points": points, tried, lost }) =>
			`${scenario.padEnd(width)} ${String(points).padStart(10)} ${String(tried).padStart(8)} ${String(lost).padStart(5)}`,
	);
	process.stdout.write(
		`\n${"scenario".padEnd(width)} ${"cut points".padStart(10)} ${"tried".padStart(8)} ${"lost".padStart(5)}\n${lines.join("\n")}\n${"in all".padEnd(width)} ${"".padStart(10)} ${String(tried).padStart(8)}\n`,
	);
	if (all && table.length === scenarios.length) expect(tried).toBeGreaterThan(100_000);
});
