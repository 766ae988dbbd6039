// Rates and start times: they move with the machine and its load, so all clients take turns within the same minute and
// the median of their turns counts. Compare columns, not dates.
import type { Client } from "../client";
import { type Bench, type Measurement, median, way, withClient } from "../measurement";

const warmUp = 2_000;
const counted = 20_000;
const turns = 5;
const starts = 11;

async function rate(bench: Bench, client: Client, tls: boolean): Promise<number> {
	const run = { tls, count: warmUp + counted, skip: warmUp };
	return withClient(bench, client, run, { under: bench.quiet.oneCore }, async (running) => {
		const begin = await running.mark("begin");
		return (counted / ((await running.mark("end")) - begin)) * 1000;
	});
}

/** `turns` rounds in which every client has one turn: figures of a row come from the same time. */
async function medians(
	clients: readonly Client[],
	rounds: number,
	measure: (client: Client, round: number) => Promise<number>,
): Promise<Map<Client, number>> {
	const figures = new Map<Client, number[]>(clients.map((client) => [client, []]));
	for (let round = 0; round < rounds; round++)
		for (const client of clients) figures.get(client)?.push(await measure(client, round));
	return new Map([...figures].map(([client, values]) => [client, median(values)]));
}

export const rates: Measurement = {
	title: "round trips per second",
	rows: ["rate/"],
	async run(bench) {
		if (!bench.quiet.oneCore.includes("taskset"))
			bench.results.notes.push("taskset is missing: client and broker were not on one core");
		for (const tls of [false, true]) {
			const found = await medians(bench.clients, turns, (client, round) => {
				bench.progress(`${client.name}, ${way(tls)}, ${round + 1} of ${turns}`);
				return rate(bench, client, tls);
			});
			for (const [client, value] of found) bench.results.set(`rate/${way(tls)}`, client.name, value);
		}
	},
};

/** Milliseconds to the first acknowledged publish. */
async function first(bench: Bench, client: Client, tls: boolean, session?: string): Promise<number> {
	const run = { tls, count: 1, ...(session ? { session } : {}) };
	return withClient(bench, client, run, { under: bench.quiet.first }, async (running) => {
		const at = await running.mark("first");
		if (!session || client.resumes !== "in-process") return at;
		// The start up to the program's first line, and the second connection up to its acknowledged publish.
		return (await running.mark("main")) + at - (await running.mark("again"));
	});
}

async function boots(
	bench: Bench,
	row: string,
	clients: readonly Client[],
	start: (client: Client) => Promise<number>,
) {
	const found = await medians(clients, starts, (client, round) => {
		bench.progress(`${client.name}, ${row}, ${round + 1} of ${starts}`);
		return start(client);
	});
	for (const [client, value] of found) bench.results.set(row, client.name, value);
}

export const boot: Measurement = {
	title: "process start to first acknowledged publish",
	rows: ["boot/"],
	async run(bench) {
		for (const tls of [false, true])
			await boots(bench, `boot/${way(tls)}`, bench.clients, (client) => first(bench, client, tls));
		const resuming = bench.clients.filter((client) => client.resumes !== "no");
		const session = (client: Client) => `${bench.folder}/${client.name}-boot.session`;
		for (const client of resuming) await first(bench, client, true, session(client));
		if (resuming.some((client) => client.resumes === "in-process"))
			bench.results.notes.push(
				"boot/resumed: linkxs keeps no TLS session over a reset; its figure is the start to main.ts, and the second connection",
			);
		await boots(bench, "boot/resumed", resuming, (client) => first(bench, client, true, session(client)));
	},
};
