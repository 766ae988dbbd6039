// The broker's certificates: a CA of the bench's own and one RSA-2048 leaf of exactly `certificateBytes`, kept in
// build/bench, so that the bytes of a handshake compare from run to run.
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { certificateBytes } from "./workload";

export interface Certificates {
	/** PEM files. */
	readonly ca: string;
	readonly certificate: string;
	readonly key: string;
}

const openssl = (...args: string[]): void => {
	execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
};

/** A comment in the leaf makes up the length; DER's length fields may grow with it, so it is tried and mended. */
function leaf(folder: string, files: Certificates, comment: number): number {
	const extensions = `${folder}/leaf.cnf`;
	writeFileSync(
		extensions,
		[
			"basicConstraints=critical,CA:FALSE",
			"keyUsage=critical,digitalSignature,keyEncipherment",
			"extendedKeyUsage=serverAuth",
			"subjectAltName=DNS:localhost,IP:127.0.0.1",
			"subjectKeyIdentifier=hash",
			"authorityKeyIdentifier=keyid",
			`nsComment=${"x".repeat(comment)}`,
			"",
		].join("\n"),
	);
	const request = `${folder}/leaf.csr`;
	openssl("req", "-new", "-key", files.key, "-subj", "/CN=localhost", "-out", request);
	openssl(
		...["x509", "-req", "-sha256", "-days", "30", "-in", request, "-CA", files.ca, "-CAkey", `${folder}/ca.key`],
		...["-set_serial", "0x1234567890abcdef", "-extfile", extensions, "-out", files.certificate],
	);
	return new X509Certificate(readFileSync(files.certificate)).raw.length;
}

const expires = (file: string): number => Date.parse(new X509Certificate(readFileSync(file)).validTo);

function stillGood(file: string): boolean {
	if (!existsSync(file)) return false;
	const certificate = new X509Certificate(readFileSync(file));
	return certificate.raw.length === certificateBytes && expires(file) > Date.now() + 86_400_000;
}

/** A CA and a leaf on the curve P-256: both signatures that a client verifies are ECDSA's. */
export function makeCurveCertificates(folder: string): Certificates {
	const files = { ca: `${folder}/ec-ca.pem`, certificate: `${folder}/ec-leaf.pem`, key: `${folder}/ec-leaf.key` };
	if (existsSync(files.certificate) && expires(files.certificate) > Date.now() + 86_400_000) return files;
	mkdirSync(folder, { recursive: true });
	const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256", "-days", "30"];
	openssl(
		...["req", "-x509", ...curve, "-subj", "/CN=linkxs bench curve CA"],
		...["-keyout", `${folder}/ec-ca.key`, "-out", files.ca],
	);
	openssl(
		...["req", "-x509", ...curve, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
		...["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "keyUsage=critical,digitalSignature"],
		...["-CA", files.ca, "-CAkey", `${folder}/ec-ca.key`, "-keyout", files.key, "-out", files.certificate],
	);
	return files;
}

/**
 * The certificates, made anew when they run out within a day.
 *
 * @param folder where they are kept
 * @throws {Error} when OpenSSL fails, or the length can't be met
 */
export function makeCertificates(folder: string): Certificates {
	const files = { ca: `${folder}/ca.pem`, certificate: `${folder}/leaf.pem`, key: `${folder}/leaf.key` };
	if (stillGood(files.certificate) && existsSync(files.ca)) return files;
	mkdirSync(folder, { recursive: true });
	openssl(
		...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "30", "-subj", "/CN=linkxs bench CA"],
		...["-keyout", `${folder}/ca.key`, "-out", files.ca],
	);
	openssl("genrsa", "-out", files.key, "2048");
	let comment = 100;
	for (let attempt = 0; attempt < 4; attempt++) {
		const length = leaf(folder, files, comment);
		if (length === certificateBytes) return files;
		comment += certificateBytes - length;
	}
	throw new Error(`no leaf certificate of ${certificateBytes} bytes`);
}
