// Size of the reference firmware: the byte code of each capability, and the image that holds it. What a product doesn't
// include costs none of it, so the figures are also what leaving a capability out saves.
import { buildImage } from "../../../tools/build/build";
import { byCapability } from "../../../tools/build/capability";
import type { Bench, Measurement } from "../measurement";
import { ours } from "../results";

const root = new URL("../../..", import.meta.url).pathname;

export interface CodeSizes {
	readonly total: number;
	readonly image: number;
	/** Bytes of byte code (code and symbols) by capability. */
	readonly capabilities: ReadonlyMap<string, number>;
}

/** Build the reference firmware as it ships (no line numbers) and add up. */
export async function codeSizes(folder: string, variant: string): Promise<CodeSizes> {
	const { modules, size } = await buildImage({
		manifest: `${root}manifest.json`,
		out: `${folder}/reference.image`,
		debug: false,
		check: false,
		variant,
	});
	return { total: modules.reduce((sum, it) => sum + it.bytes, 0), image: size, capabilities: byCapability(modules) };
}

export const code: Measurement = {
	title: "byte code",
	rows: ["code/"],
	async run(bench: Bench) {
		bench.progress("building the reference firmware");
		const { total, image, capabilities } = await codeSizes(bench.folder, "release");
		bench.results.set("code/total", ours, total);
		bench.results.set("code/image", ours, image);
		for (const [capability, bytes] of [...capabilities].sort(([a], [b]) => (a < b ? -1 : 1)))
			bench.results.setCapability(capability, bytes);
	},
};
