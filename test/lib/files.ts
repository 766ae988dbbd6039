import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** The repository's root. */
export const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** Paths below `folder` (from the repository's root) whose names end in one of `endings`, sorted. */
export function filesBelow(folder: string, ...endings: string[]): string[] {
	return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
		.map((entry) => relative(root, join(entry.parentPath, entry.name)))
		.sort();
}

/** Path and text of files, as `filesBelow` finds them. */
export function textsBelow(folder: string, ...endings: string[]): Map<string, string> {
	return new Map(filesBelow(folder, ...endings).map((path) => [path, readFileSync(join(root, path), "utf8")]));
}
