import type { Blocks } from "./blocks";
import { VaultError } from "./error";
import { BLOCK_HEADER, type Geometry } from "./geometry";
import { type BlockHeader, decodeHeader, isOurs, magic, VERSION } from "./header";
import type { Index } from "./index";
import type { Seal } from "./types";
import { Walk } from "./walk";
import type { Tail } from "./writer";

/** A block whose header is whole, whoever wrote it. */
interface Found {
	readonly place: number;
	readonly header: BlockHeader;
	/** The seal that it was made with; undefined when it isn't ours. */
	readonly seal: Seal | undefined;
	/** Its commit word: only an opened block has records. */
	readonly isOpened: boolean;
	readonly isExact: boolean;
}

export interface Wanted {
	readonly plain: boolean;
	sealOf(salt: Uint8Array): Seal;
}

/** A log that was found, or what has to be done to have one. */
export type Mounted =
	| {
			readonly kind: "log";
			readonly tail: Tail;
			readonly seal: Seal;
			readonly salt: Uint8Array;
			/** A power cut has left something: no write before a new block is opened. */
			readonly isTorn: boolean;
			/** Those blocks of `tail.log` that are needed then. */
			readonly kept: readonly number[];
			/** Places of blocks of a vault that was here before a format. */
			readonly old: readonly number[];
	  }
	/** Nothing was ever written, but for a format that was cut; `place` can be written without an erase, when there's one. */
	| { readonly kind: "blank"; readonly place: number; readonly old: readonly number[] };

/** Looks at all blocks, and reads the newest whole generation into `index`. @throws {VaultError} */
export function mount(blocks: Blocks, geometry: Geometry, wanted: Wanted, index: Index): Mounted {
	const found = scan(blocks, geometry, wanted);
	const ours = found.filter(({ seal }) => seal).sort((a, b) => b.header.epoch - a.header.epoch);
	refuse(found, ours.length > 0, wanted.plain, blocks);
	const [newest] = ours;
	if (!newest) return { kind: "blank", place: blankPlace(blocks, geometry), old: [] };
	blocks.epoch = newest.header.epoch;
	blocks.newest = newest.place;
	let isUsed = false;
	const tried: number[] = [];
	for (const { header, seal, isOpened } of ours) {
		if (!isOpened || !seal || tried.includes(header.base)) continue;
		tried.push(header.base);
		const chain = chainOf(ours, header, seal);
		index.clear();
		const walk = new Walk(blocks, geometry, seal, index);
		if (walk.run(chain)) {
			const last = chain[chain.length - 1] as Found;
			const { position, sequence, isTorn } = walk;
			return {
				kind: "log",
				tail: { log: chain.map(({ place }) => place), position, sequence, base: header.base },
				// What begins where the next record does holds nothing that counts.
				kept: chain.filter((it) => it.header.first < sequence).map(({ place }) => place),
				seal,
				salt: header.salt,
				isTorn: isTorn || newest !== last || !last.isExact,
				old: found.filter((it) => !sameBytes(it.header.salt, header.salt)).map(({ place }) => place),
			};
		}
		isUsed ||= walk.hasRecords;
	}
	index.clear();
	// A format that was cut leaves no record with a name; anything else was a vault once.
	if (isUsed) throw new VaultError("damaged", { detail: "no generation is whole" });
	return { kind: "blank", place: -1, old: found.map(({ place }) => place) };
}

