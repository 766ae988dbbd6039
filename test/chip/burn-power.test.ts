// The power is cut at every flash operation of a burn: the loader starts again, says what is what, and takes the image.
// LINKXS_ALL=1 cuts at all of them in all three ways, else at a sample.
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Emulator } from "../../tools/chip/emulator";
import { boardRow } from "../../tools/lib/board-row";
import { readBoardFlash } from "../../tools/lib/flash-image";
import { LoaderError } from "../../tools/lib/loader/error";
import { partitionTable } from "../../tools/lib/partitions";
import { BOARD, chip, client, decision, folder, newFlash, said, tinyImage, useLoader } from "./loader-world";

useLoader();

const all = process.env["LINKXS_ALL"] === "1";
const modes = ["before", "torn", "after"] as const;

const next = () => tinyImage({ version: "2.0" });
/** 3 erases, 38 pages that aren't blank, the header, then record and commit behind an erase. */
const OPERATIONS = 45;

interface Scenario {
	readonly name: string;
	/** Version of the image that is there before, in ota_0. */
	readonly former: string | undefined;
	readonly slot: number | undefined;
}

const scenarios: readonly Scenario[] = [
	{ name: "first image", former: undefined, slot: undefined },
	{ name: "second slot", former: "1.0", slot: undefined },
	{ name: "over the one that runs", former: "1.0", slot: 0 },
];

const table: string[] = [];
afterAll(() => console.log(`# burn, power cut: scenario, cuts tried, lost\n${table.join("\n")}`));

/** Which version starts; undefined: none does, the loader waits. */
async function starts(device: Emulator): Promise<string | undefined> {
	const line = await device.line(/tiny program|no slot has a valid image/, 20_000);
	if (!line.startsWith("tiny")) return undefined;
	return /: starting \S+ (\S+)/.exec(said(device).findLast((it) => it.includes(": starting ")) ?? "")?.[1];
}

/** Burns until the power goes; whether it was cut at all. */
async function cutBurn(flash: string, cutPowerAt: string, slot: number | undefined): Promise<boolean> {
	const device = chip(flash, { cutPowerAt, straps: ["wait=60000"], noReboot: true });
	const host = await client(device);
	const burned = host.burn(next(), slot).then(
		() => "done",
		(error: unknown) => {
			if (error instanceof LoaderError && error.code === "closed") return "cut";
			throw error;
		},
	);
	const how = await burned;
	await device.stop();
	return how === "cut";
}

async function survives({ former, slot }: Scenario, cut: string): Promise<string> {
	const flash = newFlash(former === undefined ? undefined : tinyImage({ version: former, seed: 5 }));
	if (!(await cutBurn(flash, cut, slot))) return `${cut}: nothing was cut`;
	const after = chip(flash);
	const version = await starts(after);
	await after.stop();
	const allowed = slot === 0 ? [undefined, "1.0", "2.0"] : [former, "2.0"];
	if (!allowed.includes(version)) return `${cut}: ${version ?? "nothing"} starts`;
	const again = chip(flash, { straps: ["wait=60000"] });
	const host = await client(again);
	await host.burn(next(), slot);
	await host.boot();
	const last = await starts(again);
	await again.stop();
	const state = decision(flash)?.state;
	rmSync(dirname(flash), { recursive: true });
	if (last !== "2.0" || state !== "confirmed") return `${cut}: burned again, ${last} starts`;
	return "";
}

/** In each way at the ends and in between; which ones is the day's. */
function sample(): string[] {
	const operations = Array.from({ length: OPERATIONS }, (_, index) => index + 1);
	if (all) return modes.flatMap((mode) => operations.map((operation) => `${operation}:${mode}`));
	const seed = Number(process.env["LINKXS_SEED"] ?? Math.floor(Date.now() / 86_400_000));
	const middle = 2 + (seed % (OPERATIONS - 6));
	// The commit is the last: its record before it, its erase before that, then the header.
	return [1, middle, OPERATIONS - 3, OPERATIONS - 1, OPERATIONS].map(
		(operation, index) => `${operation}:${modes[(index + seed) % 3]}`,
	);
}

test.each(scenarios)(
	"$name: after a cut the loader starts, and takes the image again",
	async (scenario) => {
		const cuts = sample();
		const lost = [];
		for (const cut of cuts) {
			const wrong = await survives(scenario, cut).catch((error: Error) => `${cut}: ${error.message}`);
			if (wrong) lost.push(wrong);
		}
		table.push(`${scenario.name}: ${cuts.length} ${lost.length}`);
		expect(lost).toEqual([]);
	},
	3_600_000,
);

test("an empty flash: a cut while its partition table is written, and it takes table and image", async () => {
	const { capacity, size, partitions } = readBoardFlash(BOARD);
	const [row, rows] = [boardRow({ board: BOARD, flashSize: size }), partitionTable(partitions)];
	// Erase, two pages of rows, the board's row, the row of the MD5.
	const operations = [1, 2, 3, 4, 5];
	const cuts = all
		? modes.flatMap((mode) => operations.map((it) => `${it}:${mode}`))
		: ["1:torn", "3:torn", "5:torn", "5:after"];
	for (const cutPowerAt of cuts) {
		const flash = join(folder(), "flash.bin");
		writeFileSync(flash, Buffer.alloc(capacity, 0xff));
		const device = chip(flash, { cutPowerAt, noReboot: true });
		const host = await client(device);
		await expect(host.writeTable(row, rows), cutPowerAt).rejects.toMatchObject({ code: "closed" });
		await device.stop();
		const after = chip(flash);
		const again = await client(after);
		await after.line("waiting for");
		await again.writeTable(row, rows);
		await again.burn(next(), undefined);
		await again.boot();
		await after.line("tiny program in slot 0");
		await after.stop();
		rmSync(dirname(flash), { recursive: true });
	}
	table.push(`partition table: ${cuts.length} 0`);
}, 600_000);

test("the number of operations is what the cuts are counted by", async () => {
	expect(await cutBurn(newFlash(), `${OPERATIONS}:before`, undefined)).toBe(true);
	expect(await cutBurn(newFlash(), `${OPERATIONS + 1}:before`, undefined)).toBe(false);
});
