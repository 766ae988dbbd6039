// What a user without the packages reads. Nothing is installed here: whether one is there is asked of a dpkg-query of ours.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { root } from "../../lib/files";

const folder = mkdtempSync(join(tmpdir(), "linkxs-packages-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command's set-up on a machine that has these packages alone; nobody is there to be asked. */
function setUp(command: string, ...present: string[]) {
	const program = join(folder, "dpkg-query");
	writeFileSync(program, `#!/bin/sh\n${present.map((name) => `echo "${name} ii "\n`).join("")}`);
	chmodSync(program, 0o755);
	const { status, stderr } = spawnSync(process.execPath, [`tools/${command}.mjs`], {
		cwd: root,
		encoding: "utf8",
		stdio: ["ignore", "pipe", "pipe"],
		env: { PATH: `${folder}:${process.env["PATH"]}` },
	});
	return { status, lines: stderr.trim().split("\n") };
}

test("missing system packages are named, each with its purpose, and the command that installs them comes last", () => {
	const { status, lines } = setUp("start", "gcc", "make", "patch");
	expect(status).toBe(1);
	expect(lines.slice(1, -1).map((line) => line.trim().split(/\s+/)[0])).toEqual(["libc6-dev", "xz-utils"]);
	expect(lines.at(-1)).toMatch(/ {2}apt-get install --no-install-recommends libc6-dev xz-utils$/);
});

test("the tests need more than a start does", () => {
	const { status, lines } = setUp("test", "gcc", "libc6-dev", "make", "patch", "xz-utils");
	expect(status).toBe(1);
	expect(lines.at(-1)).toMatch(
		/ gcc-multilib openssl mosquitto mosquitto-clients chrony python3-venv valgrind libc6-dbg$/,
	);
});
