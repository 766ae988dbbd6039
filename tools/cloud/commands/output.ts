import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import type { DeviceFields } from "../admin/actions";
import { CloudClient, readAccess } from "../client";
import { CloudError } from "../errors";

/** What every cloud command takes, given anywhere on the line. */
export interface CommonOptions {
	/** Folder of what runs keep; the cloud's part is `cloud/` in it. */
	state: string;
	json?: boolean;
	yes?: boolean;
}

/** The cloud's own folder. */
export function cloudFolder(options: CommonOptions): string {
	return join(options.state, "cloud");
}

/** A client of the cloud that runs with this state folder. Throws `admin` when none does. */
export function clientOf(options: CommonOptions): CloudClient {
	return new CloudClient(readAccess(cloudFolder(options)));
}

/** A command's own options with those of `cloud`. */
export function optionsOf<T extends CommonOptions = CommonOptions>(command: Command): T {
	return command.optsWithGlobals<T>();
}

/** Prints the whole answer as JSON, or what is made of it for people. */
export function print(options: CommonOptions, answer: unknown, text: () => string): void {
	process.stdout.write(`${options.json ? JSON.stringify(answer) : text()}\n`);
}

/** Columns aligned, headings first; a line in words when there are no rows. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[], none: string): string {
	if (rows.length === 0) return none;
	const all = [headings, ...rows];
	const widths = headings.map((_, i) => Math.max(...all.map((row) => (row[i] ?? "").length)));
	return all
		.map((row) =>
			row
				.map((cell, i) => cell.padEnd(widths[i] ?? 0))
				.join("  ")
				.trimEnd(),
		)
		.join("\n");
}

/** Reads `productKey/deviceName`, or an IotId. Throws `invalid`. */
export function deviceFields(text: string): DeviceFields {
	const slash = text.indexOf("/");
	if (slash > 0 && slash < text.length - 1) {
		return { ProductKey: text.slice(0, slash), DeviceName: text.slice(slash + 1) };
	}
	if (/^\w{26}$/.test(text)) return { IotId: text };
	throw new CloudError("invalid", `${text} is neither productKey/deviceName nor an IotId`);
}

/** Asks before something that can't be undone; in a pipe without --yes that is a refusal. */
export async function confirm(options: CommonOptions, question: string): Promise<void> {
	if (options.yes) return;
	if (!process.stdin.isTTY) throw new CloudError("refused", `${question} Give --yes to do it without being asked.`);
	const terminal = createInterface({ input: process.stdin, output: process.stderr });
	const answer = await terminal.question(`${question} [y/N] `);
	terminal.close();
	if (!/^y(es)?$/i.test(answer.trim())) throw new CloudError("refused", "Not done.");
}
