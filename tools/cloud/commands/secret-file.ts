import { closeSync, fchmodSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Writes what only its owner may read; also over a file that others could read until now. */
export function writeSecret(file: string, text: string): void {
	mkdirSync(dirname(file), { recursive: true });
	const handle = openSync(file, "w", 0o600);
	try {
		fchmodSync(handle, 0o600);
		writeSync(handle, text);
	} finally {
		closeSync(handle);
	}
}
