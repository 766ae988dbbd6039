// What a failed assertion says on XS. test/unit/expect.shared.test.ts has what both worlds do alike.
import { AssertionError, describe, expect, test } from "test/expect";

const fails = (body: () => void) => {
	let error: unknown;
	try {
		body();
	} catch (thrown) {
		error = thrown;
	}
	if (!(error instanceof AssertionError)) throw new Error("it did not fail");
	return error.message;
};

class Coded extends Error {
	readonly code = "late";
}
const throws = () => {
	throw new Coded("too late");
};

describe("a failure", () => {
	test("says what was expected and what came", () => {
		expect(fails(() => expect(1).toBe(2))).toBe("expected 1 to be 2");
		expect(fails(() => expect(1).not.toBe(1))).toBe("expected 1 not to be 1");
		expect(fails(() => expect(Uint8Array.of(1, 255)).toEqual(1))).toBe("expected Uint8Array (2) 01ff to equal 1");
		expect(fails(() => expect({ a: ["x"] }).toEqual({}))).toBe('expected {a: ["x"]} to equal {}');
		expect(fails(() => expect(throws).toThrowCode("early"))).toBe(
			'expected Error late: too late, thrown, to throw an error with code "early"',
		);
		expect(fails(() => expect("x").toBeUndefined())).toBe('expected "x" to be undefined');
	});

	test("happens to each of the others", () => {
		fails(() => expect(1).toBeGreaterThan(1));
		fails(() => expect(1).toBeLessThan(1));
		fails(() => expect([1]).toHaveLength(2));
		fails(() => expect([1]).toContain(2));
		fails(() => expect("a").toMatch(/b/));
		fails(() => expect(undefined).toBeDefined());
		fails(() => expect(1).toBeInstanceOf(Error));
		fails(() => expect(1).toBeCloseTo(1.1));
	});
});
