// `npm start` as a user has it, after the set-up: real processes, a real cloud, real XS.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { ROOT } from "../../tools/build/places";
import { CloudClient, readAccess } from "../../tools/cloud/client";
import { createCloud } from "../../tools/cloud/cloud";
import { folder, Run, useRuns } from "./run";

// Each run compiles, starts a cloud and boots devices; a loaded machine takes its time for that.
vi.setConfig({ testTimeout: 120_000 });

useRuns();

test("--once ends with 0 when three devices have reported, and they stay who they are", async () => {
	const state = folder();
	const first = new Run("--once", "--devices", "3", "--state", state);
	expect(await first.ended).toBe(0);
	for (const name of ["device-1", "device-2", "device-3"]) {
		expect(first.lines.some((it) => it.side === `device:${name}` && /report 1 acknowledged/.test(it.text))).toBe(true);
	}
	const second = new Run("--once", "--state", state);
	expect(await second.ended).toBe(0);
	expect(second.lines.some((it) => /registered|device\.created/.test(it.text))).toBe(false);
});

test.each(["product", "product-nwl", "x509", "id2"])(
	"--auth %s ends with 0 twice: the second time by what its vault has kept",
	async (auth) => {
		const state = folder();
		const first = new Run("--once", "--auth", auth, "--state", state);
		expect(await first.ended, first.errors).toBe(0);
		const second = new Run("--once", "--auth", auth, "--state", state);
		expect(await second.ended, second.errors).toBe(0);
		const enrolled = (run: Run) => run.lines.filter((it) => /enrolment (?!failed)/.test(it.text)).length;
		expect([enrolled(first), enrolled(second)]).toEqual([auth === "id2" ? 0 : 2, 0]);
	},
);

test("--wifi tells the device the file's networks, and it takes the one that's there", async () => {
	const state = folder();
	const air = join(state, "air.txt");
	writeFileSync(air, 'nowhere key 12345678 up 3600000-\n"home net" key "a key of words" hidden\n');
	const run = new Run("--once", "--wifi", air, "--state", state);
	expect(await run.ended).toBe(0);
	await run.line("device:device-1", /no network: no-signal: nowhere/);
	await run.line("device:device-1", /joining home net/);
});

test("a file of --wifi that's none is told once", async () => {
	const state = folder();
	const air = join(state, "air.txt");
	writeFileSync(air, "home key\n");
	const run = new Run("--once", "--wifi", air, "--state", state);
	expect(await run.ended).toBe(1);
	expect(run.errors).toBe(`device-1 ended (1): ${air}:1: key: a value is missing\n`);
	expect(run.lines.filter(({ text }) => text.includes("a value is missing"))).toEqual([]);
});

test("--once fails with the reason on the last lines of stderr when the cloud refuses the device", async () => {
	const state = folder();
	expect(await new Run("--once", "--state", state).ended).toBe(0);
	const cloud = await createCloud({ state: `${state}/cloud` });
	const client = new CloudClient(readAccess(`${state}/cloud`));
	const { Data } = await client.call("QueryProductList", {});
	const ProductKey = Data.List.ProductInfo[0]?.ProductKey ?? "";
	await client.call("DisableThing", { ProductKey, DeviceName: "device-1" });
	await cloud.close();

	const run = new Run("--once", "--within", "3", "--state", state);
	expect(await run.ended).toBe(1);
	expect(run.errors.trim().split("\n").at(-1)).toMatch(
		/^device-1: no report reached the cloud; it said last: .*offline/,
	);
	expect(run.lines.some((it) => it.side === "cloud" && /refused.*disabled/.test(it.text))).toBe(true);
});

test("--once that is interrupted fails and says so", async () => {
	const run = new Run("--once", "--state", folder());
	await run.line("cloud", /listens/);
	expect(await run.interrupt()).toBe(1);
	expect(run.errors.trim().split("\n").at(-1)).toMatch(/^interrupted/);
});

test("--watch runs the changed program, tells a broken one, and Ctrl-C ends cleanly", async () => {
	const program = folder();
	const main = join(program, "main.ts");
	const source = readFileSync(join(ROOT, "main.ts"), "utf8");
	const marked = (mark: string) => writeFileSync(main, `${source}\nlog.info("mark ${mark}");\n`);
	const manifest = JSON.parse(readFileSync(join(ROOT, "manifest.json"), "utf8")) as { include: string[] };
	manifest.include = manifest.include.map((path) => join(ROOT, path));
	writeFileSync(join(program, "manifest.json"), JSON.stringify(manifest));
	marked("one");
	const run = new Run("--watch", "--program", join(program, "manifest.json"), "--state", folder());
	await run.line("device:device-1", /report 1 acknowledged/);
	marked("two");
	const changed = await run.line("device:device-1", /mark two/);
	await run.line("device:device-1", /report 1 acknowledged/, changed);
	await run.line("start", /save to running: \d+ ms/);
	writeFileSync(main, `${source}\nconst x: number = ;\n`);
	await run.line("start", /main\.ts:\d+/);
	expect(await run.interrupt()).toBe(0);
});

test("what doesn't go together is refused with exit code 2", async () => {
	const air = new Run("--wifi", "/nowhere/air.txt");
	expect(await air.ended).toBe(2);
	expect(air.errors).toMatch(/no such file/);
	const both = new Run("--once", "--watch");
	expect(await both.ended).toBe(2);
	expect(both.errors).toMatch(/--once/);
	const serial = new Run("--serial", "nonsense");
	expect(await serial.ended).toBe(2);
	expect(serial.errors).toMatch(/pty, or tcp:PORT/);
	expect(serial.lines).toEqual([]);
	const none = new Run("--devices", "0");
	expect(await none.ended).toBe(2);
	expect(none.errors).toMatch(/1 to 100/);
});
