import type { Bytes, Key } from "hal/crypto";
import { Tls } from "hal/tls";

/** What keeps a certificate. */
export interface CertificateRecords {
	/** All or nothing, before it returns. */
	write(changes: Readonly<Record<string, Bytes | Key>>): void;
}

/**
 * Put a new certificate and its key in the place of the old ones, both in one write. A `Device` that has these
 * records for its `storage` shows it with its next connection.
 *
 * @param certificate the chain, leaf first, PEM or DER. @throws {TypeError} as `checkPair`: then the old ones stay.
 * @throws what `write` throws.
 */
export function renewCertificate(records: CertificateRecords, certificate: Bytes, privateKey: Key): void {
	checkPair(certificate, privateKey);
	records.write({ "identity/certificate": certificate, "identity/privateKey": privateKey });
}

/**
 * Whether TLS could use them: it says so itself, and nothing is sent.
 *
 * @throws {TypeError} for what is no certificate, no key, or no pair.
 */
export function checkPair(certificate: Bytes, privateKey: Key): void {
	new Tls({ host: "pair", roots: [certificate], certificate, key: privateKey, now: undefined }).close();
}
