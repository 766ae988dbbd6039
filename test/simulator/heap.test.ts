// The simulator shows XS's memory, and a secret that a device keeps is found there.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { tracesOf } from "../lib/secrets";
import { boot, flash, useSimulator } from "./firmware";

useSimulator();

async function heapOf(secret: string, how: string): Promise<Buffer> {
	const pick = (odd: number) => [...secret].filter((_, i) => i % 2 === odd).join("");
	const path = await flash("keeper", { even: pick(0), odd: pick(1), length: secret.length, how });
	const device = boot(path, { heapFile: `${path}.heap` });
	await device.line(`keeps ${how}`);
	const heap = await device.heap();
	expect(existsSync(`${path}.heap`)).toBe(false);
	await device.stop();
	return heap;
}

test.each([
	["string", "as it is"],
	["dropped string", "as it is"],
	["bytes", "as it is"],
	["hex", "in hex"],
	["numbers", "in 16-bit characters"],
])("a device that keeps its secret as %s is found out", async (how, form) => {
	const secret = randomBytes(16).toString("hex");
	const found = tracesOf(await heapOf(secret, how), { secret });
	expect(found.map((it) => it.form)).toContain(form);
});

test("one that keeps it as a key, and wipes what it made the key of, isn't", async () => {
	const secret = randomBytes(16).toString("hex");
	const heap = await heapOf(secret, "key");
	expect(heap.length).toBeGreaterThan(50_000);
	expect(tracesOf(heap, { secret })).toEqual([]);
});

test("the heap's file has to be named", async () => {
	const device = boot(await flash("hello"));
	await expect(device.heap()).rejects.toMatchObject({ code: "ended" });
	await device.stop();
});
