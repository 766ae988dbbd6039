import { createHash } from "node:crypto";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../tools/lib/crc32";
import { writePartition } from "../../tools/lib/flash-image";
import { exitCodes } from "../../tools/simulator/events";
import { boot, flash, folder, image, useSimulator } from "./firmware";

useSimulator();

describe("boot", () => {
	test("a device says why it started, lives, and ends cleanly", async () => {
		const device = boot(await flash("hello"));
		expect(await device.line("hello")).toBe("hello power-on (no last words)");
		await device.line("tick 3");
		const booted = await device.event("boot");
		expect(booted).toMatchObject({ run: 1, reason: "power-on", board: "sim" });
		expect(booted.preloaded).toBeGreaterThan(0);
		expect(booted.modules).toBeGreaterThan(booted.preloaded);
		expect(await device.stop()).toMatchObject({ code: exitCodes.stopped, reason: "" });
		expect(await device.event("exit")).toMatchObject({ code: 0, resets: 0 });
	});

	test("the unique id stays the same for a flash file, and can be given", async () => {
		const path = await flash("hello");
		const first = boot(path);
		const id = await first.line(/^id /);
		await first.stop();
		const second = boot(path);
		expect(await second.line(/^id /)).toBe(id);
		await second.stop();
		const third = boot(path, { id: "0123456789ABCDEF" });
		expect(await third.line(/^id /)).toBe("id 0123456789abcdef");
		await third.stop();
	});

	test("the wall clock can be unset at power-on; once set it is kept over a reset; random numbers differ", async () => {
		const device = boot(await flash("clock"), { clockUnset: true });
		await device.event("boot", ({ run }) => run === 2);
		await device.line("year 2040");
		await device.stop();
		const shown = device.lines.map((line) => line.replace(/ random.*/, "")).filter((line) => /^(time|year)/.test(line));
		expect(shown).toEqual(["time unset", "year 1970", "time 0", "year 2040"]);
		const random = device.lines.flatMap((line) => / random (.*)/.exec(line)?.[1] ?? []);
		expect(new Set(random).size).toBe(2);
	});

	test("two devices can't run on one flash file", async () => {
		const path = await flash("hello");
		const first = boot(path);
		await first.line("hello");
		expect(await boot(path).ended).toMatchObject({
			code: exitCodes.failed,
			reason: expect.stringContaining("another device runs on it"),
		});
		await first.stop();
	});

	test("figures are printed at start, end and on demand", async () => {
		const device = boot(await flash("hello"), { instrument: true });
		await device.line("tick 1");
		const now = await device.figures();
		expect(now.slots).toBeGreaterThan(0);
		expect(now.slotsPeak).toBeGreaterThanOrEqual(now.slots);
		expect(now.stackPeak).toBeLessThanOrEqual(now.stack);
		await device.stop();
		const times = device.events.flatMap((it) => (it.event === "memory" ? [it.when] : []));
		expect(times).toEqual(["start", "now", "end"]);
	});

	test("what is not preloaded is listed with the RAM it costs", async () => {
		const device = boot(await flash("costly"), { instrument: true });
		const line = await device.line("# not preloaded: simulator/costly");
		// A hundred numbers, a slot each.
		expect(Number(/slots (\d+)/.exec(line)?.[1]) + Number(/chunks (\d+)/.exec(line)?.[1])).toBeGreaterThan(1600);
		await device.line("squares 100");
		await device.stop();
	});
});

describe("a bad image is refused in words", () => {
	const refusal = async (path: string, board = "sim") => {
		const end = await boot(path, { board }).ended;
		expect(end.code).toBe(exitCodes.failed);
		return end.reason.replace(`${path}: `, "");
	};
	/** A flash whose image `change` was done to; `sealed`: with the header's CRC right again. */
	const changed = async (change: (bytes: Buffer) => void, sealed = false) => {
		const path = await flash("hello");
		const bytes = Buffer.from(readFileSync(await image("hello")));
		change(bytes);
		if (sealed) bytes.writeUInt32LE(crc32(bytes.subarray(0, 252)), 252);
		writePartition(path, "ota_0", bytes);
		return path;
	};

	test("an empty partition", async () => {
		expect(await refusal(await changed((bytes) => bytes.fill(0xff)))).toBe("no image: the partition is empty");
	});
	test("something else", async () => {
		expect(await refusal(await changed((bytes) => bytes.fill(0x55)))).toContain("no image: the first bytes are");
	});
	test("a damaged header", async () => {
		expect(await refusal(await changed((bytes) => bytes.fill("x", 48, 50)))).toContain("header is damaged");
	});
	test("a damaged body", async () => {
		const path = await changed((bytes) => bytes.writeUInt8(bytes.readUInt8(bytes.length - 9) ^ 1, bytes.length - 9));
		expect(await refusal(path)).toBe("the image is damaged (SHA-256)");
	});
	test("another format", async () => {
		expect(await refusal(await changed((bytes) => bytes.writeUInt16LE(9, 4), true))).toContain("format 9");
	});
	test("another kind", async () => {
		expect(await refusal(await changed((bytes) => bytes.writeUInt16LE(2, 6), true))).toContain("kind 2");
	});
	test("a size that the partition does not have", async () => {
		expect(await refusal(await changed((bytes) => bytes.writeUInt32LE(1 << 28, 12), true))).toContain(
			"268435456 bytes",
		);
	});
	test("another board", async () => {
		expect(await refusal(await flash("hello"), "esp32")).toBe('the image is for board "sim", this is "esp32"');
	});
	test("another engine", async () => {
		expect(await refusal(await changed((bytes) => bytes.write("xs-17.7.0", 80), true))).toContain('engine "xs-17.7.0"');
	});
	test("a creation record that no machine can have", async () => {
		const [modulo, heap, room, keys] = [28, 8, 44, 20];
		const record = (bytes: Buffer) => {
			for (let row = 260; ; row += 12)
				if (bytes.toString("latin1", row, row + 4) === "CREA") return bytes.readUInt32LE(row + 4);
		};
		const set = (field: number, value: number) =>
			changed((bytes) => {
				bytes.writeUInt32LE(value, record(bytes) + field);
				createHash("sha256").update(bytes.subarray(256)).digest().copy(bytes, 128);
			}, true);
		expect(await refusal(await set(modulo, 0))).toContain("a modulo of 0");
		expect(await refusal(await set(heap, 1))).toContain("less than 64 slots");
		expect(await refusal(await set(heap, 0xffffffff))).toContain("more than a device can have");
		// With the keys that come later it is less than none, in 32 bits.
		expect(await refusal(await set(keys, 0xffffffff))).toContain("more than a device can have");
		expect(await refusal(await set(room, 1000))).toContain("more memory than there is");
	});
	test("other native functions", async () => {
		expect(await refusal(await changed((bytes) => bytes.fill(1, 96, 128), true))).toContain("other native functions");
	});
	test("no flash file at all, one of a wrong size, one without partitions", async () => {
		expect(await refusal(`${folder()}/none.bin`)).toContain("No such file");
		const path = await flash("hello");
		truncateSync(path, 1000);
		expect(await refusal(path)).toContain("1000 bytes is no flash");
		writeFileSync(path, Buffer.alloc(1 << 20, 0xff));
		expect(await refusal(path)).toContain("no partition ota_0");
	});
});
