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
	const flags = ["-Wall", "-Wextra", "-Werror", "-Wno-clobbered", ...sources, "-o"];
	await run("gcc", ["-O2", ...flags, binary], { cwd: root });
	await run("gcc", ["-O1", "-g", "-fsanitize=address,undefined", ...flags, `${binary}-asan`], { cwd: root });
});

test("damaged flash is survived, under the sanitizers", async () => {
	const rounds = all ? 200_000 : 10_000;
	const { stdout } = await run(`${binary}-asan`, ["rot", String(rounds)]);
	expect(stdout).toBe(`rounds ${rounds}\n`);
}, 600_000);

test.each(all ? [1, 2, 3] : [1])(
	"seed %i: after every cut and every pair of cuts the old or the new value is there",
	async (seed) => {
		const steps = all ? 6 : 2;
		const { stdout } = await run(binary, [String(seed), String(steps)]).catch((error: { stdout: string }) => {
			throw new Error(error.stdout);
		});
		const [, cuts = "0"] = /^cuts (\d+) erases \d+\n$/.exec(stdout) ?? [];
		expect(Number(cuts)).toBeGreaterThan(all ? 100_000 : 20_000);
	},
	600_000,
);
