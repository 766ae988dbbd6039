// What a measurement gets, and what it is.
import { spawnSync } from "node:child_process";
import type { Broker } from "./broker";
import { type Client, Running } from "./client";
import type { Results } from "./results";
import type { Run } from "./workload";

/** Commands that keep the machine's other load out of a time, as far as this machine permits them. */
export interface Quiet {
	/** Before all others (`chrt -r 1`). */
	readonly first: readonly string[];
	/** That, on one processor together with the broker (`taskset -c 0`). */
	readonly oneCore: readonly string[];
}

/** What this machine permits. */
export function quiet(): Quiet {
	const permitted = (...command: string[]) =>
		spawnSync(command[0] ?? "", [...command.slice(1), "true"]).status === 0 ? command : [];
	const first = permitted("chrt", "-r", "1");
	return { first, oneCore: [...first, ...permitted("taskset", "-c", "0")] };
}

/** What all measurements share. */
export interface Bench {
	readonly broker: Broker;
	/** linkxs first, then the anchors. */
	readonly clients: readonly Client[];
	/** The device of the 32-bit build, whose memory is as a chip's. */
	readonly small: Client | undefined;
	readonly results: Results;
	/** A folder for this run's files. */
	readonly folder: string;
	/** The compiled stopwatch.c. */
	readonly stopwatch: string;
	/** What programs run under where times are measured. */
	readonly quiet: Quiet;
	progress(text: string): void;
}

/** Fills some rows. Throws when it could not: its rows are missing then, and the bench fails in the end. */
export interface Measurement {
	readonly title: string;
	/** Names of its rows, or the beginnings of them, for `--only`. */
	readonly rows: readonly string[];
	run(bench: Bench): Promise<void>;
}

/** Start a client on the broker itself, hand it to `use`, and see that it is gone afterwards. */
export async function withClient<T>(
	bench: Bench,
	client: Client,
	run: Omit<Run, "port"> & { port?: number },
	options: { tool?: readonly string[]; under?: readonly string[] },
	use: (running: Running) => Promise<T>,
): Promise<T> {
	const port = run.port ?? bench.broker.port(run.tls);
	const running = await Running.start(client, { ...run, port }, { stopwatch: bench.stopwatch, ...options });
	try {
		return await use(running);
	} finally {
		await running.stop();
	}
}

/** Let a client do its run and end by itself, so that a tool around it can write its figures. */
export async function complete(running: Running, client: Client, run: { count: number }, ms: number): Promise<void> {
	await running.mark(run.count > 0 ? "end" : "connected", ms);
	await running.end(client.endsWith, ms);
}

export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted[Math.floor(sorted.length / 2)];
	if (middle === undefined) throw new RangeError("no values");
	return middle;
}

/** `plain` or `tls`, as the rows' names have it. */
export const way = (tls: boolean): "plain" | "tls" => (tls ? "tls" : "plain");
