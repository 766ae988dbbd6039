// Bytes on the wire, counted by a proxy before the broker.
import { existsSync, rmSync } from "node:fs";
import type { Client } from "../client";
import { type Count, CountingProxy } from "../counting-proxy";
import { type Bench, type Measurement, way, withClient } from "../measurement";

const messages = 10;

/** What one run has moved until it had nothing more to say, still connected. */
async function traffic(bench: Bench, client: Client, tls: boolean, count: number, session?: string): Promise<Count> {
	const proxy = await CountingProxy.start(bench.broker.port(tls));
	try {
		const run = { tls, count, hold: true, port: proxy.port, ...(session ? { session } : {}) };
		return await withClient(bench, client, run, {}, async (running) => {
			await running.mark(count > 0 ? "end" : "connected");
			await proxy.idle();
			// A client that looked the name up in two families may have a connection that carried nothing.
			const used = proxy.connections.filter((it) => it.out > 0);
			const last = used.at(-1);
			const wanted = session && client.resumes === "in-process" ? 2 : 1;
			if (!last || used.length !== wanted) throw new Error(`${client.name} made ${used.length} connections`);
			return { ...last };
		});
	} finally {
		await proxy.stop();
	}
}

async function straight(bench: Bench, client: Client, tls: boolean): Promise<void> {
	const { results } = bench;
	const connect = await traffic(bench, client, tls, 0);
	const all = await traffic(bench, client, tls, messages);
	for (const direction of ["out", "in"] as const) {
		results.set(`wire/connect-${way(tls)}/${direction}`, client.name, connect[direction]);
		const each = (all[direction] - connect[direction]) / messages;
		results.set(`wire/publish-${way(tls)}/${direction}`, client.name, each);
	}
}

async function resumed(bench: Bench, client: Client): Promise<void> {
	const session = `${bench.folder}/${client.name}.session`;
	if (client.resumes === "from-file") {
		rmSync(session, { force: true });
		await traffic(bench, client, true, 1, session);
		if (!existsSync(session)) throw new Error(`${client.name} kept no session`);
	}
	const again = await traffic(bench, client, true, 0, session);
	for (const direction of ["out", "in"] as const)
		bench.results.set(`wire/connect-resumed/${direction}`, client.name, again[direction]);
}

export const wire: Measurement = {
	title: "bytes on the wire",
	rows: ["wire/"],
	async run(bench) {
		for (const client of bench.clients) {
			for (const tls of [false, true]) {
				bench.progress(`${client.name}, ${way(tls)}`);
				await straight(bench, client, tls);
			}
			if (client.resumes !== "no") {
				bench.progress(`${client.name}, resumed`);
				await resumed(bench, client);
			}
		}
	},
};
