import type { Command } from "commander";
import { wholeNumber } from "../../lib/command-line";
import { describe } from "../describe";
import { type CommonOptions, clientOf, optionsOf } from "./output";

/** `linkxs cloud events`: everything that happens, until Ctrl-C or the cloud's end. */
export function registerEvents(cloud: Command): void {
	cloud
		.command("events")
		.description("follow what happens, until Ctrl-C")
		.option("--since <id>", "first the kept events after this number (0: all that are kept)", wholeNumber(0))
		.option("--count <number>", "end after so many events", wholeNumber(1))
		.action(async (_options: unknown, command: Command) => {
			const options = optionsOf<CommonOptions & { since?: number; count?: number }>(command);
			const stop = new AbortController();
			process.once("SIGINT", () => stop.abort());
			process.once("SIGTERM", () => stop.abort());
			let left = options.count ?? Number.POSITIVE_INFINITY;
			const since = options.since === undefined ? {} : { since: options.since };
			for await (const event of clientOf(options).events({ ...since, signal: stop.signal })) {
				process.stdout.write(`${options.json ? JSON.stringify(event) : describe(event)}\n`);
				if (--left <= 0) break;
			}
			stop.abort();
		});
}