function scan(blocks: Blocks, geometry: Geometry, wanted: Wanted): Found[] {
	const found: Found[] = [];
	const seals: { salt: Uint8Array; seal: Seal }[] = [];
	const sealOf = (salt: Uint8Array): Seal => {
		let known = seals.find((it) => sameBytes(it.salt, salt));
		if (!known) {
			known = { salt, seal: wanted.sealOf(salt) };
			seals.push(known);
		}
		return known.seal;
	};
	const bytes = new Uint8Array(2 * BLOCK_HEADER);
	for (let place = 0; place < blocks.count; place += 1) {
		blocks.read(place, 0, bytes);
		let known: BlockHeader | undefined;
		let seal: Seal | undefined;
		for (let copy = 0; copy < 2 && !seal; copy += 1) {
			const part = bytes.subarray(copy * BLOCK_HEADER, (copy + 1) * BLOCK_HEADER);
			const header = decodeHeader(part);
			if (!header) continue;
			known ??= header;
			if (header.version !== VERSION || header.plain !== wanted.plain) continue;
			const own = sealOf(header.salt);
			if (!isOurs(part, own)) continue;
			seal = own;
			known = header;
		}
		if (!known) continue;
		if (known.version === VERSION) {
			blocks.setWear(place, known.erases);
			blocks.total = Math.max(blocks.total, known.total);
		}
		// A block that was moved is none of this log.
		if (seal && known.place !== place && known.blocks === blocks.count) continue;
		if (seal) blocks.setEpoch(place, known.epoch);
		const commit = blocks.commitAt(place, geometry.start - geometry.unit);
		// Whole but for its proof, and never opened: a first format that the power cut, not another's vault.
		if (!seal && commit === 0) continue;
		found.push({ place, header: known, seal, isOpened: commit !== 0, isExact: commit === 2 });
	}
	// What a header would have said: the ring turns evenly.
	for (let place = 0; place < blocks.count; place += 1)
		if (!found.some((it) => it.place === place)) blocks.setWear(place, Math.floor(blocks.total / blocks.count));
	return found;
}

function refuse(found: readonly Found[], hasOurs: boolean, plain: boolean, blocks: Blocks): void {
	if (found.some(({ header }) => header.version > VERSION)) throw new VaultError("newer-format");
	for (const { header, seal } of found) {
		if (!seal && hasOurs) continue;
		if (header.plain !== plain) throw new VaultError("other-mode", { detail: plain ? "encrypted" : "plain" });
		if (header.blocks !== blocks.count || header.unit !== blocks.unit)
			throw new VaultError("other-layout", { detail: `${header.blocks} blocks, write unit ${header.unit}` });
		if (!seal) throw new VaultError("wrong-key");
	}
}

/** The opened blocks of a generation from its first to `last`, by what each says of the one before it. */
function chainOf(ours: readonly Found[], last: BlockHeader, seal: Seal): Found[] {
	const members = ours.filter((it) => it.header.base === last.base && it.seal === seal && it.isOpened);
	const chain: Found[] = [];
	for (let epoch = last.epoch; epoch !== 0; ) {
		const wanted = epoch;
		// One that's missing is found by its sequence numbers; what's left serves the keys that were written later.
		const next = members.find((it) => it.header.epoch <= wanted);
		if (!next) break;
		chain.unshift(next);
		epoch = Math.min(next.header.previous, next.header.epoch - 1);
	}
	return chain;
}

/**
 * Where a format may begin on a flash without a vault.
 *
 * A format that the power cut leaves a block with a torn header and nothing else; the next one takes another block, since
 * an erase, cut in its turn, would make something of it that nobody knows. Only when all are so it's erased.
 *
 * @throws {VaultError} "not-a-vault" when anything else is there.
 */
function blankPlace(blocks: Blocks, geometry: Geometry): number {
	let blank = -1;
	let torn = 0;
	let unknown = 0;
	const bytes = new Uint8Array(4);
	for (let place = 0; place < blocks.count; place += 1) {
		if (blocks.isFree(place, 0, geometry.start)) {
			if (blank < 0) blank = place;
			continue;
		}
		blocks.read(place, 0, bytes);
		let isTorn = blocks.isErased(place, geometry.start);
		for (let i = 0; i < 4; i += 1) isTorn &&= (~(bytes[i] as number) & (magic[i] as number) & 255) === 0;
		if (isTorn) torn += 1;
		else unknown += 1;
	}
	if (unknown > (torn > 0 ? 1 : 0)) throw new VaultError("not-a-vault");
	return blank;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
	for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
	return true;
}
