// Sets up all that a command needs, and nothing twice: system packages, npm packages, mbedTLS, the simulator.
// Plain JavaScript without packages, since it is what brings them.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";
import { install, installCommand, installer, missingPackages, SetupError } from "./packages.mjs";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** One line on a terminal that changes; a line a step in a log, not one a file; nothing when `quiet`. Always on stderr. */
export function progress(quiet) {
	const terminal = process.stderr.isTTY;
	let open = false;
	let step = "";
	const say = (text) => {
		if (quiet) return;
		if (terminal) {
			process.stderr.write(`\r\u001b[2Kset-up: ${text.slice(0, (process.stderr.columns ?? 80) - 9)}`);
			open = true;
			return;
		}
		// "simulator (debug): cc xsAll.c", "mbedTLS (64): 3 of 96 files": the step is what stands before the colon.
		const [name] = text.split(":", 1);
		if (name !== step) process.stderr.write(`set-up: ${name}\n`);
		step = name;
	};
	say.end = () => {
		if (open) process.stderr.write("\r\u001b[2K");
		open = false;
	};
	return say;
}

async function systemPackages(purpose, yes, say) {
	const missing = missingPackages(purpose);
	if (missing.length === 0) return;
	say.end();
	const table = missing.map((it) => `  ${it.name.padEnd(18)} ${it.why}`).join("\n");
	const prefix = installer();
	if (!prefix) {
		throw new SetupError(
			`these Debian packages are missing, and this user may not install them:\n${table}\nAs root:  ${installCommand(missing)}`,
		);
	}
	if (!yes) {
		const text = `these Debian packages are missing:\n${table}\n`;
		if (!process.stdin.isTTY)
			throw new SetupError(`${text}Say --yes (or set CI=true) to install them, or run:  ${installCommand(missing)}`);
		const ask = createInterface({ input: process.stdin, output: process.stderr });
		const answer = await ask.question(`${text}Install them with apt-get? [Y/n] `);
		ask.close();
		if (/^n/i.test(answer.trim())) throw new SetupError(`not installed. By hand:  ${installCommand(missing)}`);
	}
	install(missing, prefix, say);
}

function npmPackages(say) {
	const lock = createHash("sha256")
		.update(readFileSync(`${root}/package-lock.json`))
		.digest("hex");
	const stamp = `${root}/node_modules/.linkxs-lock`;
	if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
	say("npm packages");
	const run = spawnSync("npm", ["ci", "--no-progress"], { cwd: root, encoding: "utf8", maxBuffer: 64 << 20 });
	if (run.status !== 0)
		throw new SetupError(`npm ci failed:\n${(run.stderr || run.stdout).trim().split("\n").slice(-15).join("\n")}`);
	writeFileSync(stamp, lock);
}

/**
 * @param {{ purpose: import("./packages.mjs").Purpose, variants?: string[], yes?: boolean, quiet?: boolean }} options
 *   `variants` are the simulator's builds that the caller is going to use.
 * @throws {SetupError} with what to do
 */
export async function setUp({ purpose, variants = ["debug"], yes = false, quiet = false }) {
	if (Number(process.versions.node.split(".")[0]) < 20)
		throw new SetupError(`Node.js 20 or later is needed; this is ${process.version}`);
	const say = progress(quiet);
	try {
		mkdirSync(`${root}/build`, { recursive: true });
		await systemPackages(purpose, yes || process.env.CI === "true", say);
		npmPackages(say);
		const { buildMbedTLS } = await import("./mbedtls.mjs");
		const widths = new Set(variants.map((it) => (it === "m32" ? "32" : it === "asan" ? "asan" : "64")));
		for (const width of widths) await buildMbedTLS(width, say);
		const run = spawnSync(process.execPath, ["--import", "tsx", `${root}/tools/setup/native.ts`, ...variants], {
			cwd: root,
			stdio: ["ignore", "pipe", "inherit"], // its progress on stderr, why it failed on stdout
			encoding: "utf8",
			env: { ...process.env, LINKXS_QUIET: quiet ? "1" : "" },
		});
		if (run.status !== 0)
			throw new SetupError(`the simulator did not build:\n${run.stdout.trim().split("\n").slice(-25).join("\n")}`);
	} finally {
		say.end();
	}
}

/** Runs `main`, turning a SetupError into its words and exit code 1. */
export async function withSetup(options, main) {
	try {
		await setUp(options);
	} catch (error) {
		if (!(error instanceof SetupError)) throw error;
		process.stderr.write(`${error.message}\n`);
		process.exit(1);
	}
	main();
}
