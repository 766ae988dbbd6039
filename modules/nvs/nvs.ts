import { nvsCrc } from "./crc";
import { NvsError } from "./error";
import {
	atFlash,
	type Entry,
	entryLength,
	integerLength,
	type NvsFlash,
	type Page,
	pagesOf,
	state,
	statesOf,
	type,
	type Unreadable,
	visitEntries,
} from "./format";

/** A value longer than this is no record, and no key (hal/crypto). */
const valueMost = 4096;
/** Items that a namespace may have here: names of records, and chunks of blobs. */
const itemsMost = 128;

/** One value, or a chunk of one: where it lies. */
interface Item {
	readonly key: string;
	readonly entry: Entry;
}

const isEntry = (it: Entry | Unreadable): it is Entry => "key" in it;

/**
 * Reads a partition of ESP-IDF's NVS library, formats 1 and 2, not its encrypted form. It holds what lies where, never a
 * value; a value is read when it is asked for, and its checksum is looked at. "nvs/values" makes texts and keys of them. (No
 * hal/ here: host programs read partitions, too.)
 */
export class Nvs {
	readonly #flash: NvsFlash;
	readonly #pages: readonly Page[];
	/** Names and numbers of the namespaces. */
	readonly #namespaces: readonly Item[];

	/**
	 * Any partition: what isn't NVS has no namespace.
	 *
	 * @throws {NvsError} "damaged" when a page or an entry is, "flash".
	 */
	constructor(options: { readonly flash: NvsFlash }) {
		this.#flash = options.flash;
		this.#pages = pagesOf(this.#flash);
		// A namespace's own entry is never erased.
		this.#namespaces = this.#items(0, true);
	}

	/** Sorted. */
	get namespaces(): string[] {
		return this.#namespaces.map(({ key }) => key).sort();
	}

	/**
	 * What a namespace holds; undefined when there's no such one. `whole`: nobody has ever erased an entry of it, as in a
	 * partition from the factory; one that is erased and has no successor is damage then.
	 *
	 * @throws {NvsError} "damaged", "too-long" for too many entries, "flash".
	 */
	open(name: string, whole = false): Namespace | undefined {
		const found = this.#namespaces.find(({ key }) => key === name);
		if (!found) return undefined;
		return new Namespace(this.#flash, this.#items(found.entry.data.getUint8(0), whole));
	}

	/** The last of each key in `namespace`: an entry is replaced by writing another one, and erasing the first after it. */
	#items(namespace: number, whole: boolean): Item[] {
		const items: Item[] = [];
		const erased: Entry[] = [];
		const take = (it: Entry | Unreadable): boolean => {
			if (!isEntry(it)) {
				// Its end may be what a cut left; ESP-IDF puts that right at its next start.
				if (it.state === state.erased || (it.state === state.empty && it.blank)) return false;
				throw new NvsError("damaged", `entry at ${it.at}`);
			}
			if (it.state !== state.written && it.state !== state.erased) throw new NvsError("damaged", `entry at ${it.at}`);
			if (it.namespace !== namespace) return false;
			if (it.state === state.written && this.#complete(it)) keep(items, it);
			else erased.push(it);
			return false;
		};
		for (const page of this.#pages) visitEntries(this.#flash, page, take);
		const lost = erased.find((it) => !items.some(({ key }) => key === it.key));
		if (whole && lost) throw new NvsError("damaged", lost.key);
		return items;
	}

	/** All of a value was there before its entry was made, or its erasing hasn't begun. */
	#complete(entry: Entry): boolean {
		if (entry.span === 1) return true;
		return statesOf(this.#flash, entry.at, entry.span).every((it) => it === state.written);
	}
}

/** The same name again takes the place of the former; a blob's index and its chunks are names of their own. */
function keep(items: Item[], entry: Entry): void {
	const isChunk = entry.type === type.blobData;
	const same = items.findIndex(
		({ key, entry: other }) =>
			key === entry.key &&
			(isChunk ? other.type === type.blobData && other.chunk === entry.chunk : other.type !== type.blobData),
	);
	if (same >= 0) items.splice(same, 1);
	items.push({ key: entry.key, entry });
	if (items.length > itemsMost) throw new NvsError("too-long", `more than ${itemsMost} entries`);
}

/** The values of one namespace. */
export class Namespace {
	readonly #flash: NvsFlash;
	readonly #items: readonly Item[];

	constructor(flash: NvsFlash, items: readonly Item[]) {
		this.#flash = flash;
		this.#items = items;
	}

	/** Names, sorted. */
	get keys(): string[] {
		const named = this.#items.filter(({ entry }) => entry.type !== type.blobData);
		return named.map(({ key }) => key).sort();
	}

	/** An integer; undefined when there's none of that name. */
	integer(key: string): number | bigint | undefined {
		const entry = this.#find(key);
		return entry && integerLength(entry.type) ? integerOf(entry) : undefined;
	}

	/**
	 * A string's bytes without its end, or a blob's, in a buffer that nobody else has.
	 *
	 * @throws {NvsError} "damaged", "too-long", "wrong-type" for an integer, "flash".
	 */
	bytes(key: string): Uint8Array | undefined {
		return this.#read(key, this.#find(key));
	}

	#find(key: string): Entry | undefined {
		return this.#items.find((it) => it.key === key && it.entry.type !== type.blobData)?.entry;
	}

	#read(key: string, entry: Entry | undefined): Uint8Array | undefined {
		if (!entry) return undefined;
		switch (entry.type) {
			case type.string: {
				const bytes = this.#readParts(key, [entry]);
				const length = bytes.length - 1;
				if (length >= 0 && bytes[length] === 0) return bytes.subarray(0, length);
				bytes.fill(0);
				throw new NvsError("damaged", key);
			}
			case type.blob:
				return this.#readParts(key, [entry]);
			case type.blobIndex:
				return this.#readParts(key, this.#chunksOf(key, entry), entry.data.getUint32(0, true));
			default:
				throw new NvsError("wrong-type", key);
		}
	}

