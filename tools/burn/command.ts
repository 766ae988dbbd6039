import { existsSync, readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { regions } from "link/endpoint";
import { progress } from "../lib/command-line";
import type { BurnOptions, BurnRecord } from "../lib/console/client";
import { ConsoleClient } from "../lib/console/client";
import { readSecret } from "../sign/secret";
import { openFlash } from "./flash";
import { registerImage } from "./image";
import {
	carrierKey,
	identityRecords,
	type LinkOptions,
	linkRecords,
	type NetworkOptions,
	networkRecords,
	readNetworks,
} from "./records";
import { described, misused, openTarget, type Target, type Written } from "./target";

const KINDS = ["device-secret", "product", "product-nwl", "x509", "id2"] as const;
type Kind = (typeof KINDS)[number];
type Say = (text?: string) => void;

interface TargetOptions {
	port?: string;
	flash?: string;
	chipKey?: string;
	baud?: number;
	restart: boolean;
	json?: boolean;
}

interface IdentityOptions extends TargetOptions, Place {
	secretFile?: string;
	certificate?: string;
	key?: string;
	id2?: string;
	carrierKeyFile?: string;
	road?: "mqtt" | "https";
	signMethod?: string;
	fresh?: boolean;
}

interface Place {
	region?: string;
	host?: string;
	cloudPort?: number;
	root?: string;
	plain?: boolean;
	instance?: string;
}

interface NetworksOptions extends TargetOptions {
	ssid?: string;
	keyFile?: string;
	open?: boolean;
	hidden?: boolean;
	file?: string;
	add?: boolean;
	timeServer?: string;
}

function baud(text: string): number {
	const value = Number(text);
	if (!Number.isInteger(value) || value < 300 || value > 5_000_000) throw new InvalidArgumentError("300 to 5000000.");
	return value;
}

function withTarget(command: Command): Command {
	return command
		.option("--port <line>", "where the device listens: a serial device, a pty's path, or tcp:HOST:PORT")
		.option("--flash <file>", "instead: the flash file of a simulated device that doesn't run")
		.option("--chip-key <file>", "the simulated chip's secret (default: beside the flash file)")
		.option("--baud <rate>", "of a serial device (default 115200)", baud)
		.option("--no-restart", "leave the device running as it does")
		.option("--json", "answer with JSON");
}

function withPlace(command: Command): Command {
	return command
		.addOption(
			new Option(
				"--region <name>",
				"where its cloud is: a region of the platform (cn-shanghai when nothing is said)",
			).choices(regions),
		)
		.option("--host <name[:port]>", "or the host of an instance of your own, or of a local cloud")
		.option("--root <name|file>", "what it trusts: a name of hal/certificates, or a certificate in PEM or DER")
		.option("--plain", "plain TCP instead of TLS")
		.option("--instance <id>", "the platform's instance, where registration needs it");
}

/** `linkxs burn`: its firmware, and who a device is, its networks and where its cloud is. */
export function register(program: Command): void {
	const burn = program.command("burn").description("write into a device what makes it itself");
	registerImage(burn);
	withPlace(withTarget(burn.command("identity")))
		.description("write who a device is (and where its cloud is), and have it proved")
		.usage("[device-secret|product|product-nwl|x509|id2] <productKey> <deviceName> --port <line>|--flash <file>")
		.argument("<words...>", "the kind (default device-secret), productKey and deviceName (x509: they may be left out)")
		.option("--secret-file <file>", "the deviceSecret or productSecret; else it's typed, or comes on stdin")
		.option("--certificate <file>", "x509: certificate with its chain, PEM or DER")
		.option("--key <file>", "x509: its private key, PEM or DER")
		.option("--id2 <id>", "id2: the carrier's id")
		.option("--carrier-key-file <file>", "id2: the software carrier's key, 32 bytes or 64 hex digits")
		.addOption(new Option("--road <road>", "product: how it registers (default mqtt)").choices(["mqtt", "https"]))
		.addOption(new Option("--sign-method <name>").choices(["hmacmd5", "hmacsha1", "hmacsha256"]))
		.option("--fresh", "forget what it obtained by registering, also for the same identity")
		.action(async (words: string[], options: IdentityOptions, command: Command) => {
			const place = linkRecords(placeOf(options, command));
			checkTarget(options, command);
			const identity = identityOf(words, options, command);
			await write(options, async () => [...(await identity()), ...place], { fresh: options.fresh === true });
		});
	withPlace(withTarget(burn.command("link")))
		.description("move a device to another cloud: write where it is; who the device is stays")
		.action(async (options: TargetOptions & Place, command: Command) => {
			const records = linkRecords(placeOf(options, command));
			checkTarget(options, command);
			if (records.length === 0) misused(command, "nothing to write: a region or a host");
			await write(options, async () => records, {});
		});
	withTarget(burn.command("network"))
		.description("write the Wi-Fi networks that a device joins, in their order")
		.argument("[ssid]", "one network; its key is typed, or comes on stdin")
		.option("--ssid <name>", "the same")
		.option("--key-file <file>", "read its key from a file")
		.option("--open", "it has no key")
		.option("--hidden", "it doesn't show itself")
		.option("--file <json>", 'several: a list of { "ssid": …, "key": …, "hidden": … }')
		.option("--add", "keep the networks that the device knows; these come after them")
		.option("--time-server <host>", "where it gets the time")
		.action(async (name: string | undefined, options: NetworksOptions, command: Command) => {
			checkTarget(options, command);
			if (name !== undefined && options.ssid !== undefined) misused(command, "one network at a time; or --file");
			const networks = networksOf({ ...options, ...(name !== undefined && { ssid: name }) }, command);
			const make = async (target: Target) => {
				const taken = options.add ? await target.networks() : new Set<number>();
				return networkRecords(await networks(), options.timeServer, taken);
			};
			await write(options, make, { addNetworks: options.add === true });
		});
	withTarget(burn.command("status"))
		.description("tell what is on the line: firmware, chip, which records it holds; no value")
		.action(async (options: TargetOptions, command: Command) => {
			await status(options.port ?? misused(command, "--port is needed"), options);
		});
}

/** The target is opened before `records` asks for a secret: nobody types one for a port that isn't there. */
async function write(
	options: TargetOptions,
	records: (target: Target) => Promise<readonly BurnRecord[]>,
	how: BurnOptions,
): Promise<void> {
	const say = progress(options.json === true);
	const target = await targetOf(options, say);
	let written: Written;
	let list: readonly BurnRecord[];
	try {
		list = await records(target);
		written = await target.write(list, how);
	} finally {
		say();
		target.close();
	}
	const text = (name: string): string | undefined => {
		const value = list.find((record) => record.name === `identity/${name}`)?.value;
		return value && Buffer.from(value).toString();
	};
	const [productKey, deviceName] = [text("productKey"), text("deviceName")];
	const whose = deviceName ? `burned ${deviceName} of ${productKey}: ` : "";
	const answer = { ...(deviceName && { productKey, deviceName }), ...written.answer };
	process.stdout.write(options.json ? `${JSON.stringify(answer)}\n` : `${whose}${written.text}\n`);
}

function checkTarget({ port, flash }: TargetOptions, command: Command): void {
	if (port === undefined && flash === undefined) misused(command, "--port or --flash is needed");
	if (port !== undefined && flash !== undefined) misused(command, "--port and --flash exclude each other");
	if (flash !== undefined && !existsSync(flash))
		throw new Error(`${flash}: no such flash file (npx linkxs sim makes one)`);
}

function targetOf(options: TargetOptions, say: Say): Promise<Target> | Target {
	const { port = "", flash, chipKey, baud, restart } = options;
	if (flash !== undefined) return openFlash(flash, chipKey);
	return openTarget(port, { ...(baud && { baud }), restart, say });
}

/** All is checked at once but the secret, which is asked for when the records are. */
function identityOf(words: string[], options: IdentityOptions, command: Command): () => Promise<BurnRecord[]> {
	const named = KINDS.find((kind) => kind === words[0]);
	const kind: Kind = named ?? "device-secret";
	const [productKey, deviceName, more] = named ? words.slice(1) : words;
	if (more !== undefined) misused(command, `too many words: ${more}`);
	const isNamed = productKey !== undefined && deviceName !== undefined;
	if (!isNamed && !(kind === "x509" && productKey === undefined))
		misused(command, "productKey and deviceName are needed");
	const names = { ...(productKey && { productKey }), ...(deviceName && { deviceName }) };
	const common = { ...names, ...(options.signMethod && { signMethod: options.signMethod }) };
	if (kind === "x509") {
		const { certificate, key } = options;
		if (!certificate || !key) misused(command, "x509 needs --certificate and --key");
		const records = identityRecords(kind, { ...common, certificate, privateKey: key });
		return async () => records;
	}
	if (kind === "id2" && !options.id2) misused(command, "id2 needs --id2");
	const carrier = options.carrierKeyFile && { carrierKey: carrierKey(readFileSync(options.carrierKeyFile)) };
	const { id2, road } = options;
	const rest = { ...common, ...(id2 && { id2 }), ...(road && { road }), ...carrier };
	identityRecords(kind, rest);
	const name = kind === "device-secret" ? "deviceSecret" : "productSecret";
	return async () => identityRecords(kind, { ...rest, secret: await readSecret(options.secretFile, name) });
}

/** `--port` has always been the cloud's port for a flash file; a line's name is never only digits. */
function placeOf(options: TargetOptions & Place, command: Command): LinkOptions {
	const { region, root, plain, instance } = options;
	const [host, behind] = splitHost(options.host);
	let port = behind && portOf("--host", behind);
	if (options.flash !== undefined && options.port !== undefined && /^\d+$/.test(options.port)) {
		port ??= portOf("--port", options.port);
		delete options.port;
	}
	if (region && host) misused(command, "--region and --host exclude each other");
	return {
		...(region && { region }),
		...(host && { host }),
		...(port && { port }),
		...(root && { root }),
		...(plain && { plain }),
		...(instance && { instance }),
	};
}

function splitHost(text: string | undefined): [host?: string, port?: string] {
	if (text === undefined) return [];
	const [, host, port] = /^([^\s:/]+)(?::(\d+))?$/.exec(text) ?? [];
	if (!host) throw new InvalidArgumentError("--host: a name or an address, and if need be a port behind it: NAME:PORT");
	return port === undefined ? [host] : [host, port];
}

function portOf(option: string, text: string): number {
	const port = Number(text);
	if (port < 1 || port > 65_535) throw new InvalidArgumentError(`${option}: a port is 1 to 65535, not ${text}`);
	return port;
}

function networksOf(options: NetworksOptions, command: Command): () => Promise<NetworkOptions[]> {
	const { ssid, file, open, hidden = false, keyFile } = options;
	if (ssid !== undefined && file !== undefined) misused(command, "a network and --file exclude each other");
	if (open && keyFile) misused(command, "--open and --key-file exclude each other");
	if (file !== undefined) {
		const networks = readNetworks(file);
		return async () => networks;
	}
	if (ssid !== undefined)
		return async () => [{ ssid, hidden, ...(!open && { key: await readSecret(keyFile, `key of ${ssid}`) }) }];
	if (options.timeServer === undefined) misused(command, "nothing to write: a network, --file or --time-server");
	if (!options.add) misused(command, "--time-server alone would forget the networks: give them, or --add");
	return async () => [];
}

async function status(port: string, options: TargetOptions): Promise<void> {
	const client = await ConsoleClient.open(port, options.baud === undefined ? {} : { baud: options.baud });
	try {
		const device = await client.identify();
		const records = await client.list();
		const holds = records.length > 0 ? records.map((name) => `  ${name}\n`).join("") : "  no records\n";
		process.stdout.write(
			options.json
				? `${JSON.stringify({ port, device, records })}\n`
				: `${described(device)}: ${device.kind ?? "nobody yet"}${device.locked ? ", locked" : ""}\n${holds}`,
		);
	} finally {
		client.close();
	}
}
