import { createPrivateKey, X509Certificate } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CloudError } from "../errors";
import type { Identity, Validity } from "./certificates";

const DAY = 24 * 3600 * 1000;
/** A certificate is made again this long before it ends, ms. */
const RENEWAL = 30 * DAY;
const AUTHORITY_DAYS = 3650;
const SERVER_DAYS = 397;
/** Longer than a device's certificate, which lasts ten years. */
const DEVICE_AUTHORITY_DAYS = 2 * AUTHORITY_DAYS;

/**
 * The cloud's own certification authority, made at its first start and kept in `folder` (keys readable by the owner
 * alone). Devices get `ca.pem` as data; whoever holds `ca.key.pem` can pose as this cloud to them.
 */
export class Authority {
	readonly #folder: string;
	readonly #now: () => number;
	/** Two devices made at once get certificates of one authority. */
	#devices: Promise<Identity> | undefined;

	constructor(folder: string, now: () => number) {
		this.#folder = folder;
		this.#now = now;
	}

	/** The file that devices and tools take as their root. */
	get caFile(): string {
		return join(this.#folder, "ca.pem");
	}

	/** The authority's certificate and key; makes them when there are none, or when they end soon. */
	root(): Promise<Identity> {
		return this.#authority("ca", "CA", AUTHORITY_DAYS);
	}

	/**
	 * Another authority, for the certificates of devices alone: none of those is good for a server, whatever it says, and
	 * who checks devices need not trust the one that signs servers.
	 */
	devices(): Promise<Identity> {
		this.#devices ??= this.#authority("device-ca", "device CA", DEVICE_AUTHORITY_DAYS).catch((error: unknown) => {
			this.#devices = undefined;
			throw error;
		});
		return this.#devices;
	}

	async #authority(name: string, title: string, days: number): Promise<Identity> {
		const known = await this.#read(name);
		if (known && this.#lasts(known.certificate)) return known;
		const { makeAuthority } = await import("./certificates");
		const day = new Date(this.#now()).toISOString().slice(0, 10);
		return this.#write(name, await makeAuthority(`CN=linkxs local cloud ${title} ${day},O=linkxs`, this.#for(days)));
	}

	/** The server's certificate for these names and addresses; made again when they changed or it ends soon. */
	async server(names: readonly string[], addresses: readonly string[]): Promise<Identity> {
		const root = await this.root();
		// A key and certificate of two runs (a crash between their writing) are made again; only the authority is precious.
		const known = await this.#read("server").catch(() => undefined);
		const holds =
			known && this.#lasts(known.certificate) && serves(known.certificate, root.certificate, names, addresses);
		if (holds) return known;
		const { makeServer } = await import("./certificates");
		return this.#write("server", await makeServer(root, names, addresses, this.#for(SERVER_DAYS)));
	}

	/** From yesterday, for devices whose clock is somewhat behind. */
	#for(days: number): Validity {
		return { from: this.#now() - DAY, to: this.#now() + days * DAY };
	}

	#lasts(pem: string): boolean {
		return Date.parse(new X509Certificate(pem).validTo) - this.#now() > RENEWAL;
	}

	async #read(name: string): Promise<Identity | undefined> {
		try {
			const [certificate, key] = await Promise.all([
				readFile(join(this.#folder, `${name}.pem`), "utf8"),
				readFile(join(this.#folder, `${name}.key.pem`), "utf8"),
			]);
			if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) throw new Error("they are no pair");
			return { certificate, key };
		} catch (cause) {
			if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
			throw new CloudError("state", `the ${name} certificate or key in ${this.#folder} cannot be used`, { cause });
		}
	}

	async #write(name: string, identity: Identity): Promise<Identity> {
		await mkdir(this.#folder, { recursive: true, mode: 0o700 });
		const keyFile = join(this.#folder, `${name}.key.pem`);
		await writeFile(keyFile, identity.key, { mode: 0o600 });
		await chmod(keyFile, 0o600);
		await writeFile(join(this.#folder, `${name}.pem`), identity.certificate);
		return identity;
	}
}

/** Whether a certificate was issued by that authority for exactly these names and addresses. */
function serves(pem: string, root: string, names: readonly string[], addresses: readonly string[]): boolean {
	const certificate = new X509Certificate(pem);
	const has = new Set((certificate.subjectAltName ?? "").split(", "));
	return (
		certificate.verify(new X509Certificate(root).publicKey) &&
		has.size === names.length + addresses.length &&
		names.every((name) => has.has(`DNS:${name}`)) &&
		addresses.every((address) => certificate.checkIP(address) !== undefined)
	);
}
