// Instructions in user space by valgrind's callgrind: two run lengths, the difference divided, so that start and end
// don't count. Independent of the machine's load; MQTT.js is compiled while it runs, so its figure is the least steady.
import { readdirSync, readFileSync } from "node:fs";
import type { Client } from "../client";
import { type Bench, complete, type Measurement, way, withClient } from "../measurement";

let runs = 0;

/** Instructions of all processes of one run. */
async function instructions(
	bench: Bench,
	client: Client,
	tls: boolean,
	count: number,
	session?: string,
): Promise<number> {
	const name = `callgrind-${runs++}`;
	const tool = [
		...["valgrind", "--tool=callgrind", `--callgrind-out-file=${bench.folder}/${name}.%p`, "--quiet"],
		"--trace-children=no",
	];
	const run = { tls, count, ...(session ? { session } : {}) };
	await withClient(bench, client, run, { tool }, (running) => complete(running, client, run, 300_000));
	let total = 0;
	for (const file of readdirSync(bench.folder)) {
		if (!file.startsWith(`${name}.`)) continue;
		for (const line of readFileSync(`${bench.folder}/${file}`, "utf8").matchAll(/^(?:totals|summary): (\d+)$/gm))
			total = Math.max(total, Number(line[1]));
	}
	if (total === 0) throw new Error(`callgrind left no figures of ${client.name}`);
	return total;
}

async function publish(bench: Bench, client: Client, tls: boolean): Promise<number> {
	const [short, long] = client.steady;
	const few = await instructions(bench, client, tls, short);
	const many = await instructions(bench, client, tls, long);
	return (many - few) / (long - short);
}

async function connects(bench: Bench, client: Client): Promise<void> {
	const { results } = bench;
	const plain = await instructions(bench, client, false, 0);
	const tls = await instructions(bench, client, true, 0);
	results.set("instructions/start", client.name, plain);
	results.set("instructions/handshake", client.name, tls - plain);
	if (client.resumes !== "in-process") return;
	// Two connections with a publish each, less one of them.
	const once = await instructions(bench, client, true, 1);
	const twice = await instructions(bench, client, true, 1, "again");
	results.set("instructions/reconnect-resumed", client.name, twice - once);
}

async function all(bench: Bench, client: Client): Promise<void> {
	// An engine that compiles while it starts takes long under callgrind, and its start varies by more than a handshake.
	for (const tls of client.startVaries ? [false] : [false, true]) {
		bench.progress(`${client.name}, publish ${way(tls)}`);
		bench.results.set(`instructions/publish-${way(tls)}`, client.name, Math.round(await publish(bench, client, tls)));
	}
	if (client.startVaries) return;
	bench.progress(`${client.name}, handshake`);
	await connects(bench, client);
}

export const instructionCounts: Measurement = {
	title: "instructions (callgrind; takes minutes)",
	rows: ["instructions/"],
	async run(bench) {
		for (const client of bench.clients) await all(bench, client);
	},
};
