import { spawn } from "node:child_process";
import type { Command } from "commander";
import { ROOT } from "../build/places";
import { findBoard } from "../lib/boards";
import { registerInspect } from "./inspect-command";
import { plan } from "./plan";

interface Options {
	board?: string;
	port?: string;
	debug?: boolean;
	build?: boolean;
	print?: boolean;
	json?: boolean;
}

const quoted = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

function run(command: readonly string[], env: NodeJS.ProcessEnv, quiet: boolean): Promise<void> {
	const [program = "", ...args] = command;
	return new Promise((resolve, reject) => {
		// What the SDK prints is progress: with --json it belongs on stderr.
		const child = spawn(program, args, { cwd: ROOT, env, stdio: ["inherit", quiet ? 2 : "inherit", "inherit"] });
		child.on("error", (cause) =>
			reject(
				new Error(`${program} can't be run (${cause.message}): npx linkxs doctor tells what is missing`, { cause }),
			),
		);
		child.on("close", (code, signal) => {
			if (code === 0) resolve();
			else reject(new Error(`${command.join(" ")}: ${signal ? `ended by ${signal}` : `exit code ${code}`}`));
		});
	});
}

/** `linkxs flash`: the SDK's own tools, told what they need to know about a board; and what a flash holds. */
export function register(program: Command): void {
	const flash = program.command("flash");
	registerInspect(flash);
	flash
		.description("build the firmware with the Moddable SDK and write it to a board (boards/README.md)")
		.option("--board <name>", "folder of boards/ (-devkit may be left out), or one of the SDK's own as esp32/NAME")
		.option("--port <device>", "serial port, such as /dev/ttyUSB0 (default: the one that ESP-IDF finds)")
		.option("--debug", "with Moddable's debugger xsbug attached")
		.option("--build", "build only")
		.option("--print", "print the commands instead of running them")
		.option("--json", "print one JSON object")
		.action(async ({ board: name, port, debug, build, print, json }: Options) => {
			// Not a required option: commander would ask for it below `inspect`, too.
			if (name === undefined)
				return flash.error("error: required option '--board <name>' not specified", { exitCode: 2 });
			const board = findBoard(name);
			const options = { board, ...(port && { port }), ...(debug && { debug }), ...(build && { build }) };
			const { commands, env } = plan(options, process.env);
			const path = process.env["PATH"] ?? "";
			if (print) {
				const variables = Object.entries(env).map(([key, value]) =>
					key === "PATH"
						? `PATH=${quoted(value.slice(0, value.length - path.length))}"$PATH"`
						: `${key}=${quoted(value)}`,
				);
				const lines = commands.map((command) => [...variables, ...command.map(quoted)].join(" "));
				process.stdout.write(json ? `${JSON.stringify({ cwd: ROOT, env, commands })}\n` : `${lines.join("\n")}\n`);
				return;
			}
			for (const command of commands) await run(command, { ...process.env, ...env }, json === true);
			if (json) process.stdout.write(`${JSON.stringify({ board: board.name, flashed: !build, port })}\n`);
		});
}
