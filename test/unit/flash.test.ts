import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { findBoard } from "../../tools/lib/boards";
import { root } from "../lib/files";

// An SDK whose mcconfig writes down how it was called.
const sdk = mkdtempSync(join(tmpdir(), "linkxs-sdk-"));
const bin = join(sdk, "build/bin/lin/release");
const calls = join(sdk, "calls");
mkdirSync(bin, { recursive: true });
writeFileSync(
	join(bin, "mcconfig"),
	`#!/bin/sh\necho building\necho "$PWD $UPLOAD_PORT $*" >> ${calls}\ncase "$*" in *"$FAIL"*) [ -z "$FAIL" ] || exit 3;; esac\n`,
	{ mode: 0o755 },
);
beforeEach(() => writeFileSync(calls, ""));
afterAll(() => rmSync(sdk, { recursive: true }));

function flash(args: string[], more: Record<string, string> = {}) {
	const env = { PATH: process.env["PATH"] ?? "", MODDABLE: sdk, IDF_PATH: "/idf", ...more };
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		["--import", "tsx", "tools/cli.ts", "flash", ...args],
		{
			cwd: root,
			env,
			encoding: "utf8",
		},
	);
	const called = readFileSync(calls, "utf8").trim().split("\n").filter(Boolean);
	return { status, stdout, reason: stderr.trim().split("\n").at(-1), called };
}

describe("linkxs flash", () => {
	test("builds, then writes to the board at the port", () => {
		const { status, called } = flash(["--board", "esp32", "--port", "/dev/ttyUSB0"]);
		expect(called).toEqual([
			`${root} /dev/ttyUSB0 -m -p esp32:./boards/esp32-devkit -t build`,
			`${root} /dev/ttyUSB0 -m -p esp32:./boards/esp32-devkit -t deploy`,
		]);
		expect(status).toBe(0);
	});

	test("gives a board of the SDK's own to it, and leaves the debugger to the default goal", () => {
		expect(flash(["--board", "esp32/m5stack", "--debug"]).called).toEqual([`${root}  -d -m -p esp32/m5stack`]);
	});

	test("only builds for the Moddable simulator, which needs no ESP-IDF", () => {
		expect(flash(["--board", "lin"], { IDF_PATH: "" }).called).toEqual([`${root}  -m -p lin -t build`]);
	});

	test("stops at what fails, with exit code 1 and the command", () => {
		const { status, called, reason } = flash(["--board", "esp32c3"], { FAIL: "build" });
		expect(called).toHaveLength(1);
		expect({ status, reason }).toEqual({
			status: 1,
			reason: "mcconfig -m -p esp32:./boards/esp32c3-devkit -t build: exit code 3",
		});
	});

	test("--json prints one object, the SDK's words go to stderr", () => {
		const { stdout } = flash(["--board", "esp32s3", "--json", "--port", "/dev/ttyACM0"]);
		expect(JSON.parse(stdout)).toEqual({ board: "esp32s3-devkit", flashed: true, port: "/dev/ttyACM0" });
	});

	test("--print runs nothing", () => {
		const { stdout, called } = flash(["--board", "esp32", "--port", "/dev/ttyUSB0", "--print", "--build"]);
		expect(called).toEqual([]);
		expect(stdout).toBe(
			`PATH=${root}/node_modules/.bin:${bin}:"$PATH" UPLOAD_PORT=/dev/ttyUSB0 mcconfig -m -p esp32:./boards/esp32-devkit -t build\n`,
		);
	});

	test.each([
		[["--board", "esp32"], { MODDABLE: "" }, "MODDABLE is not set"],
		[["--board", "esp32"], { IDF_PATH: "" }, "IDF_PATH is not set"],
		[["--board", "sim"], {}, "is simulated"],
		[["--board", "toaster"], {}, "no board toaster: there are chip-c3, chip-mps2, chip-nrf52, esp32-devkit"],
	])("%j with %j is refused in words", (args, env, words) => {
		const { status, reason, called } = flash(args, env);
		expect({ status, called }).toEqual({ status: 1, called: [] });
		expect(reason).toContain(words);
	});

	test("without a board it's wrong usage", () => {
		expect(flash([]).status).toBe(2);
	});
});

test("boards go by their folders", () => {
	expect(findBoard("esp32s3")).toEqual({
		name: "esp32s3-devkit",
		kind: "esp32",
		platform: "esp32:./boards/esp32s3-devkit",
		chip: "esp32s3",
	});
	expect(findBoard("esp32/esp32c6")).toMatchObject({ platform: "esp32/esp32c6", chip: "esp32c6" });
	expect(() => findBoard("../sim")).toThrow("no board");
});
