import { NetworkError } from "network/error";
import { describe, expect, test } from "test/expect";

describe("an error", () => {
	test.each([
		["no-networks", "never"],
		["bad-settings", "never"],
		["no-signal", "later"],
		["wrong-key", "later"],
		["refused", "later"],
		["no-address", "later"],
		["timeout", "later"],
		["lost", "later"],
		["system", "later"],
	] as const)("%s is tried again %s", (code, retry) => {
		const error = new NetworkError(code, "home");
		expect([error.retry, error.name, error.message, error.detail]).toEqual([
			retry,
			"NetworkError",
			`${code}: home`,
			"home",
		]);
		expect(new NetworkError(code).message).toBe(code);
	});

	test("of no code is a mistake", () => {
		expect(() => new NetworkError("x" as "lost")).toThrow(TypeError);
	});
});
