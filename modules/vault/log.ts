import type { Bytes, Key } from "hal/crypto";
import { Blocks } from "./blocks";
import { ascii, encode, hashName } from "./bytes";
import { Cipher } from "./cipher";
import { VaultError } from "./error";
import { Geometry } from "./geometry";
import { SALT } from "./header";
import { Index, roundCost } from "./index";
import { mount } from "./mount";
import { BASE, LOST, REMOVED, RecordView, SECRET } from "./record";
import { type Changes, RECORDS_MAX, VALUE_MAX, type Value } from "./records";
import type { LogOptions, Seal } from "./types";
import { type Parts, type Tail, Writer } from "./writer";

/** Blocks that a log may take before it's compacted, beside three times what its live records need: a mount reads them. */
const SHORT = 4;

/** One value of a transaction. */
interface Change {
	readonly name: Uint8Array;
	readonly hash: number;
	readonly flags: number;
	/** Undefined: the name is removed. */
	readonly value: Key | undefined;
	readonly cost: number;
}

/** An append-only log of named values over some erase blocks, always whole whatever cuts the power. See SPEC.md. */
export class Log {
	/** Bytes of values given to `write`, those that were there already left out. */
	given = 0;
	readonly #options: LogOptions;
	readonly #blocks: Blocks;
	readonly #geometry: Geometry;
	readonly #index = new Index();
	#parts!: Parts;
	#view!: RecordView;
	#tail!: Tail;
	#state: "open" | "stale" | "closed" = "stale";

	/** @param fresh don't look at what's there: make a log of it. @throws {VaultError} */
	constructor(options: LogOptions, fresh = false) {
		const { flash, crypto, plain, firstBlock, blocks } = options;
		this.#options = options;
		this.#blocks = new Blocks(flash, crypto, firstBlock, blocks);
		const { unit, blockLength, count } = this.#blocks;
		this.#geometry = new Geometry(unit, blockLength, count, plain ? 4 : 16);
		if (fresh) this.formatAnything();
		else this.mount();
	}

