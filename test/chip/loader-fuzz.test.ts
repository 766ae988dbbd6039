// Anything into the boot loader's protocol, by the C program beside this file, under the sanitizers.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ROOT } from "../../tools/build/places";
import { folder } from "./loader-world";

const run = promisify(execFile);
const all = process.env["LINKXS_ALL"] === "1";

test("nothing that comes over the line leads the loader astray", { timeout: 600_000 }, async () => {
	const seed = process.env["LINKXS_SEED"] ?? String(Date.now());
	const binary = join(folder(), "loader-fuzz");
	const loader = ["burn", "frames", "table", "slots", "md5"].map((name) => `hal/chip/loader/${name}.c`);
	const shared = ["boot", "boot-record", "digest", "image-header", "partitions"].map((name) => `hal/xs/${name}.c`);
	await run(
		"gcc",
		[
			...["-g", "-O1", "-Wall", "-Wextra", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
			...["-Ihal/xs", "-Ihal/chip", "-o", binary, "test/chip/loader-fuzz.c", ...loader, ...shared],
		],
		{ cwd: ROOT },
	);
	const { stdout } = await run(binary, [seed, all ? "100000" : "3000"]).catch((error: Error & { stdout: string }) => {
		throw new Error(`LINKXS_SEED=${seed}: ${error.stdout}${error.message}`);
	});
	const [, answers, writes] = /^answers (\d+) writes (\d+)\n$/.exec(stdout) ?? [];
	// Else the mutations would test nothing.
	expect(Number(answers)).toBeGreaterThan(3000);
	expect(Number(writes)).toBeGreaterThan(100);
});
