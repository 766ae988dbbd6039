import {
	closeSync,
	constants,
	fchmodSync,
	fsyncSync,
	linkSync,
	openSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/**
 * Files that are there whole or not at all, whatever ends the process or the power: written beside their place, brought
 * to the disk, and only then given their name. `mode` is what others may read.
 */

/** Puts a file in the place of whatever was there. */
export function replaceFile(path: string, content: string | Uint8Array, mode: number): void {
	const draft = writeDraft(path, content, mode);
	try {
		renameSync(draft, path);
	} catch (error) {
		rmSync(draft, { force: true });
		throw error;
	}
	bringNames(path);
}

/** Makes a file, unless there is one: who comes second leaves the first one's. */
export function makeFile(path: string, content: string | Uint8Array, mode: number): void {
	const draft = writeDraft(path, content, mode);
	try {
		linkSync(draft, path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
	} finally {
		rmSync(draft, { force: true });
	}
	bringNames(path);
}

function writeDraft(path: string, content: string | Uint8Array, mode: number): string {
	const draft = `${path}.${process.pid}`;
	try {
		// What a killed process of the same number left is written over.
		const file = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, mode);
		try {
			fchmodSync(file, mode);
			writeFileSync(file, content);
			fsyncSync(file);
		} finally {
			closeSync(file);
		}
	} catch (error) {
		rmSync(draft, { force: true });
		throw error;
	}
	return draft;
}

/** A new name is on the disk when its folder is. */
function bringNames(path: string): void {
	const folder = openSync(dirname(path), "r");
	try {
		fsyncSync(folder);
	} finally {
		closeSync(folder);
	}
}
