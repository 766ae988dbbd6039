// RAM of the reference firmware (main.ts with link, log and all), connected by TLS to the local cloud, after its first
// report: what a product begins with.
import { mkdirSync } from "node:fs";
import { buildImage } from "../../../tools/build/build";
import { type Cloud, createCloud } from "../../../tools/cloud/cloud";
import { Simulator } from "../../../tools/simulator/simulator";
import { burnedFlash } from "../burned-flash";
import type { Bench, Measurement } from "../measurement";
import { ours } from "../results";

const root = new URL("../../..", import.meta.url).pathname;

async function flashFor(cloud: Cloud, folder: string): Promise<string> {
	const { image } = await buildImage({
		manifest: `${root}manifest.json`,
		main: "reference",
		modules: { reference: `${root}test/bench/device/reference.ts` },
		out: `${folder}/reference-m32.image`,
		debug: false,
		check: false,
		variant: "m32",
	});
	return burnedFlash(cloud, { board: "sim", path: `${folder}/reference.flash`, image, product: "linkxs-bench" });
}

export const reference: Measurement = {
	title: "RAM of the reference firmware",
	rows: ["ram/reference"],
	async run(bench: Bench) {
		if (!bench.small) return;
		bench.progress("a local cloud");
		const state = `${bench.folder}/cloud`;
		mkdirSync(state, { recursive: true });
		const cloud = await createCloud({ state });
		try {
			const flash = await flashFor(cloud, bench.folder);
			bench.progress("waiting for its first report");
			const device = new Simulator({ flash, board: "sim", variant: "m32", instrument: true, resets: 0 });
			try {
				await device.line("report 1 acknowledged", 30_000);
				const line = await device.line("bench:memory", 30_000);
				const { slots, chunks, stack } = JSON.parse(line.slice(line.indexOf("{")));
				await device.stop();
				const { native, xs } = await device.event("memory", ({ when }) => when === "end");
				bench.results.set("ram/reference", ours, slots + chunks + stack + native + xs);
			} finally {
				await device.stop();
			}
		} finally {
			await cloud.close();
		}
	},
};
