// `npm test`: sets up and runs every test; `--all` adds the exhaustive runs, and the device's tests under
// AddressSanitizer and in the 32-bit build. All that the run prints is kept in build/transcript and looked through for the
// secrets that tests noted (test/lib/transcript.ts): one more test. Ends with `N passed, N failed`. Other arguments go to
// vitest. Where the chips' packages can't be had, their tests count as skipped (test/lib/chip.ts).
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { root, withSetup } from "./setup/setup.mjs";

const args = process.argv.slice(2);
const take = (flag) => {
	const at = args.indexOf(flag);
	if (at >= 0) args.splice(at, 1);
	return at >= 0;
};
const all = take("--all");
const setupOnly = take("--setup-only");
const yes = take("--yes");

const transcript = `${root}/build/transcript`;
const secrets = `${root}/build/test-secrets`;
const watched = {
	LINKXS_TRANSCRIPT: transcript,
	LINKXS_SECRETS_FILE: secrets,
	NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --import ${root}/test/lib/transcript-hook.mjs`.trim(),
};

/** Whether no secret that a test noted is in what the run printed: counts as a test. */
function scan() {
	process.stdout.write("\n== secrets in the output\n");
	const whole = args.length === 0 ? ["--whole"] : []; // A choice of tests may make none.
	const { status } = spawnSync(process.execPath, ["--import", "tsx", "test/lib/scan-transcript.ts", ...whole], {
		cwd: root,
		stdio: "inherit",
		env: { ...process.env, ...watched, NODE_OPTIONS: process.env.NODE_OPTIONS ?? "" },
	});
	return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
}

/** One run of vitest; its counts come from its own JSON report, so that a crash of the runner is a failure too. */
function run(title, environment, more) {
	process.stdout.write(`\n== ${title}\n`);
	const report = `${root}/build/test-report.json`;
	rmSync(report, { force: true });
	const child = spawnSync(
		process.execPath,
		[
			`${root}/node_modules/vitest/vitest.mjs`,
			"run",
			"--reporter=default",
			"--reporter=json",
			`--outputFile.json=${report}`,
			...more,
		],
		{ cwd: root, stdio: "inherit", env: { ...process.env, ...watched, ...environment } },
	);
	try {
		const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, "utf8"));
		const crashed = child.status !== 0 && numFailedTests === 0 ? 1 : 0;
		return { passed: numPassedTests, failed: numFailedTests + crashed, skipped: numPendingTests };
	} catch (error) {
		process.stderr.write(`vitest left no report: ${error.message}\n`);
		return { passed: 0, failed: 1, skipped: 0 };
	}
}

const variants = ["debug", "release", "m32", ...(all ? ["asan"] : [])];
const chips = ["sifive-u:release", "sifive-u:debug", "mps2-an386:release"];
await withSetup({ purpose: "test", variants, chips, yes }, () => {
	if (setupOnly) return;
	for (const path of [transcript, secrets]) rmSync(path, { recursive: true, force: true });
	// Thresholds are for the whole: a choice of tests can't reach them.
	const coverage = args.length === 0 ? ["--coverage"] : [];
	const environment = all ? { LINKXS_ALL: "1" } : {};
	const runs = [run(all ? "every test, exhaustive" : "every test", environment, [...coverage, ...args])];
	if (all) {
		for (const variant of ["asan", "m32"]) {
			runs.push(
				run(`the device, ${variant}`, { LINKXS_VARIANT: variant }, [
					"test/device",
					"test/simulator",
					"test/peers/tls",
					...args,
				]),
			);
		}
	}
	runs.push(scan());
	const sum = (key) => runs.reduce((total, it) => total + it[key], 0);
	process.stdout.write(`\n${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped\n`);
	process.exit(sum("failed") === 0 && sum("passed") > 0 ? 0 : 1);
});
