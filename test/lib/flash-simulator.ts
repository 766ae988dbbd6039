// A NOR flash with a power switch: bits go from 1 to 0, a unit is programmed once, and a cut leaves things half done.
import type { VaultFlash } from "vault/types";

/** What the flash does in the operation in which the power goes. */
export type CutMode =
	| "before" // nothing of it
	| "after" // all of it
	| "torn" // the first units, and some bits of the next; of an erase, a part erased and the rest anything
	| "unstable" // the same, and the half-programmed bits read now so, now so
	| "scattered" // some bits of every unit (a page is programmed at once); of an erase, anything everywhere
	| "weak"; // the same, and those bits read now so, now so

export const cutModes: readonly CutMode[] = ["before", "after", "torn", "unstable", "scattered", "weak"];

export interface Cut {
	/** The flash operation, counted from 1 since power-on. */
	readonly at: number;
	readonly mode: CutMode;
}

/** Thrown by every operation once the power is off. */
export class PowerCut extends Error {
	override readonly name = "PowerCut";
}

/** The vault did what flash doesn't take: programmed a unit twice, or wrote over a bit. */
export class FlashRule extends Error {
	override readonly name = "FlashRule";
}

/** mulberry32: the same numbers for the same seed. */
export function generator(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let value = Math.imul(state ^ (state >>> 15), state | 1);
		value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
		return ((value ^ (value >>> 14)) >>> 0) / 0x1_0000_0000;
	};
}

export interface FlashOptions {
	readonly blocks?: number;
	readonly blockLength?: number;
	/** Write unit. */
	readonly unit?: number;
	readonly seed?: number;
}

export class FlashSimulator implements VaultFlash {
	readonly blocks: number;
	readonly blockLength: number;
	readonly unit: number;
	/** What a read finds, but for the unstable bits. */
	readonly cells: Uint8Array;
	/** Units that were programmed since their block's erase. */
	readonly #programmed: Uint8Array;
	/** Bits that read anything, by address of their byte. */
	#unstable = new Map<number, number>();
	/** Operations since power-on. */
	operations = 0;
	/** Of each block. */
	readonly erases: number[];
	bytesProgrammed = 0;
	/** Rules that were broken; a test that ends well has none. */
	readonly broken: string[] = [];
	isOff = false;
	#cut: Cut | undefined;
	#random: () => number;

	constructor({ blocks = 4, blockLength = 4096, unit = 4, seed = 1 }: FlashOptions = {}) {
		this.blocks = blocks;
		this.blockLength = blockLength;
		this.unit = unit;
		this.cells = new Uint8Array(blocks * blockLength).fill(255);
		this.#programmed = new Uint8Array(this.cells.length / unit);
		this.erases = new Array<number>(blocks).fill(0);
		this.#random = generator(seed);
	}

	/** The same flash once more, in this state, with its power on. */
	copy(seed: number): FlashSimulator {
		const { blocks, blockLength, unit } = this;
		const copy = new FlashSimulator({ blocks, blockLength, unit, seed });
		copy.cells.set(this.cells);
		copy.#programmed.set(this.#programmed);
		copy.#unstable = new Map(this.#unstable);
		copy.erases.splice(0, blocks, ...this.erases);
		return copy;
	}

	/** Power on; it goes off in the operation that `cut` names. */
	powerOn(cut?: Cut): void {
		this.isOff = false;
		this.operations = 0;
		this.#cut = cut;
	}

	status() {
		const { blocks, blockLength, unit } = this;
		return { size: blocks * blockLength, blockLength, blocks, writeAlign: unit, eraseValue: 255 };
	}

