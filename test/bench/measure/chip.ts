// What the emulated chip takes: image, RAM, instructions, beside the spike's figures.
import { chipMissing } from "../../lib/chip";
import { connectionFigures, type Figures, loaderFigures, referenceFigures, sizeFigures } from "../chip/measure";
import { spike, spikeName } from "../chip/rows";
import type { Bench, Measurement } from "../measurement";
import { ours } from "../results";

export const chip: Measurement = {
	title: "the emulated chip",
	rows: ["chip/"],
	async run({ folder, results, progress }: Bench) {
		const missing = chipMissing();
		if (missing !== undefined) {
			results.notes.push(`chip/: not measured: ${missing}`);
			return;
		}
		const take = (figures: Figures) => {
			for (const [name, value] of Object.entries(figures)) results.set(name, ours, value);
		};
		for (const [name, value] of Object.entries(spike)) results.set(name, spikeName, value);
		progress("the reference firmware");
		take(await sizeFigures(folder));
		take(await referenceFigures(folder));
		take(await connectionFigures(folder, progress));
		progress("the boot loader");
		take(await loaderFigures(folder));
	},
};
