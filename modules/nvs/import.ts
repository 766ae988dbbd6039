import type { Key } from "hal/crypto";
import { NvsError } from "./error";
import type { NvsFlash } from "./format";
import { factoryMap, factoryNamespace, type NvsMap, type Target } from "./map";
import { type Namespace, Nvs } from "./nvs";
import { keyOf, textOf } from "./values";
import { wipeNamespace, wipePartition } from "./wipe";

/** Where the records go: the vault. */
export interface ImportRecords {
	text(name: string): string | undefined;
	/** All or nothing. */
	write(changes: Readonly<Record<string, string | Uint8Array | Key | undefined>>): void;
}

export interface ImportOptions {
	/** The partition, opened for writing; it stays open. */
	readonly flash: NvsFlash;
	readonly records: ImportRecords;
	/** Its name, by which a cut import is found again. Default: "factory". */
	readonly path?: string;
	/** Default: `factoryMap`. */
	readonly map?: NvsMap;
	/** Default: "linkxs". */
	readonly namespace?: string;
}

/** There while a partition is being wiped, with what is done to it: what is left in it then isn't to be read again. */
const markerOf = (path: string): string => `update/import/${path}`;

/**
 * Moves what a factory burned as NVS into the records, once: reads all of it, writes all of it in one go, wipes the
 * partition. To be called at each start before anything else writes records; without something to take it costs a look at
 * each page. After a cut at any moment the next call does what is left.
 *
 * A partition that holds nothing else is erased. One that others use, too (`nvs`), keeps their entries; ours are
 * overwritten with zeros. One without the namespace is never changed.
 *
 * @returns names of the records written, sorted; none when there was nothing to take.
 * @throws {NvsError} When anything is wrong with the partition, neither it nor a record is changed.
 */
export function importNvs(options: ImportOptions): string[] {
	const { flash, records, map = factoryMap, namespace = factoryNamespace } = options;
	const marker = markerOf(options.path ?? "factory");
	let taken: string[] = [];
	let how = records.text(marker);
	if (how === undefined) {
		const nvs = new Nvs({ flash });
		const alone = nvs.namespaces.length === 1;
		const found = nvs.open(namespace, alone);
		if (!found) return taken;
		how = alone ? "partition" : "namespace";
		taken = move(found, map, records, { [marker]: how });
	}
	if (how === "partition") wipePartition(flash);
	else wipeNamespace(flash, namespace);
	records.write({ [marker]: undefined });
	return taken;
}

function valueFrom(from: Namespace, key: string, { as }: Target): string | Uint8Array | Key | undefined {
	switch (as) {
		case "text":
			return textOf(from, key);
		case "bytes":
			return from.bytes(key);
		case "secret":
			return keyOf(from, key);
	}
}

/** "log/log" fits. */
interface Logger {
	info(text: string): void;
	warn(text: string): void;
}

/** `importNvs` at a start, which goes on whatever is wrong with the partition: what was taken, or why not, is logged. */
export function takeFactory(options: ImportOptions & { readonly log: Logger }): void {
	try {
		const taken = importNvs(options);
		if (taken.length > 0) options.log.info(`took ${taken.join(", ")} from the factory's partition`);
	} catch (error) {
		options.log.warn(`nothing was taken from the factory's partition: ${(error as Error).message}`);
	}
}

function move(from: Namespace, map: NvsMap, records: ImportRecords, mark: Record<string, string>): string[] {
	const changes: Record<string, string | Uint8Array | Key> = {};
	const secrets: Key[] = [];
	try {
		for (const key of from.keys) {
			const target = map[key];
			if (!target) throw new NvsError("unmapped", key);
			const { record } = target;
			const value = valueFrom(from, key, target);
			if (value === undefined) continue;
			if (typeof value === "object" && "close" in value) secrets.push(value);
			changes[record] = value;
		}
		records.write({ ...changes, ...mark });
		return Object.keys(changes).sort();
	} finally {
		for (const secret of secrets) secret.close();
	}
}
