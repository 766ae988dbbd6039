// Secrets that a test run makes, noted in the file LINKXS_SECRETS_FILE for the look through its output at the end.
import { createPrivateKey } from "node:crypto";
import { appendFileSync } from "node:fs";

/** What is shorter, as in a document's example, may be anywhere by chance. */
export const LEAST = 16;

/** What the fields of messages that hold secrets are called. */
const secretFields = /^(device|product|gateway)_?secret$|^device_?token$|^private_?key$|^carrier_?key$/i;

/** The numbers of a private key that its certificate doesn't tell: most of a PEM file is no secret. */
function partsOf(secret) {
	if (typeof secret !== "string" || !/^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(secret)) return [secret];
	try {
		const { d, p, q } = createPrivateKey(secret).export({ format: "jwk" });
		return [d, p, q].filter(Boolean).map((number) => Buffer.from(number, "base64url"));
	} catch {
		return []; // a broken one, for a test
	}
}

export function noteSecret(name, secret) {
	const file = process.env.LINKXS_SECRETS_FILE;
	if (file === undefined || secret.length < LEAST) return;
	const lines = partsOf(secret).map((part) => `${name}\t${Buffer.from(part).toString("base64")}\n`);
	appendFileSync(file, lines.join(""), { mode: 0o600 });
}

/** What can't be guessed of a CertUrl: whoever knows it gets the keys. */
const noteUrl = (url) => noteSecret("CertUrl", url.slice(-43));

/** A batch's table: the devices' secrets and addresses. */
function noteTable(csv) {
	const [head = "", ...rows] = csv.split("\r\n").map((line) => line.split(","));
	for (const row of rows)
		for (const [column, cell] of row.entries())
			if (head[column] === "CertUrl") noteUrl(cell);
			else if (secretFields.test(head[column] ?? "")) noteSecret(head[column], cell);
}

export function noteSecretsOf(message) {
	if (typeof message !== "object" || message === null) return;
	for (const [name, value] of Object.entries(message)) {
		if (typeof value !== "string") noteSecretsOf(value);
		else if (secretFields.test(name)) noteSecret(name, value);
		else if (name === "CertUrl") noteUrl(value);
		else if (name === "Csv") noteTable(value);
		else if (name === "Key" && "Id2" in message)
			for (const form of [value, Buffer.from(value, "hex")]) noteSecret("carrier key", form);
	}
}
