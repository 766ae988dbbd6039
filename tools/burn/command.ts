import { existsSync } from "node:fs";
import { type Command, InvalidArgumentError } from "commander";
import { port } from "../lib/command-line";
import { rootPem } from "../lib/roots";
import { readSecret } from "../sign/secret";
import { type Burned, burnIdentity } from "./identity";

interface Options {
	flash: string;
	secretFile?: string;
	region?: string;
	host?: string;
	port?: number;
	root?: string;
	plain?: boolean;
	json?: boolean;
}

/** `linkxs burn identity`: write who a device is into its flash. */
export function register(program: Command): void {
	const burn = program.command("burn").description("write into a device's flash what makes it itself");
	burn
		.command("identity")
		.description(
			"write productKey, deviceName and deviceSecret, and where its cloud is; the secret is typed, or comes on stdin",
		)
		.argument("<productKey>")
		.argument("<deviceName>")
		.requiredOption("--flash <file>", "the simulated device's flash file; the device must not run")
		.option("--secret-file <file>", "read the deviceSecret from a file; else it's typed, or comes on stdin")
		.option("--region <name>", "a region of the platform (default cn-shanghai)")
		.option("--host <name>", "the host of an instance of your own, or of a local cloud")
		.option("--port <number>", "its port (default 1883)", port)
		.option("--root <name|file>", "what it trusts: a name of hal/certificates, or a certificate in PEM or DER")
		.option("--plain", "plain TCP instead of TLS")
		.option("--json", "answer with JSON")
		.action(async (productKey: string, deviceName: string, options: Options) => {
			if (options.region && options.host) throw new InvalidArgumentError("--region and --host exclude each other.");
			if (!existsSync(options.flash))
				throw new Error(`${options.flash}: no such flash file (npx linkxs sim makes one)`);
			const deviceSecret = await readSecret(options.secretFile, "deviceSecret");
			const burned: Burned = {
				productKey,
				deviceName,
				deviceSecret,
				...(options.region && { region: options.region }),
				...(options.host && { host: options.host }),
				...(options.port && { port: options.port }),
				...(options.root && { root: rootPem(options.root) }),
				securemode: options.plain ? "3" : "2",
			};
			const records = await burnIdentity(options.flash, burned);
			const answer = { productKey, deviceName, flash: options.flash, records };
			process.stdout.write(
				options.json
					? `${JSON.stringify(answer)}\n`
					: `burned ${deviceName} of ${productKey}: ${records} records written\n`,
			);
		});
}
