import { type Command, InvalidArgumentError, Option } from "commander";
import { type Region, regions } from "link/endpoint";
import { type Cloud, type CloudOptions, createCloud } from "../cloud";
import { CloudError } from "../errors";
import { type CommonOptions, cloudFolder, optionsOf } from "./output";

/** The platform's port for MQTT over TCP and over TLS. */
const PLATFORM_PORT = 1883;

interface RunOptions extends CommonOptions {
	port?: number[];
	adminPort: number;
	lan?: boolean;
	region: Region;
}

/** `linkxs cloud`: runs a cloud until Ctrl-C. */
export function registerRun(cloud: Command): void {
	cloud
		.option("--state <dir>", "folder of what runs keep", ".linkxs")
		.option("--json", "print JSON: events while running, the whole answer of a command")
		.option("--yes", "don't ask before deleting")
		.option(
			"--port <number>",
			"port for devices, several times for several; 0 is a free one (default: 1883 if it is free)",
			ports,
		)
		.option("--admin-port <number>", "port of the admin API on the loopback", port, 0)
		.option("--lan", "let devices on the network connect, not on this machine alone")
		.addOption(
			new Option("--region <name>", "the region it stands for: asked by TLS for another's host, it refuses")
				.choices(regions)
				.default("cn-shanghai"),
		)
		.action(async (_options: unknown, command: Command) => {
			const options = optionsOf<RunOptions>(command);
			const running = await start(options);
			// For people at a terminal; a pipe finds the token in the file.
			if (process.stderr.isTTY) process.stderr.write(`admin token ${running.token} (in ${running.file}, too)\n`);
			await new Promise<void>((resolve) => {
				process.once("SIGINT", () => resolve());
				process.once("SIGTERM", () => resolve());
			});
			await running.close();
		});
}

async function start(options: RunOptions): Promise<Cloud> {
	const write = (line: string) => process.stdout.write(`${line}\n`);
	const base: CloudOptions = {
		state: cloudFolder(options),
		lan: options.lan === true,
		region: options.region,
		...(options.json ? { onEvent: (event) => write(JSON.stringify(event)) } : { log: write }),
	};
	const admin = options.adminPort;
	if (options.port) return createCloud({ ...base, ports: { device: options.port, admin } });
	try {
		return await createCloud({ ...base, ports: { device: PLATFORM_PORT, admin } });
	} catch (error) {
		if (!(error instanceof CloudError) || error.code !== "listen") throw error;
		process.stderr.write(`${error.message}: taking a free one\n`);
		return createCloud({ ...base, ports: { device: 0, admin } });
	}
}

function port(text: string): number {
	const number = Number(text);
	if (!/^\d{1,5}$/.test(text) || number > 65535) throw new InvalidArgumentError("a port is a number from 0 to 65535");
	return number;
}

function ports(text: string, given: number[] | undefined): number[] {
	return [...(given ?? []), port(text)];
}
