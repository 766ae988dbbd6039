// All figures of the emulated chip, by the names of their rows.
import { BenchChip } from "./bench-chip";
import { connections } from "./connections";
import { burning, loading } from "./loading";
import { ramTotal } from "./memory";
import { imageSizes, reference } from "./reference";

export type Figures = Readonly<Record<string, number>>;
type Progress = (text: string) => void;

const rows = (prefix: string, figures: Figures): Figures =>
	Object.fromEntries(Object.entries(figures).map(([name, value]) => [prefix + name, value]));

/** Bytes of images: the same each time. */
export async function sizeFigures(folder: string): Promise<Figures> {
	return rows("chip/", await imageSizes(folder));
}

/** Instructions of connections and messages. */
export async function connectionFigures(folder: string, progress: Progress): Promise<Figures> {
	const chip = await BenchChip.build(folder);
	return rows("chip/instructions/", await connections(chip, progress));
}

/** The reference firmware that runs: RAM, and instructions from reset to JavaScript. */
export async function referenceFigures(folder: string): Promise<Figures> {
	const { start, main, ram } = await reference(folder);
	const { cStack, variables, jsStack, slots, chunks, heap } = ram;
	const parts = { "c-stack": cStack, variables, "js-stack": jsStack, slots, chunks, heap };
	return {
		"chip/instructions/start": start,
		"chip/instructions/start-main": main,
		"chip/ram": ramTotal(ram),
		...rows("chip/ram/", parts),
	};
}

/** What the loader takes, and how fast it's burned. */
export async function loaderFigures(folder: string): Promise<Figures> {
	const chip = await BenchChip.build(folder);
	const { perByte, start } = await loading(chip, folder);
	return {
		"chip/instructions/loader": Math.round(perByte * 10) / 10,
		"chip/start-to-line": start,
		"chip/burn": await burning(chip, folder),
	};
}
