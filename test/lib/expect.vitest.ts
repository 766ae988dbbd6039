// In vitest, "test/expect" is vitest's own, and `toThrowCode` beside it. expect.ts types both.
import { expect } from "vitest";

export { afterEach, beforeEach, describe, expect, it, test } from "vitest";

expect.extend({
	toThrowCode(received: unknown, expected: string) {
		// With `rejects` vitest hands over the reason itself.
		const thrown = typeof received === "function" ? thrownBy(received as () => unknown) : received;
		const code = (thrown as { code?: unknown } | undefined)?.code;
		return {
			pass: code === expected,
			message: () => `expected an error with code ${expected}${this.isNot ? " not" : ""} to be thrown`,
			actual: thrown,
			expected,
		};
	},
});

function thrownBy(body: () => unknown): unknown {
	try {
		body();
	} catch (error) {
		return error;
	}
	return undefined;
}
