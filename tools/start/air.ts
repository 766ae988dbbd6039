import { readFileSync } from "node:fs";
import { NETWORKS_MAX } from "network/settings";
import type { Changes } from "vault/records";
import { Key } from "../lib/crypto";

/** Words of a line, some of them in quotes, up to a comment. */
function words(line: string): string[] {
	const found: string[] = [];
	for (const [word] of line.matchAll(/"(?:\\.|[^"])*"|\S+/g)) {
		if (word.startsWith("#")) break;
		found.push(word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, "$1") : word);
	}
	return found;
}

/**
 * The networks of a file of `--wifi` as a device's records, in the file's order, as if somebody had typed each into it.
 * What is wrong with the file is the simulator's to tell, which reads it, too.
 */
export function networksOf(file: string): Changes {
	const changes: Record<string, string | Key> = {};
	let index = 0;
	for (const line of readFileSync(file, "utf8").split("\n")) {
		const [ssid, ...rest] = words(line);
		if (ssid === undefined || index === NETWORKS_MAX) continue;
		index += 1;
		changes[`network/${index}/ssid`] = ssid;
		const key = rest[rest.indexOf("key") + 1];
		if (rest.includes("key") && key !== undefined) changes[`network/${index}/key`] = Key.from(Buffer.from(key));
		if (rest.includes("hidden")) changes[`network/${index}/hidden`] = "1";
	}
	return changes;
}
