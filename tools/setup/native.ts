// Called by setup.mjs once the npm packages are there: builds the byte-code compiler and the simulator's variants.
// Progress goes to stderr, the reason of a failure to stdout.
import { BuildError } from "../build/error";
import { buildCompiler, buildSimulator, type SimulatorVariant } from "../build/native";
import { progress } from "./setup.mjs";

const say = progress(process.env.LINKXS_QUIET === "1");
try {
	await buildCompiler((text: string) => say(`byte-code compiler: ${text}`));
	for (const variant of process.argv.slice(2) as SimulatorVariant[]) {
		await buildSimulator(variant, (text: string) => say(`simulator (${variant}): ${text}`));
	}
} catch (error) {
	say.end();
	const detail = error instanceof BuildError && error.detail ? `${error.detail}\n` : "";
	process.stdout.write(`${detail}${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
} finally {
	say.end();
}
