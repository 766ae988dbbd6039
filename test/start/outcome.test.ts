import { expect, test } from "vitest";
import { Outcome } from "../../tools/start/outcome";

test("both the device's word and the cloud's are needed", () => {
	const outcome = new Outcome(["a"]);
	outcome.console("a", "I main: report 1 acknowledged");
	expect(outcome.done).toBe(false);
	outcome.reported("a");
	expect(outcome.done).toBe(true);
});

test("the cloud's word alone is not enough, and the reason says which is missing", () => {
	const outcome = new Outcome(["a"]);
	outcome.console("a", "W link: refused: bad-credentials");
	outcome.reported("a");
	expect(outcome.done).toBe(false);
	expect(outcome.reason()).toBe(
		"a: its report reached the cloud, but the device has no answer; it said last: W link: refused: bad-credentials",
	);
});

test("every device counts, and strangers don't", () => {
	const outcome = new Outcome(["a", "b"]);
	for (const name of ["a", "stranger"]) {
		outcome.console(name, "I main: report 1 acknowledged");
		outcome.reported(name);
	}
	expect(outcome.done).toBe(false);
	expect(outcome.reason()).toBe("b: no report reached the cloud; it said nothing");
});
