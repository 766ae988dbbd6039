// Nothing of what was taken may stay in NVS, and a cut at any moment is followed by doing all of it again.

import {
	atFlash,
	type Entry,
	entryLength,
	markErased,
	type NvsFlash,
	pagesOf,
	type Unreadable,
	visitEntries,
} from "./format";

/** Erase all: for a partition with nothing else in it. */
export function wipePartition(flash: NvsFlash): void {
	const { size, blockLength } = atFlash("status", () => flash.status());
	// One by one, blank or not: what a cut left half erased can look blank.
	for (let block = 0; block < size / blockLength; block++) atFlash("erase", () => flash.eraseBlock(block));
}

/**
 * Overwrite one namespace's entries with zeros, which NOR flash can do without erasing, and leave the others as they are.
 * Entries of it that ESP-IDF erased long ago are overwritten too: erasing there only marks them. A value goes before its
 * entry, the namespace's own entry goes last: as long as anything is left, it's found again.
 */
export function wipeNamespace(flash: NvsFlash, name: string): void {
	const number = numberOf(flash, name);
	if (number === undefined) return;
	overwrite(flash, (it) => it.namespace === number);
	overwrite(flash, (it) => it.namespace === 0 && it.key === name);
}

const isEntry = (it: Entry | Unreadable): it is Entry => "key" in it;

/** Also of an entry that is marked as erased already: its overwriting was cut. */
function numberOf(flash: NvsFlash, name: string): number | undefined {
	let number: number | undefined;
	for (const page of pagesOf(flash)) {
		visitEntries(flash, page, (it) => {
			if (isEntry(it) && it.namespace === 0 && it.key === name) number = it.data.getUint8(0);
			return number !== undefined;
		});
		if (number !== undefined) break;
	}
	return number;
}

function overwrite(flash: NvsFlash, ours: (it: Entry) => boolean): void {
	const zeros = new Uint8Array(entryLength);
	const wipe = (it: Entry | Unreadable): boolean => {
		if (!isEntry(it) || !ours(it)) return false;
		for (let i = it.span - 1; i > 0; i--) atFlash("write", () => flash.write(zeros, it.at + i * entryLength));
		markErased(flash, it.at, it.span);
		atFlash("write", () => flash.write(zeros, it.at));
		return false;
	};
	for (const page of pagesOf(flash)) visitEntries(flash, page, wipe);
}
