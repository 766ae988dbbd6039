import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { runCommand } from "./lib/run-command";

// No cloud runs here: a number is looked at before one is asked.
const state = mkdtempSync(join(tmpdir(), "linkxs-numbers-"));
afterAll(() => rmSync(state, { recursive: true, force: true }));

it.each([
	[["assign-licences", "PK", "x"], "'x' is invalid for argument 'number'. A whole number, 1 to 1000000."],
	[["create-carrier", "--out", "f", "--count", "0"], "'--count <number>' argument '0' is invalid"],
	[["create-devices", "PK", "--count", "abc"], "'--count <number>' argument 'abc' is invalid. A whole number, from 1."],
	[["batch", "PK", "x"], "'x' is invalid for argument 'applyId'. A whole number, from 1."],
	[["renew-certificate", "PK/dev", "--grace", "abc"], "'--grace <days>' argument 'abc' is invalid"],
	[["renew-certificate", "PK/dev", "--grace", "1.5"], "'--grace <days>' argument '1.5' is invalid"],
	[["events", "--since", "1e3"], "'--since <id>' argument '1e3' is invalid. A whole number, from 0."],
	[["events", "--count", ""], "'--count <number>' argument '' is invalid"],
	[["messages", "PK/dev", "--count", "-1"], "'--count <number>' argument '-1' is invalid"],
	[["delete-topic", "x", "--yes"], "'x' is invalid for argument 'id'"],
])("%j is a wrong use that says which number, and exits with 2", async (parameters, message) => {
	const { code, out, errors } = await runCommand(state, ...parameters);
	expect(errors).toContain(message);
	expect(code).toBe(2);
	expect(out).toBe("");
});

it("a right one comes to the cloud", async () => {
	for (const parameters of [
		["assign-licences", "PK", "5"],
		["batch", "PK", "1"],
		["renew-certificate", "PK/dev", "--grace", "0"],
	])
		expect(await runCommand(state, ...parameters)).toMatchObject({
			code: 1,
			last: expect.stringContaining("no cloud"),
		});
});
