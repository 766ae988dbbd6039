// Looking for secrets where none may be: in a device's memory, in whatever the test run prints.

import { LEAST } from "./secret-notes.mjs";

export { LEAST };

/** A secret as somebody may have written it down. */
export interface Form {
	readonly name: string;
	readonly bytes: Buffer;
}

/** base64 of bytes wherever they begin in what was encoded: the digits that depend on them alone. */
function base64Forms(secret: Buffer): string[] {
	return [0, 1, 2].map((before) => {
		const text = Buffer.concat([Buffer.alloc(before), secret])
			.toString("base64")
			.replace(/=+$/, "");
		const first = Math.ceil((before * 8) / 6);
		const last = Math.floor(((before + secret.length) * 8) / 6);
		return text.slice(first, last);
	});
}

export function formsOf(secret: Buffer): Form[] {
	const utf16 = Buffer.from(secret.toString("latin1"), "utf16le");
	return [
		{ name: "as it is", bytes: secret },
		{ name: "in hex", bytes: Buffer.from(secret.toString("hex")) },
		{ name: "in HEX", bytes: Buffer.from(secret.toString("hex").toUpperCase()) },
		...base64Forms(secret).map((text) => ({ name: "in base64", bytes: Buffer.from(text) })),
		{ name: "in 16-bit characters", bytes: utf16 },
		{ name: "in 16-bit characters, big-endian", bytes: Buffer.from(utf16).swap16() },
	];
}

/** What of a secret is no secret: the frame of a PEM file. */
const frame = /-----(BEGIN|END) [A-Z ]+-----\s*/g;

/** The pieces to look for: the rest of a secret may be overwritten. */
function windowsOf(secret: Buffer): Buffer[] {
	const windows: Buffer[] = [];
	for (const part of secret.toString("latin1").split(frame)) {
		const bytes = Buffer.from(part, "latin1");
		// Any LEAST * 1.5 bytes in a row have one of these in them.
		for (let at = 0; at + LEAST <= bytes.length; at += LEAST / 2) windows.push(bytes.subarray(at, at + LEAST));
		if (bytes.length >= LEAST) windows.push(bytes.subarray(bytes.length - LEAST));
	}
	return windows;
}

export interface Trace {
	/** The secret's name, never itself. */
	readonly secret: string;
	readonly form: string;
	readonly offset: number;
}

/**
 * Where secrets are in `memory`, by any piece of LEAST bytes and in any form; the first place of each form. A secret that
 * is shorter is looked for as a whole.
 */
export function tracesOf(memory: Buffer, secrets: Readonly<Record<string, Uint8Array | string>>): Trace[] {
	const found: Trace[] = [];
	for (const [name, value] of Object.entries(secrets)) {
		const secret = typeof value === "string" ? Buffer.from(value) : Buffer.from(value);
		if (secret.length === 0) throw new Error(`${name} is empty`);
		const pieces = secret.length < LEAST ? [secret] : windowsOf(secret);
		const seen = new Set<string>();
		for (const piece of pieces) {
			for (const { name: form, bytes } of formsOf(piece)) {
				const offset = seen.has(form) ? -1 : memory.indexOf(bytes);
				if (offset < 0) continue;
				seen.add(form);
				found.push({ secret: name, form, offset });
			}
		}
	}
	return found;
}
