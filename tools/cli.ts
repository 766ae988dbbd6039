import { Command, CommanderError, InvalidArgumentError } from "commander";
import packageFile from "../package.json" with { type: "json" };

interface Part {
	readonly summary: string;
	load(): Promise<{ register(program: Command): void }>;
}

/** Each command is loaded only when it is called: the cloud alone would cost every other one half a second. */
const parts: Readonly<Record<string, Part>> = {
	sim: { summary: "boot a firmware image on the simulated device", load: () => import("./simulator/command") },
	cloud: { summary: "run and steer the local cloud", load: () => import("./cloud/command") },
	build: { summary: "compile a firmware image", load: () => import("./build/command") },
	burn: {
		summary: "burn a device's firmware; tell it who it is, its networks and where its cloud is",
		load: () => import("./burn/command"),
	},
	sign: {
		summary: "what a third-party MQTT client needs to connect as a device",
		load: () => import("./sign/command"),
	},
	doctor: {
		summary: "name what this machine lacks, with the command that gets it",
		load: () => import("./doctor/command"),
	},
	flash: { summary: "build and flash a board with the Moddable SDK", load: () => import("./flash/command") },
};

/** A failure that the user can act on: its message is the last line on stderr, the exit code is 1. */
function fail(error: unknown): never {
	// Of an option's parser commander makes an error of its own, which it has told; from an action nobody has told it yet.
	if (error instanceof InvalidArgumentError) process.stderr.write(`error: ${error.message}\n`);
	if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
	const reason = error instanceof Error ? error.message : String(error);
	if (process.env["LINKXS_TRACE"] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
	process.stderr.write(`${reason}\n`);
	process.exit(1);
}

const strict = (command: Command): void => {
	command.exitOverride().showHelpAfterError("(--help tells more)");
	for (const child of command.commands) strict(child);
};

try {
	const program = new Command("linkxs");
	program.description(packageFile.description).version(packageFile.version);
	const part = parts[process.argv[2] ?? ""];
	if (part) (await part.load()).register(program);
	else for (const [name, { summary }] of Object.entries(parts)) program.command(name).description(summary);
	strict(program);
	await program.parseAsync();
} catch (error) {
	fail(error);
}
