// `npm run bench`: measures linkxs on XS and its anchors on the same broker in the same minutes, and prints one table
// with the aims beside the figures. Ends with 1 when a measurement failed (named), never for a missed aim.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { Command } from "commander";
import { Broker } from "./broker";
import { makeCertificates } from "./certificate";
import { type Client, mosquitto, mqttJs } from "./client";
import { compile } from "./compile";
import { systemCalls } from "./measure/calls";
import { code } from "./measure/code";
import { instructionCounts } from "./measure/instructions";
import { memory } from "./measure/memory";
import { boot, rates } from "./measure/times";
import { wire } from "./measure/wire";
import type { Bench, Measurement } from "./measurement";
import { Results } from "./results";
import { device } from "./simulated-device";
import { acceptSizes, bytesOf, readSizes } from "./sizes";
import { table } from "./table";

const root = new URL("../..", import.meta.url).pathname;
const made = `${root}build/bench`;

const measurements: readonly Measurement[] = [wire, memory, code, boot, rates, systemCalls, instructionCounts];

interface Options {
	readonly json?: string;
	readonly only?: string;
	readonly client?: string;
	readonly accept?: boolean;
}

/** One line that changes on a terminal, nothing in a pipe. */
function progress(text: string): void {
	if (!process.stderr.isTTY) return;
	process.stderr.write(`\r\u001b[2K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
}

/** Names and beginnings of names count the same: `wire/` is wanted by `--only connect` only through its rows. */
function wanted(measurement: Measurement, only: string | undefined): boolean {
	if (only === undefined) return true;
	return measurement.rows.some((row) => row.includes(only) || only.startsWith(row));
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

function report(results: Results, anchors: readonly Client[], options: Options): void {
	process.stdout.write(
		table(
			results,
			anchors.map(({ name }) => name),
		),
	);
	if (options.json) writeFileSync(options.json, `${JSON.stringify(results.json(), null, "\t")}\n`);
	for (const failure of results.failures) process.stderr.write(`failed: ${failure}\n`);
	if (!options.accept || results.failures.length > 0) return;
	acceptSizes({ ...(options.only ? readSizes().bytes : {}), ...bytesOf(results) });
	process.stdout.write("test/bench/sizes.json has these sizes now\n");
}

async function main(options: Options): Promise<number> {
	const chosen = measurements.filter((it) => wanted(it, options.only));
	if (chosen.length === 0) throw new Error(`no row is called like "${options.only}"`);
	const certificates = makeCertificates(`${made}/certificates`);
	const stopwatch = compile("stopwatch", made);
	const pin = spawnSync("taskset", ["-c", "0", "true"]).status === 0;
	const folder = mkdtempSync(`${tmpdir()}/linkxs-bench-run-`);
	const results = new Results();
	const broker = await Broker.start(certificates, pin);
	const anchors = [
		mosquitto(compile("anchor-mosquitto", made, "-lmosquitto"), certificates.ca),
		mqttJs(certificates.ca),
	];
	try {
		progress("building the device's firmware");
		const small = await device("m32", certificates.ca, folder);
		const clients = [await device("release", certificates.ca, folder), ...anchors].filter(
			({ name }) => !options.client || name === options.client,
		);
		await measure({ broker, clients, small, results, folder, stopwatch, pin, progress }, chosen);
	} finally {
		await broker.stop();
		rmSync(folder, { recursive: true, force: true });
	}
	report(results, anchors, options);
	return results.failures.length === 0 ? 0 : 1;
}

const program = new Command("npm run bench --")
	.description("Speed and memory of linkxs on XS, beside MQTT.js on Node and mosquitto's client library in C")
	.option("--json <file>", "also write the rows as a list of {name, unit, value, aim, better, anchors}")
	.option("--only <pattern>", "only measurements with such a row, for example boot/ or wire/")
	.option("--client <name>", "only this client: linkxs, mosquitto or MQTT.js")
	.option("--accept", "take the measured sizes into test/bench/sizes.json")
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
