// ECMA-419 flash storage, on a partition whose content this test may lose: the first of those that the board has.
import FlashStorage, { type Flash, type FlashOpenOptions } from "embedded:storage/flash";
import { afterEach, beforeEach, describe, expect, test } from "test/expect";
import { firstWrong, list, pattern } from "./support";

const scratch = [...FlashStorage].find((name) => name === "app_1" || name === "vault") ?? "";
let flash: Flash;
let unit = 0;
let block = 0;
let size = 0;

beforeEach(() => {
	flash = FlashStorage.open({ path: scratch });
	({ size, blockLength: block, writeAlign: unit } = flash.status());
	flash.eraseBlock(0, 2);
});

afterEach(() => flash.close());

const bytesAt = (offset: number, length: number): number[] => list(flash.read(length, offset));
const erased = (length: number): number[] => new Array<number>(length).fill(255);

test("the partitions have names, each once", () => {
	const names = [...FlashStorage];
	expect(names).toContain(scratch);
	expect(new Set(names).size).toBe(names.length);
});

test("status tells the sizes", () => {
	const status = flash.status();
	expect(status.size).toBe(status.blocks * status.blockLength);
	expect(status.blocks).toBeGreaterThanOrEqual(2);
	expect(status.eraseValue).toBe(255);
	expect([4, 8, 16]).toContain(status.writeAlign);
});

describe("open", () => {
	test.each([
		["nothing", undefined],
		["no path", {}],
		["a path that is no string", { path: 5 }],
		["an unknown partition", { path: "nowhere" }],
		["an unknown mode", { path: "kv", mode: "w" }],
		["an unknown format", { path: "kv", format: "string" }],
	])("%s throws", (_name, options) => {
		expect(() => FlashStorage.open(options as FlashOpenOptions)).toThrow();
	});

	test("is the only way to an object", () => {
		const Class = flash.constructor as new () => Flash;
		expect(() => new Class()).toThrow();
	});

	test("twice is possible: a partition is no resource of one", () => {
		const other = FlashStorage.open({ path: scratch });
		flash.write(pattern(unit * 2), 0);
		expect(list(other.read(unit * 2, 0))).toEqual(Array.from(pattern(unit * 2)));
		other.close();
	});
});

describe("what is written", () => {
	test("is read again, into a buffer, too", () => {
		flash.write(pattern(64), block - 32);
		expect(bytesAt(block - 32, 64)).toEqual(Array.from(pattern(64)));
		const into = new Uint8Array(10);
		expect(flash.read(into.subarray(1, 9), block - 31)).toBe(8);
		expect(Array.from(into)).toEqual([0, ...Array.from(pattern(9)).slice(1), 0]);
	});

	test("may be a view or a buffer", () => {
		flash.write(pattern(unit * 3).subarray(unit, unit * 2), 0);
		flash.write(pattern(unit).buffer as ArrayBuffer, unit);
		expect(bytesAt(0, unit)).toEqual(Array.from(pattern(unit, unit)));
		expect(bytesAt(unit, unit)).toEqual(Array.from(pattern(unit)));
	});

	test("only clears bits", () => {
		const first = new Uint8Array(unit).fill(0b1100_1111);
		const second = new Uint8Array(unit).fill(0b1111_0011);
		flash.write(first, 0);
		flash.write(second, 0);
		expect(bytesAt(0, unit)).toEqual(new Array(unit).fill(0b1100_0011));
	});

	test("is gone after an erase, that of the other block is not", () => {
		flash.write(pattern(16), 0);
		flash.write(pattern(16), block);
		flash.eraseBlock(0);
		expect(bytesAt(0, 16)).toEqual(erased(16));
		expect(bytesAt(block, 16)).toEqual(Array.from(pattern(16)));
	});

	test("can be longer than a block's page, and the last bytes of the partition", () => {
		flash.eraseBlock(size / block - 1);
		flash.write(pattern(1000), size - 1000);
		const bytes = new Uint8Array(flash.read(1000, size - 1000));
		expect([bytes.length, firstWrong(bytes)]).toEqual([1000, -1]);
		flash.eraseBlock(size / block - 1);
	});
});

describe("out of bounds throws", () => {
	test.each([
		["a read past the end", () => flash.read(16, size - 8)],
		["a read from behind the end", () => flash.read(1, size)],
		["a read before the start", () => flash.read(1, -1)],
		["a read of a fraction", () => flash.read(1.5, 0)],
		["a negative read", () => flash.read(-1, 0)],
		["a write past the end", () => flash.write(new Uint8Array(16), size - 8)],
		["a write before the start", () => flash.write(new Uint8Array(16), -16)],
		["a write that isn't aligned", () => flash.write(new Uint8Array(unit), 1)],
		["a write of half a unit", () => flash.write(new Uint8Array(unit - 1), 0)],
		["a write of no buffer", () => flash.write("text" as never, 0)],
		["an erase past the end", () => flash.eraseBlock(size / block)],
		["an erase over the end", () => flash.eraseBlock(0, size / block + 1)],
		["an erase backwards", () => flash.eraseBlock(1, 0)],
		["an erase of a negative block", () => flash.eraseBlock(-1)],
	])("%s", (_name, body) => {
		expect(body).toThrow();
		expect(bytesAt(0, 16)).toEqual(erased(16));
	});
});

test("an erase of no blocks does nothing", () => {
	flash.write(pattern(16), 0);
	flash.eraseBlock(0, 0);
	expect(bytesAt(0, 16)).toEqual(Array.from(pattern(16)));
});

test("mode r reads only", () => {
	flash.write(pattern(16), 0);
	const reader = FlashStorage.open({ path: scratch, mode: "r" });
	expect(list(reader.read(16, 0))).toEqual(Array.from(pattern(16)));
	expect(() => reader.write(new Uint8Array(unit), 64)).toThrow();
	expect(() => reader.eraseBlock(0)).toThrow();
	reader.close();
});

test("close twice is harmless; use afterwards throws", () => {
	const other = FlashStorage.open({ path: scratch });
	other.close();
	other.close();
	expect(() => other.read(4, 0)).toThrow();
	expect(() => other.write(new Uint8Array(unit), 0)).toThrow();
	expect(() => other.eraseBlock(0)).toThrow();
	expect(() => other.status()).toThrow();
});

test("format is buffer", () => {
	expect(flash.format).toBe("buffer");
	expect(() => {
		flash.format = "number" as "buffer";
	}).toThrow();
});
