import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";

// mcconfig calls whatever `tsc` is on the PATH, our own build the one of package.json: the device's world passes with all.
const compilers = [
	{ folder: "typescript-5", version: /^Version 5\.9\./ },
	{ folder: "typescript", version: /^Version 6\.0\./ },
	{ folder: "typescript-7", version: /^Version 7\.0\./ },
];

function tsc(folder: string, ...args: string[]) {
	const { status, stdout, stderr } = spawnSync(process.execPath, [`node_modules/${folder}/bin/tsc`, ...args], {
		encoding: "utf8",
	});
	// The first errors are enough to see what is wrong.
	return { status, output: (stdout + stderr).split("\n").slice(0, 8).join("\n") };
}

describe.each(compilers)("$folder", ({ folder, version }) => {
	test("is the version that it is meant to be", () => {
		expect(tsc(folder, "--version").output).toMatch(version);
	});

	test("accepts the device's tsconfig.json", () => {
		expect(tsc(folder, "-p", "tsconfig.json", "--noEmit")).toEqual({ status: 0, output: "" });
	}, 120_000);
});
