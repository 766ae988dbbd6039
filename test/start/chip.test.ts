// `npm start -- --on chip` as a user has it, after the set-up: a real cloud, the real firmware in the emulator.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildImage } from "../../tools/build/build";
import { buildChip, buildCompiler } from "../../tools/build/native";
import { ROOT } from "../../tools/build/places";
import { Emulator } from "../../tools/chip/emulator";
import { createFlash } from "../../tools/lib/flash-image";
import { describeChip } from "../lib/chip";
import { folder, Run, useRuns } from "./run";

useRuns();

// A burn takes half a minute where others are at work.
const PATIENCE = 300_000;

describeChip("npm start -- --on chip", () => {
	const kept = mkdtempSync(join(tmpdir(), "linkxs-start-chip-"));
	const image = join(kept, "main.image");
	afterAll(() => rmSync(kept, { recursive: true, force: true }));

	beforeAll(async () => {
		await buildCompiler();
		await buildChip("sifive-u");
		await buildImage({ manifest: ROOT, board: "chip-c3", check: false, out: image });
	}, PATIENCE);

	/** A device's flash as its last run has left it: the image needn't be burned any more. */
	function burned(state: string, name: string): string {
		const path = join(state, "devices", name, "flash.bin");
		mkdirSync(dirname(path), { recursive: true });
		createFlash({ board: "chip-c3", image, path });
		return path;
	}

	const texts = (run: Run, side: string) => run.lines.filter((it) => it.side === side).map(({ text }) => text);

	test("burns the firmware through the boot loader, boots it and reports; the second time it is there", {
		timeout: PATIENCE,
	}, async () => {
		const state = folder();
		const first = new Run("--on", "chip", "--once", "--state", state);
		expect(await first.ended, first.errors).toBe(0);
		const said = texts(first, "device:device-1");
		const burning = said.filter((text) => text.startsWith("burning "));
		expect(burning[0]).toBe("burning ota_0: 0 %");
		expect(burning.at(-1)).toBe("burning ota_0: 100 %");
		expect(said).toContain("# loader: ota_0: starting chip-c3 0.1.0");
		expect(said).toContain("# boot chip-c3 0.1.0: run 1, power-on");
		expect(said.some((text) => /network the time is 20/.test(text))).toBe(true);
		expect(said.some((text) => /report 1 acknowledged/.test(text))).toBe(true);
		expect(texts(first, "cloud").some((text) => /online .* over tls/.test(text))).toBe(true);

		const flash = join(state, "devices/device-1/flash.bin");
		expect(statSync(flash).size).toBe(32 << 20);
		const key = readFileSync(`${flash}.key`);
		expect(readFileSync(`${flash}.otp`).subarray(0, 32)).toEqual(key);

		const second = new Run("--on", "chip", "--once", "--state", state);
		expect(await second.ended, second.errors).toBe(0);
		expect(second.lines.some(({ text }) => /burning|registered|device\.created/.test(text))).toBe(false);
		expect(readFileSync(`${flash}.key`)).toEqual(key);
	});

	test.each(process.env["LINKXS_ALL"] ? ["product", "x509", "id2"] : ["x509"])(
		"--auth %s reports twice: the second time by what its vault has kept",
		{
			timeout: PATIENCE,
		},
		async (auth) => {
			const state = folder();
			burned(state, `${auth}-1`);
			const runs: Run[] = [];
			for (let i = 0; i < 2; i++) {
				const run = new Run("--on", "chip", "--once", "--auth", auth, "--state", state);
				expect(await run.ended, run.errors).toBe(0);
				expect(run.lines.some(({ text }) => text.startsWith("burning"))).toBe(false);
				runs.push(run);
			}
			const enrolled = runs.map((run) => run.lines.filter(({ text }) => /enrolment (?!failed)/.test(text)).length);
			expect(enrolled).toEqual([auth === "id2" ? 0 : 2, 0]);
		},
	);

	test("two devices at once, until Ctrl-C ends them", { timeout: PATIENCE }, async () => {
		const state = folder();
		for (const name of ["device-1", "device-2"]) burned(state, name);
		const run = new Run("--on", "chip", "--devices", "2", "--state", state);
		await run.line("device:device-1", /report 1 acknowledged/);
		await run.line("device:device-2", /report 1 acknowledged/);
		expect(await run.interrupt()).toBe(0);
	});

	test("a flash that another emulator runs on is told, and ends it", { timeout: PATIENCE }, async () => {
		const state = folder();
		burned(state, "device-1");
		const first = new Run("--on", "chip", "--state", state);
		await first.line("device:device-1", /# boot/);
		const second = new Emulator({ flash: join(state, "devices/device-1/flash.bin") });
		expect((await second.ended).reason).toMatch(/is in use: another emulator runs on it$/);
		expect(await first.interrupt()).toBe(0);
	});

	test("--wifi is refused in words", async () => {
		const run = new Run("--on", "chip", "--wifi", "package.json");
		expect(await run.ended).toBe(2);
		expect(run.errors).toBe("--wifi is the simulator's: the emulated chip has a cable, and no radio\n");
	});
});
