// The reference firmware on the chip, connected by TLS to the local cloud: its image, its start, its RAM.
import { mkdirSync, statSync } from "node:fs";
import type { ChipReport } from "../../../tools/build/chip/report";
import { loaderPath } from "../../../tools/build/places";
import { type Cloud, createCloud } from "../../../tools/cloud/cloud";
import { burnedFlash } from "../burned-flash";
import { BenchChip, HOST_OF_CHIP } from "./bench-chip";
import { type RamInUse, ramInUse } from "./memory";

const root = new URL("../../..", import.meta.url).pathname;

/** The parts of the image as the rows have them. */
function parts({ flash }: ChipReport): Record<string, number> {
	const owners: readonly (readonly [RegExp, string])[] = [
		[/^engine/, "engine"],
		[/^C libraries/, "c"],
		[/^TLS/, "tls"],
		[/^TCP/, "tcp-ip"],
		[/^our C/, "own"],
		[/^byte code/, "byte-code"],
		[/^ROM image/, "objects"],
	];
	const sums: Record<string, number> = {};
	for (const { owner, bytes } of flash.rows) {
		const [, name = "rest"] = owners.find(([it]) => it.test(owner)) ?? [];
		sums[name] = (sums[name] ?? 0) + bytes;
	}
	return sums;
}

/** Bytes of the reference firmware's image, as it ships, and of the boot loader: by the ends of the rows' names. */
export async function imageSizes(folder: string): Promise<Record<string, number>> {
	const { built } = await BenchChip.build(folder, { manifest: `${root}manifest.json` });
	if (!built.report) throw new Error("the build made no report");
	const byOwner = Object.entries(parts(built.report)).map(([name, bytes]) => [`image/${name}`, bytes]);
	return { image: built.size, ...Object.fromEntries(byOwner), loader: statSync(loaderPath("sifive-u")).size };
}

const burned = (cloud: Cloud, folder: string): Promise<string> =>
	burnedFlash(cloud, {
		board: "chip-c3",
		path: `${folder}/reference-chip.flash`,
		product: "linkxs-bench-chip",
		address: HOST_OF_CHIP,
	});

export interface Reference {
	/** Instructions from reset to the machine that is ready for JavaScript. */
	readonly start: number;
	/** To the main module's first statement: all that it imports is linked, and network and console are on. */
	readonly main: number;
	readonly ram: RamInUse;
}

/** Boot it with marks around it, and look at it after its first report. */
export async function reference(folder: string, board = "chip-c3"): Promise<Reference> {
	const state = `${folder}/chip-cloud`;
	mkdirSync(state, { recursive: true });
	const chip = await BenchChip.build(folder, {
		...{ manifest: `${root}manifest.json`, board, main: "marked" },
		modules: {
			marked: `${root}test/bench/chip/device/reference.ts`,
			first: `${root}test/bench/chip/device/first.ts`,
			reference: `${root}test/bench/device/reference.ts`,
		},
	});
	const { report } = chip.built;
	if (!report) throw new Error("the build made no report");
	const cloud = await createCloud({ state });
	try {
		const flash = await burned(cloud, folder);
		const ram = `${folder}/chip.ram`;
		const { counts, figures } = await chip.look(flash, ram, async (device) => {
			await device.line("report 1 acknowledged", 60_000);
			await device.line("bench:memory", 60_000);
			return ramInUse(ram, chip.elf, report);
		});
		return { start: counts.sinceStart("# boot"), main: counts.sinceStart("bench:js"), ram: figures };
	} finally {
		await cloud.close();
	}
}
