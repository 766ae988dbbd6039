// Sets up all that a command needs, and nothing twice: system packages, npm packages, C libraries, simulator and chips.
// Plain JavaScript without packages, since it is what brings them.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { getPackages, tolerate } from "./get-packages.mjs";
import { purposes, SetupError } from "./packages.mjs";

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

/** The chips' machines: their group of packages, mbedTLS's build. */
const machines = {
	"sifive-u": { group: "chip", width: "rv32" },
	"mps2-an386": { group: "mps2", width: "m4" },
};

/** The C libraries of the simulator's `variants` and of the chips' machines; what is only wanted may lack them. */
async function libraries(variants, chips, wants, lacking, say) {
	const { buildMbedTLS } = await import("./mbedtls.mjs");
	const { getLwip } = await import("./lwip.mjs");
	const widths = new Set(variants.map((it) => (it === "m32" ? "32" : it === "asan" ? "asan" : "64")));
	for (const name of new Set(chips.map((it) => it.split(":")[0]))) {
		const { group, width } = machines[name];
		if (lacking[group]) continue;
		if (wants.includes(group)) tolerate(lacking, group, () => getLwip(say));
		else getLwip(say);
		if (!lacking[group]) widths.add(width);
	}
	for (const width of widths) await buildMbedTLS(width, say);
}

/** Says what goes without which group, and tells it the programs that are started from here (test/lib/chip.ts). */
function tell(lacking) {
	for (const [group, why] of Object.entries(lacking)) {
		process.env[`LINKXS_${group.toUpperCase()}`] = `unavailable:${why}`;
		process.stderr.write(`set-up: without the ${group}'s emulator, whose tests are skipped: ${why}\n`);
	}
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
 * @param {{ purpose: keyof typeof purposes, variants?: string[], chips?: string[], yes?: boolean, quiet?: boolean }} options
 *   `variants` are the simulator's builds that the caller is going to use, `chips` the firmwares (`sifive-u:release`).
 * @throws {SetupError} with what to do
 */
export async function setUp({ purpose, variants = ["debug"], chips = [], yes = false, quiet = false }) {
	if (Number(process.versions.node.split(".")[0]) < 20)
		throw new SetupError(`Node.js 20 or later is needed; this is ${process.version}`);
	const say = progress(quiet);
	try {
		mkdirSync(`${root}/build`, { recursive: true });
		const lacking = await getPackages(purposes[purpose], yes || process.env.CI === "true", say);
		npmPackages(say);
		await libraries(variants, chips, purposes[purpose].wants, lacking, say);
		say.end();
		tell(lacking);
		const firmwares = chips.filter((it) => !lacking[machines[it.split(":")[0]].group]);
		const run = spawnSync(
			process.execPath,
			["--import", "tsx", `${root}/tools/setup/native.ts`, ...variants, ...firmwares],
			{
				cwd: root,
				stdio: ["ignore", "pipe", "inherit"], // its progress on stderr, why it failed on stdout
				encoding: "utf8",
				env: { ...process.env, LINKXS_QUIET: quiet ? "1" : "" },
			},
		);
		if (run.status !== 0)
			throw new SetupError(`the native code did not build:\n${run.stdout.trim().split("\n").slice(-25).join("\n")}`);
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
