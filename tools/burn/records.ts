// What the options of `linkxs burn` are as records (modules/provisioning/PROTOCOL.md 7).
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { mqttEndpoint, type Region } from "link/endpoint";
import { fits, NETWORKS_MAX, ruleOf } from "provisioning/catalogue";
import type { IdentityKind } from "provisioning/replace";
import type { BurnRecord } from "../lib/console/client";
import { rootPem } from "../lib/roots";

export interface IdentityOptions {
	readonly productKey?: string;
	readonly deviceName?: string;
	/** The deviceSecret, or the productSecret. */
	readonly secret?: string;
	readonly road?: "mqtt" | "https";
	/** Files in PEM or DER. */
	readonly certificate?: string;
	readonly privateKey?: string;
	readonly id2?: string;
	readonly carrierKey?: Uint8Array;
	readonly signMethod?: string;
	readonly clientId?: string;
}

export interface LinkOptions {
	readonly region?: string;
	readonly host?: string;
	readonly port?: number;
	/** A name of hal/certificates, or a file. */
	readonly root?: string;
	readonly plain?: boolean;
	readonly instance?: string;
}

export interface NetworkOptions {
	readonly ssid: string;
	/** None: an open network. */
	readonly key?: string;
	readonly hidden?: boolean;
}

/** A value that a record can't take; the message has its name only. */
export class RecordError extends Error {
	override readonly name = "RecordError";
}

function record(name: string, value: string | Uint8Array): BurnRecord {
	const bytes = typeof value === "string" ? Buffer.from(value) : value;
	const rule = ruleOf(name);
	if (!rule) throw new RecordError(`${name}: no such record`);
	if (bytes.length < rule.least || bytes.length > rule.most) {
		const length = rule.least === rule.most ? `${rule.least}` : `${rule.least} to ${rule.most}`;
		throw new RecordError(`${name}: ${length} bytes, not ${bytes.length}`);
	}
	if (rule.form !== "bytes" && !fits(rule, String(value))) {
		const wanted = rule.choices
			? `one of ${rule.choices.join(", ")}`
			: rule.form === "digits"
				? "digits"
				: "plain text";
		throw new RecordError(`${name}: ${wanted}`);
	}
	return { name, value: bytes };
}

function records(prefix: string, values: Readonly<Record<string, string | Uint8Array | undefined>>): BurnRecord[] {
	return Object.entries(values).flatMap(([field, value]) =>
		value === undefined ? [] : [record(`${prefix}/${field}`, value)],
	);
}

/** @throws {RecordError} */
export function identityRecords(kind: Exclude<IdentityKind, "token">, options: IdentityOptions): BurnRecord[] {
	const { productKey, deviceName, secret, road, signMethod, clientId } = options;
	const common = { productKey, deviceName, signMethod, clientId };
	switch (kind) {
		case "device-secret":
			return records("identity", { ...common, deviceSecret: secret });
		case "product":
			return records("identity", { ...common, productSecret: secret, registration: "register", road });
		case "product-nwl":
			return records("identity", { ...common, productSecret: secret, registration: "regnwl" });
		case "x509":
			return records("identity", { ...common, ...pair(options.certificate, options.privateKey) });
		case "id2": {
			const { id2, carrierKey } = options;
			return records("identity", { ...common, productSecret: secret, id2, carrierKey });
		}
	}
}

/** Certificate (with its chain) and private key, which belong to each other. */
function pair(certificateFile = "", keyFile = ""): { certificate: Uint8Array; privateKey: Uint8Array } {
	const [certificate, privateKey] = [readFileSync(certificateFile), readFileSync(keyFile)];
	const parsed = attempt(() => new X509Certificate(certificate), `${certificateFile}: no certificate in PEM or DER`);
	const isPem = privateKey.includes("-----BEGIN");
	const key = attempt(
		() => (isPem ? createPrivateKey(privateKey) : derKey(privateKey)),
		`${keyFile}: no private key in PEM or DER, or one with a password`,
	);
	if (!parsed.checkPrivateKey(key)) throw new RecordError(`${keyFile} is not the key of ${certificateFile}`);
	return { certificate, privateKey };
}

