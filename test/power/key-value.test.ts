// Every cut of hal/xs/key-value.c's writes, by the C program beside this file. LINKXS_ALL=1 runs long scenarios.
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const root = new URL("../..", import.meta.url).pathname;
const binary = `${root}build/power/key-value`;
const all = process.env.LINKXS_ALL === "1";

beforeAll(async () => {
	mkdirSync(`${root}build/power`, { recursive: true });
	const sources = ["test/power/key-value.c", "hal/xs/key-value.c", "hal/xs/key-value-log.c"];
	await run("gcc", ["-O2", "-Wall", "-Wextra", "-Werror", "-Wno-clobbered", ...sources, "-o", binary], { cwd: root });
});

test.each(all ? [1, 2, 3] : [1])(
	"seed %i: after every cut and every pair of cuts the old or the new value is there",
	async (seed) => {
		const steps = all ? 24 : 2;
		const { stdout } = await run(binary, [String(seed), String(steps)]).catch((error: { stdout: string }) => {
			throw new Error(error.stdout);
		});
		const [, cuts = "0"] = /^cuts (\d+) erases \d+\n$/.exec(stdout) ?? [];
		expect(Number(cuts)).toBeGreaterThan(all ? 100_000 : 20_000);
	},
	600_000,
);
