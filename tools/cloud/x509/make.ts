import "reflect-metadata";
import { createPrivateKey, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { type Identity, importKey, RSA, serial, type Validity } from "../listener/certificates";
import type { KeyType, Revocation } from "../store/certificates";

/** Writes the certificates of devices and the list of the revoked ones. Loaded only when one has to be made. */

const KEYS = Object.freeze({
	RSA2048: RSA,
	EC256: Object.freeze({ name: "ECDSA", namedCurve: "P-256" }),
}) satisfies Readonly<Record<KeyType, object>>;

/** A new key and a certificate for it that is good for a TLS client and nothing else. PEM, the key as DA 655 prints it. */
export async function makeDevice(
	authority: Identity,
	commonName: string,
	keyType: KeyType,
	{ from, to }: Validity,
): Promise<Identity> {
	const keys = await webcrypto.subtle.generateKey(KEYS[keyType], true, ["sign", "verify"]);
	const issuer = new x509.X509Certificate(authority.certificate);
	const certificate = await x509.X509CertificateGenerator.create({
		serialNumber: serial(),
		subject: `CN=${commonName},O=linkxs local cloud device`,
		issuer: issuer.subject,
		notBefore: new Date(from),
		notAfter: new Date(Math.min(to, issuer.notAfter.getTime())),
		signingAlgorithm: RSA,
		publicKey: keys.publicKey as never,
		signingKey: (await importKey(authority.key)) as never,
		extensions: [
			new x509.BasicConstraintsExtension(false, undefined, true),
			new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
			new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
			await x509.AuthorityKeyIdentifierExtension.create(issuer),
			await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as never),
		],
	});
	const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
	const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
	der.fill(0);
	const pem = key.export({ format: "pem", type: keyType === "RSA2048" ? "pkcs1" : "sec1" });
	return { certificate: `${certificate.toString("pem").trimEnd()}\n`, key: pem.toString() };
}

/** Reasons that a revocation list can give (RFC 5280, 5.3.1), by the words that the cloud uses. */
const REASONS: Readonly<Record<string, x509.X509CrlReason>> = Object.freeze({
	keyCompromise: x509.X509CrlReason.keyCompromise,
	superseded: x509.X509CrlReason.superseded,
	cessationOfOperation: x509.X509CrlReason.cessationOfOperation,
	privilegeWithdrawn: x509.X509CrlReason.privilegeWithdrawn,
});

/** The list of revoked certificates, PEM. `number` rises with each. */
export async function makeRevocationList(
	authority: Identity,
	number: number,
	revocations: readonly Revocation[],
	{ from, to }: Validity,
): Promise<string> {
	const issuer = new x509.X509Certificate(authority.certificate);
	const list = await x509.X509CrlGenerator.create({
		issuer: issuer.subject,
		thisUpdate: new Date(from),
		nextUpdate: new Date(to),
		signingAlgorithm: RSA,
		signingKey: (await importKey(authority.key)) as never,
		entries: revocations.map(({ serialNumber, revokedAt, reason }) => ({
			serialNumber,
			revocationDate: new Date(revokedAt),
			...(REASONS[reason] !== undefined && { reason: REASONS[reason] }),
		})),
		extensions: [
			await x509.AuthorityKeyIdentifierExtension.create(issuer),
			new x509.Extension("2.5.29.20", false, derInteger(number)),
		],
	});
	// Not the library's own PEM, whose `BEGIN CRL` OpenSSL does not know.
	const base64 = Buffer.from(list.rawData).toString("base64");
	return `-----BEGIN X509 CRL-----\n${base64.replace(/.{64}/g, "$&\n").trimEnd()}\n-----END X509 CRL-----\n`;
}

/** A positive INTEGER in DER. */
function derInteger(value: number): Uint8Array<ArrayBuffer> {
	let hex = value.toString(16);
	if (hex.length % 2) hex = `0${hex}`;
	if (Number.parseInt(hex.slice(0, 2), 16) >= 0x80) hex = `00${hex}`;
	return new Uint8Array(Buffer.from(`02${(hex.length / 2).toString(16).padStart(2, "0")}${hex}`, "hex"));
}
