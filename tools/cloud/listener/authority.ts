import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { replaceFile } from "../../lib/durable-file";
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
		const known = this.#read(name);
		if (known && this.#lasts(known.certificate)) return known;
		const { makeAuthority } = await import("./certificates");
		const day = new Date(this.#now()).toISOString().slice(0, 10);
		return this.#write(name, await makeAuthority(`CN=linkxs local cloud ${title} ${day},O=linkxs`, this.#for(days)));
	}

	/** The server's certificate for these names and addresses; made again when they changed or it ends soon. */
	async server(names: readonly string[], addresses: readonly string[]): Promise<Identity> {
		const root = await this.root();
		// A key and certificate of two runs (a crash between their writing) are made again; only the authority is precious.
		const known = this.#usable("server");
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

	/** Undefined when there is none. Throws `state` when what is there can't be used. */
	#read(name: string): Identity | undefined {
		try {
			const key = readFile(join(this.#folder, `${name}.key.pem`));
			if (key === undefined) return undefined;
			const present = readFile(join(this.#folder, `${name}.pem`));
			if (present !== undefined && arePair(present, key)) return { certificate: present, key };
			const next = readFile(this.#next(name));
			if (next !== undefined && arePair(next, key)) {
				// The key's new certificate had not got its name yet.
				replaceFile(join(this.#folder, `${name}.pem`), next, 0o644);
				return { certificate: next, key };
			}
			if (present !== undefined) throw new Error("they are no pair");
			return undefined;
		} catch (cause) {
			throw new CloudError("state", `the ${name} certificate or key in ${this.#folder} cannot be used`, { cause });
		}
	}

	/** Two files, which can't be replaced at once: the certificate lies ready before the key is there. */
	#write(name: string, identity: Identity): Identity {
		mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
		replaceFile(this.#next(name), identity.certificate, 0o644);
		replaceFile(join(this.#folder, `${name}.key.pem`), identity.key, 0o600);
		replaceFile(join(this.#folder, `${name}.pem`), identity.certificate, 0o644);
		rmSync(this.#next(name), { force: true });
		return identity;
	}

	#usable(name: string): Identity | undefined {
		try {
			return this.#read(name);
		} catch {
			return undefined;
		}
	}

	#next(name: string): string {
		return join(this.#folder, `${name}.next.pem`);
	}
}

function readFile(file: string): string | undefined {
	try {
		return readFileSync(file, "utf8");
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
		throw error;
	}
}

function arePair(certificate: string, key: string): boolean {
	return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
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
