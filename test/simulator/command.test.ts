// `linkxs sim`, as a user calls it.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../tools/build/places";
import { crc32 } from "../../tools/lib/crc32";
import { writePartition } from "../../tools/lib/flash-image";
import { exitCodes, type SimulatorEvent } from "../../tools/simulator/events";
import { flash, folder, image, useSimulator, variant } from "./firmware";

useSimulator();

/** Runs it until it ends, or until `until` was printed: then it's told to stop. */
function sim(args: readonly string[], until?: string): Promise<{ code: number | null; out: string; err: string }> {
	const child = spawn(process.execPath, ["tools/linkxs.mjs", "sim", "--variant", variant, ...args], {
		cwd: ROOT,
		stdio: ["ignore", "pipe", "pipe"],
	});
	let out = "";
	let err = "";
	let stopped = false;
	const stop = () => {
		if (stopped || !until || !(out + err).includes(until)) return;
		stopped = child.kill("SIGTERM");
	};
	child.stdout.setEncoding("utf8").on("data", (data: string) => {
		out += data;
		stop();
	});
	child.stderr.setEncoding("utf8").on("data", (data: string) => {
		err += data;
		stop();
	});
	return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

describe("linkxs sim", () => {
	test("boots a flash file, and ends cleanly", async () => {
		const { code, out } = await sim(["--flash", await flash("hello")], "tick 2");
		expect(out).toMatch(/^hello power-on/);
		expect(code).toBe(exitCodes.stopped);
	});

	test("makes a flash for an image, and writes another one into it", async () => {
		const path = join(folder(), "made", "flash.bin");
		await sim(["--flash", path, "--image", await image("hello")], "tick 1");
		const other = await sim(["--flash", path, "--image", await image("costly")], "squares 100");
		expect(other.code).toBe(exitCodes.stopped);
	});

	test("--json gives the events, the console goes to stderr", async () => {
		const { out, err, code } = await sim([
			"--flash",
			await flash("ends", { end: "exception" }),
			"--json",
			"--resets",
			"0",
		]);
		const events = out
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line) as SimulatorEvent);
		expect(events.map(({ event }) => event).filter((it) => it !== "flash")).toEqual(["boot", "reset", "exit"]);
		expect(err).toContain("# exception: RangeError: thrown late");
		expect(code).toBe(exitCodes.resets);
	});

	test("a failure is the last line of stderr, exit code 1", async () => {
		const { code, err } = await sim(["--flash", await flash("hello"), "--board", "esp32-devkit"]);
		expect(err.trim().split("\n").at(-1)).toContain('the image is for board "sim", this is "esp32-devkit"');
		expect(code).toBe(exitCodes.failed);
	});

	test("an image for an engine of before: the command that builds it again is named", async () => {
		const path = await flash("hello");
		const bytes = Buffer.from(readFileSync(await image("hello")));
		bytes.fill(1, 96, 128);
		bytes.writeUInt32LE(crc32(bytes.subarray(0, 252)), 252);
		writePartition(path, "ota_0", bytes);
		const { code, err } = await sim(["--flash", path]);
		expect(err.trim().split("\n").slice(-2)).toEqual([
			expect.stringContaining("build it again"),
			`with npx linkxs sim --flash ${path} --program manifest.json`,
		]);
		expect(code).toBe(exitCodes.failed);
	});

	test("wrong usage is exit code 2", async () => {
		for (const args of [["--resets", "many"], ["--variant", "fast"], ["--serial", "line"], ["--nonsense"]]) {
			const { code, err } = await sim(args);
			expect(code).toBe(exitCodes.usage);
			expect(err).not.toBe("");
		}
	});
});
