import { type Command, Option } from "commander";
import type { Identity, SignMethod } from "identity/identity";
import { regions } from "link/endpoint";
import { thirdPartyLogin } from "link/login";
import { port } from "../lib/command-line";
import * as crypto from "../lib/crypto";
import { readSecret } from "./secret";

interface Options {
	readonly secretFile?: string;
	readonly region: (typeof regions)[number];
	readonly host?: string;
	readonly port?: number;
	readonly plain?: boolean;
	readonly method: SignMethod;
	readonly clientId?: string;
	readonly timestamp?: string;
	readonly json?: boolean;
}

/** `linkxs sign`: what any MQTT client needs to connect as a device. */
export function register(program: Command): void {
	program
		.command("sign")
		.description("print host, port, client id, user name and password with which any MQTT client connects as a device")
		.argument("<productKey>")
		.argument("<deviceName>")
		.option("--secret-file <file>", "read the deviceSecret from a file; else it's typed, or comes on stdin")
		.addOption(new Option("--region <name>", "a region of the platform").choices(regions).default("cn-shanghai"))
		.option("--host <name>", "the host of an instance of your own, or of a local cloud")
		.option("--port <number>", "its port (default 1883)", port)
		.option("--plain", "for plain TCP (securemode 3) instead of TLS (2)")
		.addOption(
			new Option("--method <name>", "how to sign").choices(["hmacmd5", "hmacsha1", "hmacsha256"]).default("hmacsha256"),
		)
		.option("--client-id <text>", "default: <productKey>.<deviceName>")
		.option("--timestamp <text>", "default: none, so the password doesn't change")
		.option("--json", "answer with JSON")
		.action(async (productKey: string, deviceName: string, options: Options) => {
			const secret = await readSecret(options.secretFile, "deviceSecret");
			process.stdout.write(print(signed(productKey, deviceName, secret, options), options.json === true));
		});
}

function signed(productKey: string, deviceName: string, secret: string, options: Options) {
	const { region, host, port, plain, method, clientId, timestamp } = options;
	const identity: Identity = {
		kind: "device-secret",
		productKey,
		deviceName,
		deviceSecret: new TextEncoder().encode(secret),
		signMethod: method,
		...(clientId === undefined ? {} : { clientId }),
		...(timestamp === undefined ? {} : { timestamp }),
	};
	const common = { security: plain ? "tcp" : "tls", ...(port === undefined ? {} : { port }) } as const;
	return thirdPartyLogin(identity, host === undefined ? { region, ...common } : { host, ...common }, crypto);
}

function print(login: ReturnType<typeof signed>, json: boolean): string {
	if (json) return `${JSON.stringify(login)}\n`;
	const { host, port, security, clientId, userName, password } = login;
	return [
		`host       ${host}`,
		`port       ${port} (${security === "tls" ? "TLS" : "plain TCP"})`,
		`client id  ${clientId}`,
		`user name  ${userName}`,
		`password   ${password}`,
		"",
	].join("\n");
}
