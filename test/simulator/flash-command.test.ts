// `linkxs-sim flash`, the device's own C for host tools, against the device and by itself.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { simulatorPath } from "../../tools/build/places";
import { createFlash } from "../../tools/lib/flash-image";
import { boot, flash, folder, useSimulator, variant } from "./firmware";

useSimulator();

function emptyFlash(): string {
	const path = join(folder(), "flash.bin");
	createFlash({ board: "sim", path });
	return path;
}

interface Outcome {
	readonly code: number | null;
	readonly out: string;
	readonly reason: string;
}

function command(name: string, path: string, input = ""): Promise<Outcome> {
	return new Promise((resolve) => {
		const child = spawn(simulatorPath(variant), ["flash", name, path], { stdio: "pipe" });
		let out = "";
		let errors = "";
		child.stdout.on("data", (data) => (out += String(data)));
		child.stderr.on("data", (data) => (errors += String(data)));
		child.on("close", (code) => resolve({ code, out, reason: errors.trim().split("\n").at(-1) ?? "" }));
		child.stdin.on("error", () => {});
		child.stdin.end(input);
	});
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Text records of one domain. */
async function writeRecords(flash: string, path: string, records: ReadonlyMap<string, string>): Promise<void> {
	const lines = [...records].map(([key, value]) => `${path} ${key} string ${base64(value)}\n`);
	expect(await command("kv-set", flash, lines.join(""))).toMatchObject({ code: 0, reason: "" });
}

async function readRecords(flash: string, path: string, keys: readonly string[]): Promise<Map<string, string>> {
	const { out } = await command("kv-get", flash, keys.map((key) => `${path} ${key}\n`).join(""));
	const fields = out.split("\n").map((line) => line.split(" "));
	return new Map(
		fields.flatMap(([, key, , text]) => (key && text ? [[key, Buffer.from(text, "base64").toString()]] : [])),
	);
}

test("records come back as they went in", async () => {
	const path = emptyFlash();
	const lines = [
		`link productKey string ${base64("a1B2c3")}`,
		`link empty string `,
		`link bytes buffer ${Buffer.from([0, 255, 10, 13]).toString("base64")}`,
		`x number uint16 ${Buffer.from([1, 2]).toString("base64")}`,
	];
	expect(await command("kv-set", path, `${lines.join("\n")}\n`)).toEqual({ code: 0, out: "", reason: "" });
	const names = "link productKey\nlink empty\nlink bytes\nx number\nlink nothing\n";
	expect((await command("kv-get", path, names)).out).toBe(`${lines.join("\n")}\n`);
	const list = (await command("kv-list", path)).out.trim().split("\n").sort();
	expect(list).toEqual(["link bytes buffer 4", "link empty string 0", "link productKey string 6", "x number uint16 2"]);
	expect((await command("kv-delete", path, "link bytes\nlink nothing\n")).code).toBe(0);
	expect((await command("kv-get", path, "link bytes\n")).out).toBe("");
});

test("a value that is there already costs no write", async () => {
	const path = emptyFlash();
	const line = `link key string ${base64("value")}\n`;
	await command("kv-set", path, line);
	const before = readFileSync(path);
	await command("kv-set", path, line);
	expect(readFileSync(path).equals(before)).toBe(true);
});

test("values of every length up to 120 survive base64", async () => {
	const path = emptyFlash();
	const records = new Map(Array.from({ length: 120 }, (_, length) => [`k${length}`, "ü".repeat(length + 1)]));
	await writeRecords(path, "x", records);
	expect(await readRecords(path, "x", [...records.keys()])).toEqual(records);
});

describe("refusals have a reason and exit code 1, and say no value", () => {
	const secret = base64("secret");
	test.each([
		["no base64", `link key string ${secret.replace("=", "?")}*`, "line 1: no base64"],
		["an unknown format", `link key float ${secret}`, "line 1: no such format"],
		["no key", "link", "line 1: path and key are needed"],
		["a long key", `link ${"k".repeat(64)} string ${secret}`, "line 1: a name is empty or longer than 63 bytes"],
		[
			"a full partition",
			Array.from({ length: 20 }, (_, i) => `x k${i} string ${base64("x".repeat(3000))}`).join("\n"),
			"full",
		],
	])("%s", async (_name, input, reason) => {
		const outcome = await command("kv-set", emptyFlash(), `${input}\n`);
		expect(outcome.code).toBe(1);
		expect(outcome.reason).toContain(reason);
		expect(outcome.reason).not.toContain(secret);
	});

	test("a file that is no flash", async () => {
		const path = join(folder(), "not-flash");
		writeFileSync(path, "hello");
		expect(await command("kv-list", path)).toMatchObject({ code: 1, reason: 'flash: no partition "kv"' });
		expect((await command("kv-list", `${path}-missing`)).code).toBe(1);
		expect(await command("kv-set", path, `a b string ${secret}\n`)).toMatchObject({ code: 1 });
	});

	test("wrong usage is 2", async () => {
		expect((await command("kv-what", emptyFlash())).code).toBe(2);
	});
});

test("the device finds what was set, and is not disturbed while it runs", async () => {
	const path = await flash("cuts", { steps: 1 });
	await writeRecords(path, "cuts", new Map([["a", "burnt"]]));
	const device = boot(path);
	await device.line("found a=burnt");
	expect(await command("kv-list", path)).toMatchObject({
		code: 1,
		reason: expect.stringContaining("a device runs on it"),
	});
	await device.stop();
	expect((await command("kv-list", path)).out).toBe("cuts a string 5\n");
});

test("what the device wrote is read", async () => {
	const path = await flash("cuts", { steps: 4 });
	const device = boot(path);
	await device.line("last");
	await device.stop();
	const read = await readRecords(path, "cuts", ["a", "b", "c"]);
	expect([...read.keys()]).toEqual(["a", "b", "c"]);
	expect(read.get("a")?.startsWith("3-")).toBe(true);
});

test("the partitions", async () => {
	expect((await command("list", emptyFlash())).out).toMatch(/^ota_0 +0 0x10 0x010000 0x190000$/m);
});