	/** A record that can't be read any more is there, too: it can be removed, or written anew. */
	has(name: string): boolean {
		this.ready();
		const entry = this.#index.find(hashName(name));
		return entry >= 0 && (!this.see(entry) || this.#view.isNamed(name));
	}

	/** @throws {VaultError} "secret", "damaged". */
	bytes(name: string): Uint8Array | undefined {
		this.ready();
		const entry = this.entryOf(name);
		if (entry < 0) return undefined;
		this.doubt(entry, name);
		const view = this.#view;
		if (view.flags & SECRET) throw new VaultError("secret", { detail: name });
		const { seal } = this.#parts;
		const total = view.length + view.rest;
		let result: Uint8Array | undefined;
		let done = 0;
		this.pieces(name, (sealed) => {
			const piece = seal.open(view.nonce, view.context, sealed).subarray(0, view.length);
			if (view.length === total) result = piece;
			else {
				result ??= new Uint8Array(total);
				result.set(piece, done);
				done += view.length;
			}
		});
		return result;
	}

	/** @throws {VaultError} "damaged". */
	key(name: string): Key | undefined {
		this.ready();
		const entry = this.entryOf(name);
		if (entry < 0) return undefined;
		this.doubt(entry, name);
		return this.keyInView(name);
	}

	/** The names that have values, sorted. One that can't be read any more isn't among them. */
	names(): string[] {
		this.ready();
		const names: string[] = [];
		for (let entry = 0; entry < this.#index.count; entry += 1) {
			if (!this.see(entry)) continue;
			const name = this.#view.name;
			names.push(ascii(name, 0, name.length));
		}
		return names.sort();
	}

	/** All changes or none. Their names were checked. @throws {VaultError} */
	write(changes: Changes): void {
		this.ready();
		if (this.#index.lost) throw new VaultError("damaged", { detail: "records are missing" });
		const made: Key[] = [];
		try {
			const list = this.changed(changes, made);
			if (list.length === 0) return;
			this.room(list);
			this.guarded(() => this.commit(list));
		} finally {
			for (const key of made) key.close();
		}
	}

	/** Forget everything: another salt, and all other blocks erased. */
	format(): void {
		if (this.#state === "closed") throw new VaultError("closed");
		if (this.#state === "stale") this.formatAnything();
		else this.guarded(() => this.formatOver(this.#tail.log));
	}

	close(): void {
		if (this.#state !== "closed") this.#parts?.seal.close();
		this.#state = "closed";
	}

	get status() {
		this.ready();
		const { total, wear, erased, programmed, count, blockLength } = this.#blocks;
		return {
			size: count * blockLength,
			capacity: this.#geometry.capacity,
			live: this.#index.live,
			records: this.#index.count,
			sequence: this.#tail.sequence,
			wear,
			erases: total,
			erased,
			log: this.#tail.log.length,
			bytesProgrammed: programmed,
			bytesGiven: this.given,
			damaged: this.#index.lost,
			plain: this.#parts.plain,
		};
	}

	// ---- Reading

	/** The entry of a name, with its first record in the view; -1: there's none. */
	private entryOf(name: string): number {
		const entry = this.#index.find(hashName(name));
		if (entry >= 0) {
			// A header that rot has made unreadable since may be this name's.
			if (!this.see(entry)) throw new VaultError("damaged", { detail: name });
			if (this.#view.isNamed(name)) return entry;
		}
		if (this.#index.lost) throw new VaultError("damaged", { detail: name });
		return -1;
	}

	private see(entry: number): boolean {
		const at = this.#index.at(entry);
		const { blockLength } = this.#blocks;
		return this.find(Math.floor(at / blockLength), at % blockLength);
	}

	private find(place: number, offset: number): boolean {
		return this.#view.read(place, offset) || this.#view.readMended(place, offset);
	}

	private doubt(entry: number, name: string): void {
		if (this.#index.isDoubtful(entry)) throw new VaultError("damaged", { detail: name });
	}

	/** The value whose first record is in the view, as a key. */
	private keyInView(name: string): Key {
		const { seal, crypto } = this.#parts;
		const view = this.#view;
		const keys: Key[] = [];
		try {
			this.pieces(name, (sealed) => keys.push(seal.openKey(view.nonce, view.context, sealed, view.length)));
			if (keys.length === 1) return keys.pop() as Key;
			return crypto.Key.fromParts(keys);
		} finally {
			for (const key of keys) key.close();
		}
	}

	/** Goes from record to record of the value whose first one is in the view. */
	private pieces(name: string, open: (sealed: Uint8Array) => void): void {
		const { blocks, geometry, seal } = this.#parts;
		const view = this.#view;
		for (;;) {
			const sealed = new Uint8Array(geometry.align(view.length + seal.overhead));
			blocks.read(view.place, view.body, sealed);
			try {
				open(sealed);
			} catch (cause) {
				throw new VaultError("damaged", { detail: name, cause });
			}
			if (view.rest === 0) return;
			const { place, end, sequence, rest } = view;
			const inPlace = geometry.pieceAt(end, 0, rest) >= 0;
			const next = inPlace ? place : this.#tail.log[this.#tail.log.indexOf(place) + 1];
			const found = next !== undefined && this.find(next, inPlace ? end : geometry.start);
			if (!found || view.sequence !== sequence + 1 || view.length + view.rest !== rest)
				throw new VaultError("damaged", { detail: name });
		}
	}

	// ---- Writing

	/** What of `changes` changes something. Keys that were made for it are added to `made`. */
	private changed(changes: Changes, made: Key[]): Change[] {
		const list: Change[] = [];
		for (const [name, value] of Object.entries(changes)) {
			const hash = hashName(name);
			const entry = this.#index.find(hash);
			const isKnown = entry >= 0 && this.see(entry);
			// One in 2³² pairs of names; the index has one entry for both.
			if (isKnown && !this.#view.isNamed(name)) {
				if (value === undefined) continue;
				throw new VaultError("bad-name", { detail: `${name}: too like another` });
			}
			const label = encode(name);
			if (value === undefined) {
				// Removals come first: they make room.
				if (entry >= 0) list.unshift({ name: label, hash, flags: REMOVED, value, cost: 0 });
				continue;
			}
			const { key, isSecret } = this.keyOf(name, value, made);
			if (isKnown && !this.#index.isDoubtful(entry) && this.isSame(name, key, isSecret)) continue;
			const cost = roundCost(this.#geometry.cost(label.length, key.byteLength));
			list.push({ name: label, hash, flags: isSecret ? SECRET : 0, value: key, cost });
		}
		return list;
	}

	/** All values go the same way to the flash: as keys. */
	private keyOf(name: string, value: Exclude<Value, undefined>, made: Key[]): { key: Key; isSecret: boolean } {
		const content = typeof value === "string" ? encode(value) : value;
		if (content.byteLength > VALUE_MAX) throw new VaultError("value-too-long", { detail: name });
		if (!(content instanceof ArrayBuffer || ArrayBuffer.isView(content))) return { key: content, isSecret: true };
		const key = this.#parts.crypto.Key.from(content as Bytes);
		made.push(key);
		return { key, isSecret: false };
	}

	/** Whether the record in the view has this value: told by digests, so that no secret is seen. */
	private isSame(name: string, value: Key, isSecret: boolean): boolean {
		const view = this.#view;
		const { seal, crypto } = this.#parts;
		if (view.length + view.rest !== value.byteLength || ((view.flags & SECRET) !== 0) !== isSecret) return false;
		let stored: Key;
		try {
			stored = this.keyInView(name);
		} catch {
			return false; // Damaged: it's written anew.
		}
		const isSame = crypto.equal(seal.digest(stored), seal.digest(value));
		stored.close();
		return isSame;
	}

	/** @throws {VaultError} "full" when these changes would be more than the log can hold. */
	private room(list: readonly Change[]): void {
		let records = this.#index.count;
		for (const { hash, value } of list) {
			const isKnown = this.#index.find(hash) >= 0;
			records += value ? (isKnown ? 0 : 1) : -1;
		}
		if (records > RECORDS_MAX) throw new VaultError("full", { detail: `${RECORDS_MAX} records` });
		if (this.liveAfter(list) > this.#geometry.capacity && list.some(({ value }) => value))
			throw new VaultError("full", { detail: `${this.#geometry.capacity} bytes` });
	}

	private liveAfter(list: readonly Change[]): number {
		let live = this.#index.live;
		for (const { hash, cost } of list) {
			const entry = this.#index.find(hash);
			live += cost - (entry < 0 ? 0 : this.#index.costAt(entry));
		}
		return live;
	}

	/** Appended where there's room for it and for compacting what's then there; else by compaction. */
	private commit(list: readonly Change[]): void {
		const { log, position } = this.#tail;
		const { count } = this.#blocks;
		const need = this.#geometry.blocksFor(Math.max(this.liveAfter(list), this.#index.live));
		const after = log.length + this.blocksMore(position, list);
		if (after > log.length && (after + need > count || after > Math.max(SHORT, 3 * need))) this.compact(list);
		else this.append(list);
		for (const { value } of list) this.given += value ? value.byteLength : 0;
	}

	/** Blocks that appending opens. */
	private blocksMore(position: number, list: readonly Change[]): number {
		const { start } = this.#geometry;
		let blocks = 0;
		let at = position;
		for (const { name, value } of list) {
			let label = name.length;
			let rest = value ? value.byteLength : 0;
			for (let isDone = false; !isDone; ) {
				const length = this.#geometry.pieceAt(at, label, rest);
				if (length < 0) {
					blocks += 1;
					at = start;
					continue;
				}
				at += this.#geometry.recordSize(label, length);
				label = 0;
				rest -= length;
				isDone = rest === 0;
			}
		}
		return blocks;
	}

	private append(list: readonly Change[]): void {
		const writer = new Writer(this.#parts, this.#tail);
		const places = list.map(({ flags, name, value }, i) => writer.put(flags, name, value, i === list.length - 1));
		this.#tail = writer.tail;
		this.note(list, places);
	}

	/**
	 * Everything that lives, with `list`'s changes, as one transaction in blocks of its own: a new generation. The old one
	 * counts until the last record of the new one is committed.
	 */
	private compact(list: readonly Change[]): void {
		const { log, sequence } = this.#tail;
		const writer = new Writer(this.#parts, { log: [], position: 0, sequence, base: 0 }, log);
		const index = this.#index;
		const moved = new Uint32Array(index.count);
		const lost: number[] = [];
		for (let entry = 0; entry < index.count; entry += 1) {
			const isChanged = list.some(({ hash }) => index.find(hash) === entry);
			if (isChanged) continue;
			// Rot since the start: without its name it can't be kept, not even as lost.
			if (!this.see(entry)) throw new VaultError("damaged", { detail: "a record's header" });
			const { name, flags } = this.#view;
			const value = index.isDoubtful(entry) ? undefined : this.tryKey();
			if (!value) lost.push(entry);
			moved[entry] = writer.put(value ? flags & SECRET : LOST, name, value, false) + 1;
			value?.close();
		}
		const places = list.map(({ flags, name, value }) => (value ? writer.put(flags, name, value, false) : -1));
		writer.put(BASE, new Uint8Array(0), undefined, true);
		this.#tail = writer.tail;
		for (let entry = 0; entry < moved.length; entry += 1) {
			const at = (moved[entry] as number) - 1;
			if (at >= 0) index.move(entry, at, index.costAt(entry), lost.includes(entry));
		}
		this.note(list, places);
	}

	/** The value whose first record is in the view; undefined when it's damaged. */
	private tryKey(): Key | undefined {
		try {
			return this.keyInView("");
		} catch (error) {
			if (error instanceof VaultError && error.code === "damaged") return undefined;
			throw error;
		}
	}

	private note(list: readonly Change[], places: readonly number[]): void {
		list.forEach(({ hash, value, cost }, i) => {
			if (value) this.#index.set(hash, places[i] as number, cost, false);
			else this.#index.remove(hash);
		});
	}

	// ---- Beginning

	private ready(): void {
		if (this.#state === "closed") throw new VaultError("closed");
		if (this.#state === "stale") this.mount();
	}

	/** What's in RAM is believed only while all writes go well. */
	private guarded(work: () => void): void {
		this.#state = "stale";
		work();
		this.#state = "open";
	}

	private sealOf(salt: Uint8Array): Seal {
		const { crypto, deriveKey, plain } = this.#options;
		return plain ? plain(crypto) : new Cipher(crypto, deriveKey, salt);
	}

	private use(seal: Seal, salt: Uint8Array): void {
		this.#parts?.seal.close();
		const { crypto, plain } = this.#options;
		this.#parts = {
			blocks: this.#blocks,
			geometry: this.#geometry,
			crypto,
			seal,
			salt,
			plain: plain !== undefined,
		};
		this.#view = new RecordView(this.#blocks, this.#geometry, seal);
	}

	private mount(): void {
		const wanted = { plain: this.#options.plain !== undefined, sealOf: (salt: Uint8Array) => this.sealOf(salt) };
		const found = mount(this.#blocks, this.#geometry, wanted, this.#index);
		if (found.kind === "blank") {
			const isVirgin = found.place >= 0;
			if (isVirgin) this.#blocks.newest = found.place - 1;
			this.begin([], isVirgin);
			this.wipe(found.old);
		} else {
			this.use(found.seal, found.salt);
			this.#tail = found.tail;
			// With records missing nothing is written any more: the damage stays as it is.
			if (!this.#index.lost) {
				if (found.isTorn) this.settle(found.kept);
				this.wipe(found.old);
			}
		}
		this.#state = "open";
	}

	/** Nothing that was forgotten stays. */
	private wipe(old: readonly number[]): void {
		for (const place of old) if (!this.#tail.log.includes(place)) this.#blocks.erase(place);
	}

	/** After a power cut: say in a new block where the log ends, so that no later start can see it otherwise. */
	private settle(kept: readonly number[]): void {
		const { log, sequence, base, position } = this.#tail;
		if (kept.length + 1 + this.#geometry.blocksFor(this.#index.live) > this.#blocks.count) {
			this.compact([]);
			return;
		}
		const writer = new Writer(this.#parts, { log: kept, position, sequence, base }, log);
		writer.open();
		this.#tail = writer.tail;
	}

	/** A log without records, in a block that isn't among `taken`. */
	private begin(taken: readonly number[], isVirgin: boolean): void {
		const salt = this.#options.crypto.random(SALT);
		this.use(this.sealOf(salt), salt);
		const writer = new Writer(this.#parts, { log: [], position: 0, sequence: 1, base: 0 }, taken);
		writer.open(isVirgin);
		writer.put(BASE, new Uint8Array(0), undefined, true);
		this.#tail = writer.tail;
		this.#index.clear();
	}

	/** The old log counts until the new one is there; then its blocks are erased. */
	private formatOver(taken: readonly number[]): void {
		this.begin(taken, false);
		const [own] = this.#tail.log;
		for (let place = 0; place < this.#blocks.count; place += 1)
			if (place !== own && !this.#blocks.isErased(place)) this.#blocks.erase(place);
	}

	private formatAnything(): void {
		let taken: readonly number[] = [];
		try {
			this.mount();
			taken = this.#tail.log;
		} catch (error) {
			if (!(error instanceof VaultError) || error.code === "flash") throw error;
		}
		this.guarded(() => this.formatOver(taken));
	}
}