function derKey(key: Buffer) {
	for (const type of ["pkcs8", "pkcs1", "sec1"] as const)
		try {
			return createPrivateKey({ key, format: "der", type });
		} catch {
			// The next one then.
		}
	throw new Error("none of them");
}

function attempt<T>(make: () => T, message: string): T {
	try {
		return make();
	} catch {
		throw new RecordError(message);
	}
}

/** A carrier's key: 32 bytes, or their hex digits. @throws {RecordError} */
export function carrierKey(bytes: Uint8Array): Uint8Array {
	const text = Buffer.from(bytes).toString("latin1").trim();
	if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, "hex");
	if (bytes.length === 32) return bytes;
	throw new RecordError("the carrier's key: 32 bytes, or 64 hex digits");
}

/** Nothing when no option is given. @throws {RecordError} */
export function linkRecords({ region, host, port, root, plain, instance }: LinkOptions): BurnRecord[] {
	if (region && host) throw new RecordError("a region and a host exclude each other");
	const given = { region, host, port, root, plain, instance };
	if (Object.values(given).every((it) => it === undefined || it === false)) return [];
	return records("link", {
		region,
		host,
		port: port?.toString(),
		security: plain ? "tcp" : "tls",
		root: root === undefined ? undefined : rootPem(root),
		instanceId: instance,
	});
}

/**
 * Not every identity is known in every region: what the device would refuse only when it connects is told here.
 *
 * @param stored the kind of identity that the device holds.
 * @throws {RecordError}
 */
export function checkRegion(list: readonly BurnRecord[], stored: string | undefined): void {
	const has = (name: string): boolean => list.some((record) => record.name === name);
	const region = list.find(({ name }) => name === "link/region");
	const isNew = list.some(({ name }) => name.startsWith("identity/"));
	const kind = !isNew ? stored : has("identity/certificate") ? "x509" : has("identity/id2") ? "id2" : undefined;
	if (!region || (kind !== "x509" && kind !== "id2")) return;
	try {
		mqttEndpoint({ region: Buffer.from(region.value).toString() as Region }, "", kind);
	} catch (error) {
		throw new RecordError(`link/${(error as Error).message}`);
	}
}

/**
 * @param taken numbers of networks that stay.
 * @throws {RecordError}
 */
export function networkRecords(
	networks: readonly NetworkOptions[],
	timeServer: string | undefined,
	taken: ReadonlySet<number>,
): BurnRecord[] {
	const free = Array.from({ length: NETWORKS_MAX }, (_, index) => index + 1).filter((number) => !taken.has(number));
	if (networks.length > free.length)
		throw new RecordError(`a device knows ${NETWORKS_MAX} networks; there's room for ${free.length} more`);
	return [
		...networks.flatMap(({ ssid, key, hidden }, index) =>
			records(`network/${free[index]}`, { ssid, key, hidden: hidden ? "1" : undefined }),
		),
		...records("network", { timeServer }),
	];
}

/** A file with a list of `{ "ssid", "key", "hidden" }`, in the order in which a device tries them. @throws {RecordError} */
export function readNetworks(file: string): NetworkOptions[] {
	const fail = (): never => {
		throw new RecordError(`${file}: not a list of { "ssid": …, "key": …, "hidden": … }`);
	};
	const list: unknown = attempt(() => JSON.parse(readFileSync(file, "utf8")), `${file}: no JSON file`);
	if (!Array.isArray(list)) return fail();
	return list.map((one: unknown) => {
		const { ssid, key, hidden } = (one ?? {}) as Record<string, unknown>;
		if (typeof ssid !== "string" || !["string", "undefined"].includes(typeof key)) return fail();
		if (hidden !== undefined && typeof hidden !== "boolean") return fail();
		return { ssid, hidden: hidden === true, ...(typeof key === "string" && { key }) };
	});
}
