// The boot rules (hal/BOOT.md) on the simulated device; the record is written here by a second implementation.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type BootRecord, bootRecordAfter, readBootRecord } from "../../tools/lib/boot-record";
import { readPartition, writePartition } from "../../tools/lib/flash-image";
import { SECTOR } from "../../tools/lib/partitions";
import { exitCodes } from "../../tools/simulator/events";
import type { Simulator, SimulatorOptions } from "../../tools/simulator/simulator";
import { boot, flash, image, useSimulator } from "./firmware";

useSimulator();

const confirmed = (slot: number): BootRecord => ({
	...{ state: "confirmed", slot, boots: 0, former: undefined, failed: undefined, outcome: "none" },
});
const trial = (slot: number, boots: number, former: number): BootRecord => ({
	...{ state: "trial", slot, boots, former, failed: undefined, outcome: "none" },
});

function decide(path: string, record: BootRecord): void {
	const otadata = readPartition(path, "otadata");
	const { offset, bytes } = bootRecordAfter(readBootRecord(otadata), record);
	otadata.fill(0xff, offset, offset + SECTOR).set(bytes, offset);
	writePartition(path, "otadata", otadata);
}

const decision = (path: string) => readBootRecord(readPartition(path, "otadata"));

/** Two slots with a program that says hello and lives. */
async function twoSlots(): Promise<string> {
	const path = await flash("hello");
	writePartition(path, "ota_1", readFileSync(await image("hello")));
	return path;
}

async function started(path: string, options: Partial<SimulatorOptions> = {}): Promise<[string, Simulator]> {
	const device = boot(path, options);
	const { slot } = await device.event("boot");
	await device.stop();
	return [slot, device];
}

test("without a record the lowest slot with a valid image starts, and nothing is written", async () => {
	const path = await twoSlots();
	expect((await started(path))[0]).toBe("ota_0");
	writePartition(path, "ota_0", Buffer.alloc(0));
	const [slot, device] = await started(path);
	expect(slot).toBe("ota_1");
	expect(device.lines).toContain("# boot: ota_0: no image: the partition is empty");
	expect(readPartition(path, "otadata").every((byte) => byte === 0xff)).toBe(true);
});

test("the confirmed slot starts; another one if its image is damaged, with the reason", async () => {
	const path = await twoSlots();
	decide(path, confirmed(1));
	expect((await started(path))[0]).toBe("ota_1");
	const damaged = readPartition(path, "ota_1");
	damaged.writeUInt8(damaged.readUInt8(5000) ^ 1, 5000);
	writePartition(path, "ota_1", damaged);
	const [slot, device] = await started(path);
	expect(slot).toBe("ota_0");
	expect(device.lines).toContain("# boot: ota_1: the image is damaged (SHA-256)");
	expect(decision(path)).toMatchObject(confirmed(1));
});

test("a trial is counted down before each start, and rolled back at the end", async () => {
	const path = await twoSlots();
	decide(path, trial(1, 2, 0));
	expect((await started(path))[0]).toBe("ota_1");
	expect(decision(path)).toMatchObject(trial(1, 1, 0));
	const [second, device] = await started(path);
	expect(second).toBe("ota_1");
	expect(device.lines).toContain("# boot: ota_1 is on trial, 0 more starts after this");
	const [third, back] = await started(path);
	expect(third).toBe("ota_0");
	expect(back.lines).toContain("# boot: ota_1 was not confirmed in its trial: back to the former image");
	expect(decision(path)).toMatchObject({ state: "confirmed", slot: 0, failed: 1, outcome: "unconfirmed" });
	expect((await started(path))[0]).toBe("ota_0");
});

test("a trial without a valid image is over at once", async () => {
	const path = await flash("hello");
	decide(path, trial(1, 3, 0));
	expect((await started(path))[0]).toBe("ota_0");
	expect(decision(path)).toMatchObject({ state: "confirmed", slot: 0, failed: 1, outcome: "invalid" });
});

test("an image that failed its trial is still better than none", async () => {
	const path = await twoSlots();
	decide(path, trial(1, 0, 0));
	writePartition(path, "ota_0", Buffer.alloc(0));
	expect((await started(path))[0]).toBe("ota_1");
});

test.each(["before", "torn", "after"])(
	"power cut (%s) while a trial is counted: it starts, or is counted again",
	async (mode) => {
		const path = await twoSlots();
		decide(path, trial(1, 1, 0));
		// Erase, record, commit word.
		for (const operation of [1, 2, 3]) {
			const cut = boot(path, { cutPowerAt: `${operation}:${mode}` });
			expect((await cut.ended).code).toBe(exitCodes.powerCut);
			const record = decision(path);
			expect([trial(1, 1, 0), trial(1, 0, 0)]).toContainEqual(
				expect.objectContaining(
					record && {
						...{ state: record.state, slot: record.slot, boots: record.boots, former: record.former },
					},
				),
			);
			decide(path, trial(1, 1, 0));
		}
		expect((await started(path))[0]).toBe("ota_1");
	},
);
