// Runs device tests and tells vitest of each by its name. They run when vitest collects tests: only then are their names
// known.
import { describe, test } from "vitest";
import { Compiler } from "../../tools/build/compiler";
import { buildCompiler } from "../../tools/build/native";
import { type DeviceVariant, deviceTarget } from "./device-target";
import { runDeviceTest } from "./device-tests";
import type { TestResult } from "./expect";

/** How many devices run at once. */
const AT_ONCE = 2;

/** @param paths as `findDeviceTests` gives them. */
export async function tellDeviceTests(paths: readonly string[], variant: DeviceVariant): Promise<void> {
	const results = await runAll(paths, variant);
	for (const path of paths)
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
}

async function runAll(paths: readonly string[], variant: DeviceVariant): Promise<Map<string, TestResult[]>> {
	const all = new Map<string, TestResult[]>();
	if (!paths.length) return all;
	const target = deviceTarget(variant);
	const compiler = new Compiler(await buildCompiler());
	await target.make();
	const queue = [...paths];
	const work = async () => {
		for (let path = queue.shift(); path !== undefined; path = queue.shift())
			all.set(path, await runDeviceTest(path, target, compiler));
	};
	try {
		await Promise.all(Array.from({ length: AT_ONCE }, work));
	} finally {
		compiler.close();
	}
	return all;
}
