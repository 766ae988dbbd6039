// Every cut of what changes the boot record (hal/xs/boot.c), by the C program beside this file. LINKXS_ALL=1 cuts at every word.
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const root = new URL("../..", import.meta.url).pathname;
const binary = `${root}build/power/boot`;
const all = process.env.LINKXS_ALL === "1";

beforeAll(async () => {
	mkdirSync(`${root}build/power`, { recursive: true });
	const sources = ["boot", "boot-record", "partitions", "digest"].map((name) => `hal/xs/${name}.c`);
	const flags = ["-Wall", "-Wextra", "-Werror", "-Wno-clobbered", "-fsanitize=address,undefined", "-g", "-O1"];
	await run("gcc", [...flags, "test/power/boot.c", ...sources, "-o", binary], { cwd: root });
});

test.each(all ? [256, 16, 4] : [256])(
	"cut at every flash operation of %i bytes: the former or the new decision holds, and a valid image starts",
	async (unit) => {
		const { stdout } = await run(binary, [String(unit), all ? "40" : "6"]).catch((error: { stdout: string }) => {
			throw new Error(error.stdout);
		});
		console.log(`# boot record, operations of ${unit} bytes: scenario, cuts tried, lost\n${stdout}`);
		const rows = stdout
			.trim()
			.split("\n")
			.map((line) => line.split(" "));
		expect(rows.length).toBe(16);
		for (const [name, tried, lost] of rows) {
			expect(Number(tried), name).toBeGreaterThan(20);
			expect(lost, name).toBe("0");
		}
	},
	600_000,
);
