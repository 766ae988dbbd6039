import "reflect-metadata";
import { createPrivateKey, webcrypto } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { CloudError } from "../errors";

/** A certificate with its private key, PEM. */
export interface Identity {
	certificate: string;
	key: string;
}

/** RSA 2048 with SHA-256: the C SDK takes no elliptic curve and no SHA-384 (STOCK-CLIENTS fact 1). */
const RSA = Object.freeze({
	name: "RSASSA-PKCS1-v1_5",
	hash: "SHA-256",
	publicExponent: new Uint8Array([1, 0, 1]),
	modulusLength: 2048,
});
const DAY = 24 * 3600 * 1000;
/** A certificate is made again this long before it ends, ms. */
const RENEWAL = 30 * DAY;
const AUTHORITY_DAYS = 3650;
const SERVER_DAYS = 397;

// The library's default is the browser's crypto; Node's is the same interface under another TypeScript name.
x509.cryptoProvider.set(webcrypto as never);

/**
 * The cloud's own certification authority, made at its first start and kept in `folder` (keys readable by the owner
 * alone). Devices get `ca.pem` as data; whoever holds `ca.key.pem` can pose as this cloud to them.
 */
export class Authority {
	readonly #folder: string;
	readonly #now: () => number;

	constructor(folder: string, now: () => number) {
		this.#folder = folder;
		this.#now = now;
	}

	/** The file that devices and tools take as their root. */
	get caFile(): string {
		return join(this.#folder, "ca.pem");
	}

	/** The authority's certificate and key; makes them when there are none, or when they end soon. */
	async root(): Promise<Identity> {
		const known = await this.#read("ca");
		if (known && this.#lasts(known.certificate)) return known;
		const keys = await webcrypto.subtle.generateKey(RSA, true, ["sign", "verify"]);
		const now = this.#now();
		const certificate = await x509.X509CertificateGenerator.createSelfSigned({
			serialNumber: serial(),
			name: `CN=linkxs local cloud CA ${new Date(now).toISOString().slice(0, 10)},O=linkxs`,
			notBefore: new Date(now - DAY),
			notAfter: new Date(now + AUTHORITY_DAYS * DAY),
			signingAlgorithm: RSA,
			keys: keys as never,
			extensions: [
				new x509.BasicConstraintsExtension(true, 0, true),
				new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
				await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as never),
			],
		});
		return this.#write("ca", certificate, keys.privateKey);
	}

	/** The server's certificate for these names and addresses; made again when they changed or it ends soon. */
	async server(names: readonly string[], addresses: readonly string[]): Promise<Identity> {
		const root = await this.root();
		const known = await this.#read("server");
		const authority = new x509.X509Certificate(root.certificate);
		if (known && this.#lasts(known.certificate) && (await this.#serves(known.certificate, authority, names, addresses)))
			return known;
		const keys = await webcrypto.subtle.generateKey(RSA, true, ["sign", "verify"]);
		const now = this.#now();
		const certificate = await x509.X509CertificateGenerator.create({
			serialNumber: serial(),
			subject: "CN=localhost,O=linkxs local cloud",
			issuer: authority.subject,
			notBefore: new Date(now - DAY),
			notAfter: new Date(now + SERVER_DAYS * DAY),
			signingAlgorithm: RSA,
			publicKey: keys.publicKey as never,
			signingKey: (await importKey(root.key)) as never,
			extensions: [
				new x509.BasicConstraintsExtension(false, undefined, true),
				// keyEncipherment for RSA key exchange, which is all that the C SDK has.
				new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
				new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
				new x509.SubjectAlternativeNameExtension([
					...names.map((value) => ({ type: "dns" as const, value })),
					...addresses.map((value) => ({ type: "ip" as const, value })),
				]),
				await x509.AuthorityKeyIdentifierExtension.create(authority),
				await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as never),
			],
		});
		return this.#write("server", certificate, keys.privateKey);
	}

	async #serves(
		pem: string,
		authority: x509.X509Certificate,
		names: readonly string[],
		addresses: readonly string[],
	): Promise<boolean> {
		const certificate = new x509.X509Certificate(pem);
		const alternative = certificate.getExtension(x509.SubjectAlternativeNameExtension);
		const has = new Set(alternative?.names.items.map((one) => one.value) ?? []);
		const issued = await certificate.verify({ publicKey: authority.publicKey, date: new Date(this.#now()) });
		return (
			issued && [...names, ...addresses].every((name) => has.has(name)) && has.size === names.length + addresses.length
		);
	}

	#lasts(pem: string): boolean {
		return new x509.X509Certificate(pem).notAfter.getTime() - this.#now() > RENEWAL;
	}

	async #read(name: string): Promise<Identity | undefined> {
		try {
			const [certificate, key] = await Promise.all([
				readFile(join(this.#folder, `${name}.pem`), "utf8"),
				readFile(join(this.#folder, `${name}.key.pem`), "utf8"),
			]);
			createPrivateKey(key);
			new x509.X509Certificate(certificate);
			return { certificate, key };
		} catch (cause) {
			if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
			throw new CloudError("state", `the ${name} certificate or key in ${this.#folder} cannot be read`, { cause });
		}
	}

	async #write(name: string, certificate: x509.X509Certificate, privateKey: webcrypto.CryptoKey): Promise<Identity> {
		const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", privateKey)).toString("base64");
		const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}/g, "$&\n").trimEnd()}\n-----END PRIVATE KEY-----\n`;
		const pem = `${certificate.toString("pem").trimEnd()}\n`;
		await mkdir(this.#folder, { recursive: true, mode: 0o700 });
		const keyFile = join(this.#folder, `${name}.key.pem`);
		await writeFile(keyFile, key, { mode: 0o600 });
		await chmod(keyFile, 0o600);
		await writeFile(join(this.#folder, `${name}.pem`), pem);
		return { certificate: pem, key };
	}
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
	const der = createPrivateKey(pem).export({ format: "der", type: "pkcs8" });
	return webcrypto.subtle.importKey("pkcs8", der, RSA, false, ["sign"]);
}

/** A random positive serial number of 16 bytes, hex. */
function serial(): string {
	const bytes = webcrypto.getRandomValues(new Uint8Array(16));
	bytes[0] = (bytes[0] ?? 0) & 0x7f || 1;
	return Buffer.from(bytes).toString("hex");
}