	read(into: Uint8Array, offset: number): number {
		if (this.isOff) throw new PowerCut();
		if (offset < 0 || offset + into.length > this.cells.length) throw new RangeError("past the end");
		into.set(this.cells.subarray(offset, offset + into.length));
		if (this.#unstable.size > 0)
			for (const [at, bits] of this.#unstable)
				if (at >= offset && at < offset + into.length) {
					const noise = Math.floor(this.#random() * 256) & bits;
					into[at - offset] = ((into[at - offset] as number) & ~bits) | noise;
				}
		return into.length;
	}

	write(bytes: Uint8Array, offset: number): void {
		const { unit } = this;
		if (offset % unit || bytes.length % unit || bytes.length === 0) throw new RangeError("not in whole units");
		if (offset < 0 || offset + bytes.length > this.cells.length) throw new RangeError("past the end");
		const mode = this.#step();
		if (mode === "before") this.#off();
		for (let at = offset / unit; at < (offset + bytes.length) / unit; at += 1)
			if (this.#programmed[at]) this.#break(`unit at ${at * unit} programmed twice`);
		for (let i = 0; i < bytes.length; i += 1)
			if (~(this.cells[offset + i] as number) & (bytes[i] as number)) this.#break(`bit set at ${offset + i}`);
		if (mode === "scattered" || mode === "weak") {
			this.#part(bytes, 0, bytes.length, offset, mode === "weak");
			this.#off();
		}
		const units = bytes.length / unit;
		const whole = mode === "torn" || mode === "unstable" ? Math.floor(this.#random() * units) * unit : bytes.length;
		for (let i = 0; i < whole; i += 1)
			this.cells[offset + i] = (this.cells[offset + i] as number) & (bytes[i] as number);
		this.#programmed.fill(1, offset / unit, (offset + whole) / unit);
		this.bytesProgrammed += whole;
		if (whole < bytes.length) {
			this.#part(bytes, whole, whole + unit, offset, mode === "unstable");
			this.#off();
		}
		if (mode) this.#off();
	}

	eraseBlock(block: number): void {
		if (!(block >= 0 && block < this.blocks)) throw new RangeError("no such block");
		const mode = this.#step();
		if (mode === "before") this.#off();
		const start = block * this.blockLength;
		const end = start + this.blockLength;
		for (const at of [...this.#unstable.keys()]) if (at >= start && at < end) this.#unstable.delete(at);
		this.erases[block] = (this.erases[block] as number) + 1;
		if (mode && mode !== "after") {
			const half =
				mode === "scattered" || mode === "weak" ? start : start + Math.floor(this.#random() * this.blockLength);
			this.cells.fill(255, start, half);
			// Anything: old content on its way to ones, and nothing of it.
			const keep = mode === "torn" && this.#random() < 0.5;
			for (let at = half; at < end; at += 1) {
				const noise = Math.floor(this.#random() * 256);
				this.cells[at] = keep ? (this.cells[at] as number) | noise : noise;
				if ((mode === "unstable" || mode === "weak") && this.#random() < 0.01)
					this.#unstable.set(at, Math.floor(this.#random() * 256));
			}
			this.#programmed.fill(1, start / this.unit, end / this.unit);
			this.#off();
		}
		this.cells.fill(255, start, end);
		this.#programmed.fill(0, start / this.unit, end / this.unit);
		if (mode) this.#off();
	}

	/** Some bits of what was to be programmed, in the units from `from` to `to`. */
	#part(bytes: Uint8Array, from: number, to: number, offset: number, isUnstable: boolean): void {
		// Now many of them, now hardly any: a cut may come at any moment of the pulse.
		const share = this.#random() ** 2;
		for (let i = from; i < to; i += 1) {
			const before = this.cells[offset + i] as number;
			const wanted = before & ~(bytes[i] as number);
			let bits = 0;
			for (let bit = 1; bit < 256; bit <<= 1) if (wanted & bit && this.#random() < share) bits |= bit;
			if (isUnstable) {
				if (bits) this.#unstable.set(offset + i, bits);
				// Others have made it.
				const made = this.#random() < 0.5 ? wanted & ~bits & Math.floor(this.#random() * 256) : 0;
				this.cells[offset + i] = before & ~made;
				bits |= made;
			} else this.cells[offset + i] = before & ~bits;
			// A unit that no pulse has reached is as it was.
			if (bits) this.#programmed[Math.floor((offset + i) / this.unit)] = 1;
		}
	}

	#break(rule: string): void {
		this.broken.push(rule);
		throw new FlashRule(rule);
	}

	#step(): CutMode | undefined {
		if (this.isOff) throw new PowerCut();
		this.operations += 1;
		return this.#cut?.at === this.operations ? this.#cut.mode : undefined;
	}

	#off(): never {
		this.isOff = true;
		throw new PowerCut();
	}
}
