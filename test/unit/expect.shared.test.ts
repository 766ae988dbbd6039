// The assertion face itself: what passes in vitest passes on XS, and what fails there fails here.
import { afterEach, beforeEach, describe, expect, test } from "test/expect";

class Coded extends Error {
	readonly code = "late";
}
const throws = () => {
	throw new Coded("too late");
};

describe("equality", () => {
	test("of plain things", () => {
		expect({ a: [1, { b: "x" }], c: undefined }).toEqual({ a: [1, { b: "x" }] });
		expect({ a: undefined }).not.toStrictEqual({});
		expect([1, 2]).not.toEqual([1, 2, 3]);
		expect(Number.NaN).toEqual(Number.NaN);
		expect(0).not.toBe(-0);
	});

	test("of bytes, maps, sets, dates and errors", () => {
		expect(Uint8Array.of(1, 2)).toEqual(Uint8Array.of(1, 2));
		expect(Uint8Array.of(1, 2)).not.toEqual(Uint8Array.of(1, 3));
		expect(Uint8Array.of(1).buffer).toEqual(Uint8Array.of(1).buffer);
		expect(new Map([["a", [1]]])).toEqual(new Map([["a", [1]]]));
		expect(new Set([1, 2])).not.toEqual(new Set([1, 3]));
		expect(new Date(5)).toEqual(new Date(5));
		expect(new Error("a")).not.toEqual(new Error("b"));
	});

	test("of circles ends", () => {
		const make = () => {
			const a: { self?: unknown; x: number } = { x: 1 };
			a.self = a;
			return a;
		};
		expect(make()).toEqual(make());
	});

	test("with stand-ins", () => {
		expect({ id: 7, at: "now", deep: { a: 1, b: 2 } }).toEqual({
			id: expect.any(Number),
			at: expect.stringContaining("no"),
			deep: expect.objectContaining({ b: 2 }),
		});
		expect({ a: 1, b: { c: 2, d: 3 } }).toMatchObject({ b: { c: 2 } });
	});
});

describe("what throws", () => {
	test("is told by message, pattern, class and code", () => {
		expect(throws).toThrow();
		expect(throws).toThrow("late");
		expect(throws).toThrow(/^too/);
		expect(throws).toThrow(Coded);
		expect(throws).toThrowCode("late");
		expect(throws).not.toThrowCode("early");
		expect(() => 1).not.toThrow();
	});

	test("in a promise too", async () => {
		await expect(Promise.reject(new Coded("x"))).rejects.toThrowCode("late");
		await expect(Promise.resolve(5)).resolves.toBe(5);
		await expect(Promise.resolve(5)).resolves.not.toBe(6);
	});
});

describe("around a test", () => {
	const order: string[] = [];
	beforeEach(() => {
		order.push("before");
	});
	afterEach(async () => {
		await undefined;
		order.push("after");
	});

	test("beforeEach comes first", () => {
		expect(order).toEqual(["before"]);
	});
	test("and afterEach came after the one before", () => {
		expect(order).toEqual(["before", "after", "before"]);
	});
});

test.each([
	[1, 2],
	[3, 4],
])("a row gives %i and %i", (a, b) => {
	expect(b - a).toBe(1);
});
