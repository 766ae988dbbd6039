import "reflect-metadata";
import { createPrivateKey, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

/**
 * Writes certificates with @peculiar/x509 over Node's WebCrypto. Loaded only when one has to be made: the library
 * costs a start a third of a second.
 */

/** A certificate with its private key, PEM. */
export interface Identity {
	certificate: string;
	key: string;
}

/** From when to when a certificate holds, ms since 1970. */
export interface Validity {
	from: number;
	to: number;
}

/** RSA 2048 with SHA-256: the C SDK takes no elliptic curve and no SHA-384 (STOCK-CLIENTS fact 1). */
export const RSA = Object.freeze({
	name: "RSASSA-PKCS1-v1_5",
	hash: "SHA-256",
	publicExponent: new Uint8Array([1, 0, 1]),
	modulusLength: 2048,
});

// The library's default is the browser's crypto; Node's is the same interface under another TypeScript name.
x509.cryptoProvider.set(webcrypto as never);

/** A self-signed authority that issues end certificates only. */
export async function makeAuthority(name: string, { from, to }: Validity): Promise<Identity> {
	const keys = await webcrypto.subtle.generateKey(RSA, true, ["sign", "verify"]);
	const certificate = await x509.X509CertificateGenerator.createSelfSigned({
		serialNumber: serial(),
		name,
		notBefore: new Date(from),
		notAfter: new Date(to),
		signingAlgorithm: RSA,
		keys: keys as never,
		extensions: [
			new x509.BasicConstraintsExtension(true, 0, true),
			new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
			await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as never),
		],
	});
	return toIdentity(certificate, keys.privateKey);
}

/** A server's certificate for DNS names (wildcards allowed) and IP addresses, signed by `authority`. */
export async function makeServer(
	authority: Identity,
	names: readonly string[],
	addresses: readonly string[],
	{ from, to }: Validity,
): Promise<Identity> {
	const keys = await webcrypto.subtle.generateKey(RSA, true, ["sign", "verify"]);
	const issuer = new x509.X509Certificate(authority.certificate);
	const certificate = await x509.X509CertificateGenerator.create({
		serialNumber: serial(),
		subject: "CN=localhost,O=linkxs local cloud",
		issuer: issuer.subject,
		notBefore: new Date(from),
		notAfter: new Date(to),
		signingAlgorithm: RSA,
		publicKey: keys.publicKey as never,
		signingKey: (await importKey(authority.key)) as never,
		extensions: [
			new x509.BasicConstraintsExtension(false, undefined, true),
			// keyEncipherment for RSA key exchange, which is all that the C SDK has.
			new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
			new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
			new x509.SubjectAlternativeNameExtension([
				...names.map((value) => ({ type: "dns" as const, value })),
				...addresses.map((value) => ({ type: "ip" as const, value })),
			]),
			await x509.AuthorityKeyIdentifierExtension.create(issuer),
			await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as never),
		],
	});
	return toIdentity(certificate, keys.privateKey);
}

async function toIdentity(certificate: x509.X509Certificate, privateKey: webcrypto.CryptoKey): Promise<Identity> {
	const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", privateKey)).toString("base64");
	return {
		certificate: `${certificate.toString("pem").trimEnd()}\n`,
		key: `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}/g, "$&\n").trimEnd()}\n-----END PRIVATE KEY-----\n`,
	};
}

/** An RSA key for signing certificates. */
export function importKey(pem: string): Promise<webcrypto.CryptoKey> {
	const der = createPrivateKey(pem).export({ format: "der", type: "pkcs8" });
	return webcrypto.subtle.importKey("pkcs8", der, RSA, false, ["sign"]);
}

/** A random positive serial number of 16 bytes, hex. */
export function serial(): string {
	const bytes = webcrypto.getRandomValues(new Uint8Array(16));
	bytes[0] = (bytes[0] ?? 0) & 0x7f || 1;
	return Buffer.from(bytes).toString("hex");
}
