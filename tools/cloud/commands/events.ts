import type { Command } from "commander";
import { describe } from "../describe";
import { type CommonOptions, clientOf, optionsOf } from "./output";

/** `linkxs cloud events`: everything that happens, until Ctrl-C or the cloud's end. */
export function registerEvents(cloud: Command): void {
	cloud
		.command("events")
		.description("follow what happens, until Ctrl-C")
		.option("--since <id>", "first the kept events after this number (0: all that are kept)")
		.option("--count <number>", "end after so many events")
		.action(async (_options: unknown, command: Command) => {
			const options = optionsOf<CommonOptions & { since?: string; count?: string }>(command);
			const stop = new AbortController();
			process.once("SIGINT", () => stop.abort());
			process.once("SIGTERM", () => stop.abort());
			let left = options.count === undefined ? Number.POSITIVE_INFINITY : Number(options.count);
			const since = options.since === undefined ? {} : { since: Number(options.since) };
			for await (const event of clientOf(options).events({ ...since, signal: stop.signal })) {
				process.stdout.write(`${options.json ? JSON.stringify(event) : describe(event)}\n`);
				if (--left <= 0) break;
			}
			stop.abort();
		});
}
