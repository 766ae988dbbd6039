// Called by setup.mjs once the npm packages are there: builds the byte-code compiler, the simulator's variants (`debug`)
// and the chips' firmwares (`sifive-u:release`).
// Progress goes to stderr, the reason of a failure to stdout.
import { BuildError } from "../build/error";
import {
	buildChip,
	buildCompiler,
	buildSimulator,
	type ChipMachine,
	type ChipVariant,
	type SimulatorVariant,
} from "../build/native";
import { progress } from "./setup.mjs";

const say = progress(process.env.LINKXS_QUIET === "1");
try {
	await buildCompiler((text: string) => say(`byte-code compiler: ${text}`));
	for (const build of process.argv.slice(2)) {
		const [machine, variant] = build.split(":");
		if (variant) {
			const progress = (text: string) => say(`firmware (${machine}, ${variant}): ${text}`);
			await buildChip(machine as ChipMachine, variant as ChipVariant, progress);
		} else await buildSimulator(build as SimulatorVariant, (text: string) => say(`simulator (${build}): ${text}`));
	}
} catch (error) {
	say.end();
	const detail = error instanceof BuildError && error.detail ? `${error.detail}\n` : "";
	process.stdout.write(`${detail}${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
} finally {
	say.end();
}
