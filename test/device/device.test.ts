// Every test that runs on XS, told one by one. The files run when vitest collects tests: only then are their names known.
//
//   LINKXS_VARIANT=asan   which build of the simulator (debug, release, m32, asan)
//   LINKXS_DEVICE=hal/tcp only files whose path has this in it
import { describe, test } from "vitest";
import { Compiler } from "../../tools/build/compiler";
import { buildCompiler, buildSimulator, type SimulatorVariant } from "../../tools/build/native";
import { findDeviceTests, runDeviceTest } from "../lib/device-tests";
import type { TestResult } from "../lib/expect";

const VARIANTS: readonly string[] = ["debug", "release", "m32", "asan"] satisfies SimulatorVariant[];
const variant = (process.env.LINKXS_VARIANT ?? "debug") as SimulatorVariant;
if (!VARIANTS.includes(variant)) throw new Error(`LINKXS_VARIANT is one of ${VARIANTS.join(", ")}`);

const files = findDeviceTests().filter((path) => path.includes(process.env.LINKXS_DEVICE ?? ""));
const results = await runAll(files);

for (const path of files)
	describe(path, () => {
		for (const { name, state, message, stack } of results.get(path) ?? [])
			test.skipIf(state === "skipped")(name, () => {
				if (state !== "failed") return;
				const error = new Error(message);
				error.stack = `${message}\n${stack ?? ""}`;
				throw error;
			});
		// A file that reports nothing has not been run.
		if (!results.get(path)?.length)
			test("(the file)", () => {
				throw new Error("no test was reported");
			});
	});

async function runAll(paths: readonly string[]): Promise<Map<string, TestResult[]>> {
	const all = new Map<string, TestResult[]>();
	if (!paths.length) return all;
	const compiler = new Compiler(await buildCompiler());
	await buildSimulator(variant);
	const queue = [...paths];
	const work = async () => {
		for (let path = queue.shift(); path !== undefined; path = queue.shift())
			all.set(path, await runDeviceTest(path, variant, compiler));
	};
	try {
		await Promise.all([work(), work()]);
	} finally {
		compiler.close();
	}
	return all;
}
