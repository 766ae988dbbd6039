import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { type FlashReport, inspect } from "./inspect";
import { textOf } from "./inspect-text";

interface Options {
	key?: string;
	reveal?: boolean;
	yes?: boolean;
	json?: boolean;
}

/** Whether the user, at a terminal, wants to see the secrets. */
async function asks({ vault }: FlashReport): Promise<boolean> {
	const count = vault?.records.filter(({ secret }) => secret).length ?? 0;
	const terminal = createInterface({ input: process.stdin, output: process.stderr });
	try {
		return /^y(es)?$/i.test(await terminal.question(`Show ${count} secrets on this terminal? (y/N) `));
	} finally {
		terminal.close();
	}
}

/** `linkxs flash inspect`. */
export function registerInspect(flash: Command): void {
	flash
		.command("inspect <file>")
		.description("show what a simulator's flash file, or a chip's dumped flash or vault partition, holds")
		.option("--key <file>", "the chip's secret, 32 bytes (default: <file>.key)")
		.option("--reveal", "show the secrets, too; asks before")
		.option("--yes", "with --reveal: don't ask, also without a terminal")
		.option("--json", "print one JSON object")
		.addHelpText("after", "\nExit codes: 0 shown, 1 not readable or damaged, 2 wrong usage.")
		.action(async (file: string, _options: Options, command: Command) => {
			// commander takes --json for the option of `flash` itself.
			const { key, reveal = false, yes = false, json = false } = command.optsWithGlobals<Options>();
			if (reveal && !yes && !process.stdin.isTTY)
				command.error("error: --reveal asks, and there is no terminal: --yes says yes", { exitCode: 2 });
			const options = { ...(key !== undefined && { key }) };
			let report = inspect(file, options);
			if (reveal && (yes || (await asks(report)))) report = inspect(file, { ...options, reveal });
			process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${textOf(report)}\n`);
			const { vault } = report;
			if (!vault) throw new Error(`${file} has no partition vault`);
			if (vault.error !== undefined) throw new Error(`the vault can't be read: ${vault.error}`);
			if (vault.damaged) throw new Error("the vault is damaged");
		});
}
