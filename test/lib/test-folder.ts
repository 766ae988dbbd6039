// Folders of a test's own under build/, gone after its file: flash files are large.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../tools/build/places";

const made: string[] = [];

export function testFolder(parent: string): string {
	const above = join(ROOT, "build", parent);
	mkdirSync(above, { recursive: true });
	const folder = mkdtempSync(join(above, "t-"));
	made.push(folder);
	return folder;
}

/** For afterAll, once nothing runs in them any more. */
export function removeTestFolders(): void {
	for (const folder of made) rmSync(folder, { recursive: true, force: true });
}
