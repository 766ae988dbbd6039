// Secrets that a test run makes, noted in the file LINKXS_SECRETS_FILE for the look through its output at the end.
import { appendFileSync } from "node:fs";

/** What is shorter, as in a document's example, may be anywhere by chance. */
export const LEAST = 16;

/** What the fields of messages that hold secrets are called. */
const secretFields = /^(device|product|gateway)_?secret$|^device_?token$|^private_?key$|^carrier_?key$/i;

export function noteSecret(name, secret) {
	const file = process.env.LINKXS_SECRETS_FILE;
	if (file === undefined || secret.length < LEAST) return;
	appendFileSync(file, `${name}\t${Buffer.from(secret).toString("base64")}\n`, { mode: 0o600 });
}

export function noteSecretsOf(message) {
	if (typeof message !== "object" || message === null) return;
	for (const [name, value] of Object.entries(message)) {
		if (typeof value === "string" && secretFields.test(name)) noteSecret(name, value);
		else noteSecretsOf(value);
	}
}
