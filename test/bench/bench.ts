// `npm run bench`: measures linkxs on XS and its anchors on the same broker in the same minutes, and prints one table
// with the aims beside the figures. Ends with 1 when a measurement failed (named), never for a missed aim.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { Command, Option } from "commander";
import { chipMissing } from "../lib/chip";
import { Broker } from "./broker";
import { makeCertificates } from "./certificate";
import { acceptChip } from "./chip/accepted";
import { spikeName } from "./chip/rows";
import { type Client, mosquitto, mqttJs } from "./client";
import { compile } from "./compile";
import { systemCalls } from "./measure/calls";
import { chip } from "./measure/chip";
import { code } from "./measure/code";
import { instructionCounts } from "./measure/instructions";
import { memory } from "./measure/memory";
import { reference } from "./measure/reference";
import { boot, rates } from "./measure/times";
import { vault } from "./measure/vault";
import { wire } from "./measure/wire";
import { type Bench, type Measurement, quiet } from "./measurement";
import { ours, Results } from "./results";
import { fixedRows } from "./rows";
import { device } from "./simulated-device";
import { acceptSizes, measureSizes, readSizes, sizesFile, toolchain } from "./sizes";
import { table } from "./table";

const root = new URL("../..", import.meta.url).pathname;
const resultsFile = `${root}test/bench/RESULTS.md`;
const made = `${root}build/bench`;

const measurements: readonly Measurement[] = [
	wire,
	memory,
	reference,
	code,
	chip,
	vault,
	boot,
	rates,
	systemCalls,
	instructionCounts,
];

interface Options {
	readonly json?: string;
	readonly only?: string;
	readonly client?: string;
	readonly save?: boolean;
	readonly accept?: boolean;
}

/** One line that changes on a terminal, nothing in a pipe. */
function progress(text: string): void {
	if (!process.stderr.isTTY) return;
	process.stderr.write(`\r\u001b[2K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
}

/** Whether a measurement fills a row whose name has `only` in it. */
function wanted(measurement: Measurement, only: string): boolean {
	const beginnings = measurement.rows;
	const names = fixedRows.map(({ name }) => name).filter((name) => beginnings.some((it) => name.startsWith(it)));
	return names.some((name) => name.includes(only)) || beginnings.some((it) => only.startsWith(it));
}

async function measure(bench: Bench, chosen: readonly Measurement[]): Promise<void> {
	for (const measurement of chosen) {
		try {
			await measurement.run({ ...bench, progress: (text) => progress(`${measurement.title}: ${text}`) });
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			bench.results.failures.push(`${measurement.title}: ${reason}`);
		}
	}
	progress("");
}

/** The committed table of a release: times in it are this machine's, ratios to the anchors are what lasts. */
function savedTable(text: string): string {
	const versions = { ...toolchain(), node: process.versions.node };
	const tools = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
	const [cpu] = cpus();
	const machine = `${cpus().length} × ${cpu?.model.trim() ?? "?"}`;
	const date = new Date().toISOString().slice(0, 10);
	const head = `# Results\n\nBy \`npm run bench -- --save\`, ${date}. ${tools.join(", ")}. ${machine}.\n`;
	return `${head}\n\`\`\`\n${text.trimEnd()}\n\`\`\`\n`;
}

function report(results: Results, anchors: readonly Client[], options: Options): void {
	const names = [...anchors.map(({ name }) => name), spikeName];
	const text = table(results, names);
	process.stdout.write(text);
	if (options.save) writeFileSync(resultsFile, savedTable(text));
	if (options.json) writeFileSync(options.json, `${JSON.stringify(results.json(), null, "\t")}\n`);
	for (const failure of results.failures) process.stderr.write(`failed: ${failure}\n`);
}

/** `--accept`: measure sizes and bytes alone, keep them, and say what has changed. */
async function accept(): Promise<void> {
	progress("measuring sizes");
	const before = existsSync(sizesFile) ? readSizes().bytes : {};
	const bytes = await measureSizes();
	progress("");
	acceptSizes(bytes);
	for (const [row, now] of Object.entries(bytes))
		if (before[row] !== now) process.stdout.write(`${row}: ${before[row] ?? "new"} → ${now} bytes\n`);
	if (chipMissing() === undefined) for (const line of await acceptChip()) process.stdout.write(`${line}\n`);
	process.stdout.write(
		"sizes.json and chip/chip.json of test/bench have these figures now; the commit should say why\n",
	);
}

async function main(options: Options): Promise<number> {
	if (options.accept) {
		await accept();
		return 0;
	}
	const chosen = measurements.filter((it) => wanted(it, options.only ?? ""));
	if (chosen.length === 0) throw new Error(`no row is called like "${options.only}"`);
	const certificates = makeCertificates(`${made}/certificates`);
	const stopwatch = compile("stopwatch", made);
	const calm = quiet();
	const anchors = [
		mosquitto(compile("anchor-mosquitto", made, "-lmosquitto"), certificates.ca),
		mqttJs(certificates.ca),
	];
	const results = new Results(options.only);
	const broker = await Broker.start(certificates, calm.oneCore);
	const folder = mkdtempSync(`${tmpdir()}/linkxs-bench-run-`);
	try {
		progress("building the device's firmware");
		const small = await device("m32", certificates.ca, folder, "--instrument");
		const clients = [await device("release", certificates.ca, folder), ...anchors].filter(
			({ name }) => !options.client || name === options.client,
		);
		await measure({ broker, clients, small, results, folder, stopwatch, quiet: calm, progress }, chosen);
	} finally {
		await broker.stop();
		rmSync(folder, { recursive: true, force: true });
	}
	report(results, anchors, options);
	return results.failures.length === 0 ? 0 : 1;
}

const program = new Command("npm run bench --")
	.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
	.description("Speed and memory of linkxs on XS, beside MQTT.js on Node and mosquitto's client library in C")
	.option("--json <file>", "also write the rows as a list of {name, unit, value, aim, better, anchors}")
	.option("--only <pattern>", "only rows whose name has this in it, for example boot/ or publish-tls")
	.addOption(new Option("--client <name>", "only this client").choices([ours, "mosquitto", "MQTT.js"]))
	.option("--save", "also write the table to test/bench/RESULTS.md: once a release, on a quiet machine")
	.option("--accept", "measure sizes and bytes alone, and take them into test/bench/sizes.json")
	.option("--yes", "install missing system packages without asking")
	.action(async (options: Options) => {
		process.exitCode = await main(options);
	});
try {
	await program.parseAsync();
} catch (error) {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
}
