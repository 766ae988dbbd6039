// The part of `npm start` behind the set-up: options, signals, exit code.
import { CommanderError, InvalidArgumentError } from "commander";
import { BuildError } from "../build/error";
import { type StartOptions, startOptions, startProgram } from "./options";
import { StartSession } from "./session";
import { View } from "./view";

function parse(): StartOptions {
	const program = startProgram().exitOverride();
	try {
		program.parse();
		return startOptions(program);
	} catch (error) {
		if (error instanceof CommanderError && error.exitCode === 0) process.exit(0);
		if (error instanceof InvalidArgumentError) process.stderr.write(`${error.message}\n`);
		if (error instanceof CommanderError) process.exit(2);
		throw error;
	}
}

const options = parse();
const view = new View({ json: options.json, out: process.stdout, now: () => performance.now() });
const session = new StartSession(options, view);
const stopped = new Promise<number>((stop) => {
	const interrupted = () => {
		if (options.once) process.stderr.write("interrupted before every device had reported\n");
		stop(options.once ? 1 : 0);
	};
	process.on("SIGINT", interrupted);
	process.on("SIGTERM", interrupted);
	// Whoever read the output has gone (`npm start | head`): there is nobody left to run for.
	process.stdout.on("error", () => stop(1));
});
let code: number;
try {
	await session.start();
	if (!options.once) view.line("start", "running; Ctrl-C ends it");
	code = await Promise.race([session.finished, stopped]);
} catch (error) {
	code = 1;
	const detail = error instanceof BuildError && error.detail ? `${error.detail}\n` : "";
	process.stderr.write(`${detail}${error instanceof Error ? error.message : String(error)}\n`);
}
await session.stop();
process.exit(code);
