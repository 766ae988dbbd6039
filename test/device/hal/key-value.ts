// ECMA-419 key-value storage. Keys have at most 15 characters: what ESP32's NVS takes.
import KeyValue, { type Storage, type StorageFormat, type StorageOpenOptions } from "embedded:storage/key-value";
import { afterEach, beforeEach, describe, expect, test } from "test/expect";
import { firstWrong, list, pattern } from "./support";

const PATH = "conformance";
let store: Storage;

beforeEach(() => {
	store = KeyValue.open({ path: PATH });
	for (const key of store) store.delete(key);
});

afterEach(() => {
	store.close();
});

describe("open", () => {
	test.each([
		["nothing", undefined],
		["no path", {}],
		["an empty path", { path: "" }],
		["a path that is no string", { path: 5 }],
		["an unknown mode", { path: PATH, mode: "w" }],
		["an unknown format", { path: PATH, format: "float" }],
	])("%s throws", (_name, options) => {
		expect(() => KeyValue.open(options as StorageOpenOptions)).toThrow();
	});

	test("is the only way to an object", () => {
		const Class = store.constructor as new () => Storage;
		expect(() => new Class()).toThrow();
	});
});

test("what isn't there is undefined", () => {
	expect(store.read("nothing")).toBeUndefined();
	expect(store.read("nothing", new Uint8Array(4))).toBeUndefined();
	store.delete("nothing");
});

describe("buffers", () => {
	test("are bytes in any form", () => {
		store.write("view", pattern(20).subarray(5, 9));
		store.write("buffer", Uint8Array.of(1, 2).buffer);
		store.write("empty", new Uint8Array(0));
		store.write("data", new DataView(pattern(20).buffer, 8, 2));
		expect(list(store.read("view"))).toEqual(Array.from(pattern(4, 5)));
		expect(list(store.read("buffer"))).toEqual([1, 2]);
		expect(list(store.read("empty"))).toEqual([]);
		expect(list(store.read("data"))).toEqual(Array.from(pattern(2, 8)));
	});

	test("can be read into one", () => {
		store.write("key", pattern(5));
		const into = new Uint8Array(8);
		expect(store.read("key", into.subarray(1))).toBe(5);
		expect(Array.from(into)).toEqual([0, ...pattern(5), 0, 0]);
		expect(() => store.read("key", new Uint8Array(4))).toThrow();
	});

	test("of two kilobytes", () => {
		store.write("big", pattern(2000));
		const bytes = new Uint8Array(store.read("big") as ArrayBuffer);
		expect([bytes.length, firstWrong(bytes)]).toEqual([2000, -1]);
	});
});

test("strings keep every character", () => {
	store.format = "string";
	for (const [key, text] of Object.entries({ a: "", b: "plain", c: "äöü ß €", d: "設備", e: "🐳 \u{10ffff}" })) {
		store.write(key, text);
		expect(store.read(key)).toBe(text);
	}
});

test.each([
	["uint8", [0, 1, 255]],
	["int8", [-128, -1, 127]],
	["uint16", [0, 65535]],
	["int16", [-32768, 32767]],
	["uint32", [0, 4294967295]],
	["int32", [-2147483648, 2147483647]],
	["uint64", [0n, 18446744073709551615n]],
	["int64", [-9223372036854775808n, 9223372036854775807n]],
] as [StorageFormat, (number | bigint)[]][])("%s keeps the ends of its range", (format, values) => {
	store.format = format;
	expect(store.format).toBe(format);
	for (const value of values) {
		store.write("number", value);
		expect(store.read("number")).toBe(value);
	}
});

describe("another format", () => {
	test("than it was written in throws", () => {
		store.format = "string";
		store.write("text", "5");
		store.format = "uint8";
		expect(() => store.read("text")).toThrow();
		store.format = "buffer";
		expect(() => store.read("text")).toThrow();
	});

	test("that doesn't exist throws", () => {
		expect(() => {
			store.format = "float" as "int8";
		}).toThrow();
		expect(store.format).toBe("buffer");
	});

	test("of the value than the object's throws", () => {
		expect(() => store.write("x", "text")).toThrow();
		expect(() => store.write("x", 5)).toThrow();
		store.format = "uint64";
		expect(() => store.write("x", "text")).toThrow();
		expect([...store]).toEqual([]);
	});
});

test("the last of many writes counts", () => {
	store.format = "uint32";
	for (let count = 0; count < 300; count++) store.write("counter", count);
	expect(store.read("counter")).toBe(299);
	expect([...store]).toEqual(["counter"]);
});

test("the iterator gives each key once; deleted ones are gone", () => {
	for (const key of ["one", "two", "three"]) store.write(key, Uint8Array.of(1));
	store.write("two", Uint8Array.of(2));
	expect([...store].sort()).toEqual(["one", "three", "two"]);
	store.delete("two");
	expect([...store].sort()).toEqual(["one", "three"]);
	expect(store.read("two")).toBeUndefined();
	store.write("two", Uint8Array.of(3));
	expect(list(store.read("two"))).toEqual([3]);
});

test("writing and deleting while iterating is fine", () => {
	for (const key of ["one", "two", "three"]) store.write(key, Uint8Array.of(1));
	const seen: string[] = [];
	for (const key of store) {
		seen.push(key);
		store.delete(key);
		store.write("more", Uint8Array.of(1));
	}
	expect(seen.filter((key) => key !== "more").sort()).toEqual(["one", "three", "two"]);
});

test("another path is another world", () => {
	const other = KeyValue.open({ path: `${PATH}2`, format: "string" });
	for (const key of other) other.delete(key);
	store.write("key", Uint8Array.of(1));
	expect(other.read("key")).toBeUndefined();
	other.write("key", "other");
	expect(list(store.read("key"))).toEqual([1]);
	store.delete("key");
	expect(other.read("key")).toBe("other");
	other.delete("key");
	other.close();
});

test("mode r reads only", () => {
	store.write("key", Uint8Array.of(1));
	const reader = KeyValue.open({ path: PATH, mode: "r" });
	expect(list(reader.read("key"))).toEqual([1]);
	expect(() => reader.write("key", Uint8Array.of(2))).toThrow();
	expect(() => reader.delete("key")).toThrow();
	reader.close();
});

test("keys that can't be throw", () => {
	for (const key of ["", "x".repeat(300), undefined, 5, null]) {
		expect(() => store.write(key as string, Uint8Array.of(1))).toThrow();
		expect(() => store.read(key as string)).toThrow();
	}
});

test("close twice is harmless; use afterwards throws", () => {
	const other = KeyValue.open({ path: PATH });
	other.close();
	other.close();
	expect(() => other.read("key")).toThrow();
	expect(() => other.write("key", Uint8Array.of(1))).toThrow();
	expect(() => other.delete("key")).toThrow();
	expect(() => [...other]).toThrow();
	expect(() => other.format).toThrow();
});
