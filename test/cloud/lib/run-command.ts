import { Command, CommanderError } from "commander";
import { vi } from "vitest";
import { register } from "../../../tools/cloud/command";

/** Runs `linkxs cloud …` in this process, as tools/cli.ts does; answers its exit code and output. */
export async function runCommand(
	state: string,
	...parameters: string[]
): Promise<{ code: number; out: string; errors: string; last: string }> {
	const program = new Command("linkxs");
	register(program);
	let errors = "";
	const strict = (command: Command) => {
		command.exitOverride().showHelpAfterError("(--help tells more)");
		command.configureOutput({ writeErr: (text) => (errors += text) });
		command.commands.forEach(strict);
	};
	strict(program);
	let out = "";
	const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
		out += String(text);
		return true;
	});
	let code = 0;
	process.exitCode = 0;
	try {
		await program.parseAsync(["node", "linkxs", "cloud", "--state", state, ...parameters]);
		code = process.exitCode;
	} catch (error) {
		code = error instanceof CommanderError ? 2 : 1;
		if (!(error instanceof CommanderError)) errors += error instanceof Error ? error.message : String(error);
	} finally {
		process.exitCode = 0;
		write.mockRestore();
	}
	return { code, out, errors, last: errors.trim().split("\n").at(-1) ?? "" };
}