	#chunksOf(key: string, index: Entry): Entry[] {
		const [count, first] = [index.data.getUint8(4), index.data.getUint8(5)];
		return Array.from({ length: count }, (_, i) => {
			const found = this.#items.find(
				({ key: other, entry }) => other === key && entry.type === type.blobData && entry.chunk === first + i,
			);
			if (!found) throw new NvsError("damaged", key);
			return found.entry;
		});
	}

	/** What lies behind entries, one after the other, into one buffer that nobody else has. */
	#readParts(key: string, parts: readonly Entry[], expected?: number): Uint8Array {
		const lengths = parts.map((entry) => entry.data.getUint16(0, true));
		const length = lengths.reduce((sum, it) => sum + it, 0);
		if (expected !== undefined && expected !== length) throw new NvsError("damaged", key);
		if (length > valueMost + 1) throw new NvsError("too-long", key);
		const bytes = new Uint8Array(length);
		try {
			let to = 0;
			for (const [i, entry] of parts.entries()) {
				const end = to + (lengths[i] as number);
				if (end - to > (entry.span - 1) * entryLength) throw new NvsError("damaged", key);
				if (end > to) atFlash("read", () => this.#flash.read(bytes.subarray(to, end), entry.at + entryLength));
				if (nvsCrc(bytes, to, end) !== entry.data.getUint32(4, true)) throw new NvsError("damaged", key);
				to = end;
			}
			return bytes;
		} catch (error) {
			bytes.fill(0);
			throw error;
		}
	}
}

function integerOf(entry: Entry): number | bigint {
	const { data } = entry;
	const signed = (entry.type & 0x10) !== 0;
	switch (integerLength(entry.type)) {
		case 1:
			return signed ? data.getInt8(0) : data.getUint8(0);
		case 2:
			return signed ? data.getInt16(0, true) : data.getUint16(0, true);
		case 4:
			return signed ? data.getInt32(0, true) : data.getUint32(0, true);
		default:
			return signed ? data.getBigInt64(0, true) : data.getBigUint64(0, true);
	}
}
