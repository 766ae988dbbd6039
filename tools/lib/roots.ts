import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";

/** One of the root certificates that we ship: hal/certificates/index.json. */
export interface Root {
	readonly name: string;
	readonly file: string;
	readonly subject: string;
	/** Of the DER bytes, lower-case hex. */
	readonly sha256: string;
	/** ISO 8601. */
	readonly from: string;
	readonly to: string;
}

const folder = new URL("../../hal/certificates/", import.meta.url);

export function roots(): Root[] {
	return JSON.parse(readFileSync(new URL("index.json", folder), "utf8"));
}

/**
 * A root certificate as PEM.
 *
 * @param what a name of the index, or a file in PEM or DER.
 * @throws {Error} when it is neither, or no certificate.
 */
export function rootPem(what: string): string {
	const root = roots().find(({ name }) => name === what);
	const file = root ? new URL(root.file, folder) : what;
	if (!existsSync(file)) {
		const names = roots().map(({ name }) => name);
		throw new Error(`${what}: no such file, nor one of the roots ${names.join(", ")}`);
	}
	try {
		return new X509Certificate(readFileSync(file)).toString();
	} catch {
		throw new Error(`${what}: no certificate in PEM or DER`);
	}
}
