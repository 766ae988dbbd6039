// System calls per round trip by strace: two run lengths, the difference divided.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Client } from "../client";
import { type Bench, complete, type Measurement, way, withClient } from "../measurement";

const lengths = [100, 600] as const;

/** Whether this machine lets a process be traced: containers often don't. */
function tracing(): string | undefined {
	const run = spawnSync("strace", ["-f", "-c", "-o", "/dev/null", "true"], { encoding: "utf8" });
	if (run.error) return "strace is not installed";
	return run.status === 0 ? undefined : run.stderr.trim().split("\n").at(-1) || `strace ended with ${run.status}`;
}

/** Calls by name, of all processes and threads of one run. */
async function calls(bench: Bench, client: Client, tls: boolean, count: number): Promise<Map<string, number>> {
	const file = `${bench.folder}/strace.txt`;
	const tool = ["strace", "-f", "-c", "-U", "calls,name", "-o", file];
	const run = { tls, count };
	await withClient(bench, client, run, { tool }, (running) => complete(running, client, run, 120_000));
	const found = new Map<string, number>();
	for (const line of readFileSync(file, "utf8").matchAll(/^\s*(\d+)\s+(\w+)$/gm))
		if (line[2] !== "total") found.set(line[2] ?? "", Number(line[1]));
	if (found.size === 0) throw new Error(`strace saw nothing of ${client.name}`);
	return found;
}

export const systemCalls: Measurement = {
	title: "system calls (strace)",
	rows: ["calls/"],
	async run(bench) {
		const reason = tracing();
		if (reason !== undefined) {
			bench.results.notes.push(`system calls were not counted: this machine lets nothing be traced (${reason})`);
			return;
		}
		for (const client of bench.clients) {
			for (const tls of [false, true]) {
				bench.progress(`${client.name}, ${way(tls)}`);
				const few = await calls(bench, client, tls, lengths[0]);
				const many = await calls(bench, client, tls, lengths[1]);
				let more = 0;
				for (const [name, count] of many) more += count - (few.get(name) ?? 0);
				bench.results.set(`calls/publish-${way(tls)}`, client.name, more / (lengths[1] - lengths[0]));
			}
		}
	},
};
