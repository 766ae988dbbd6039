// The boot loader (hal/chip/loader) in the emulator: what it starts, and what it says when it can't.
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { boardRow } from "../../tools/lib/board-row";
import { bootRecordAfter, readBootRecord, taken } from "../../tools/lib/boot-record";
import { readBoardFlash, readPartition, writePartition } from "../../tools/lib/flash-image";
import { partitionTable } from "../../tools/lib/partitions";
import {
	BOARD,
	chip,
	client,
	decision,
	folder,
	newFlash,
	said,
	sealDigest,
	tinyImage,
	useLoader,
} from "./loader-world";

useLoader();

test("starts the image of the first slot, and tells it its slot", async () => {
	const device = chip(newFlash(tinyImage()));
	await device.line("tiny program in slot 0");
	expect(said(device)).toEqual([`# loader: ota_0: starting ${BOARD} 1.0`, "tiny program in slot 0"]);
	await device.stop();
});

test("starts the slot of the boot record, another one with the reason when that is damaged", async () => {
	const flash = newFlash(tinyImage());
	writePartition(flash, "ota_1", tinyImage({ version: "2.0" }));
	const otadata = readPartition(flash, "otadata");
	const { offset, bytes } = bootRecordAfter(readBootRecord(otadata), taken(1, undefined));
	otadata.set(bytes, offset);
	writePartition(flash, "otadata", otadata);
	const device = chip(flash);
	await device.line("tiny program in slot 1");
	await device.stop();
	const broken = tinyImage({ version: "2.0" });
	broken.writeUInt8(broken.readUInt8(9000) ^ 4, 9000);
	writePartition(flash, "ota_1", broken);
	const again = chip(flash);
	await again.line("tiny program in slot 0");
	expect(said(again)[0]).toBe("# loader: ota_1: the image is damaged (SHA-256)");
	await again.stop();
});

test("without a valid image it says which slot has what wrong, and waits", async () => {
	const other = tinyImage({ board: "chip-nrf52" });
	const noCode = tinyImage();
	noCode.write("WHAT", 260, "latin1");
	sealDigest(noCode);
	for (const [image, reason] of [
		[Buffer.alloc(4, 0xff), "no image: the partition is empty"],
		[other, `the image is for board "chip-nrf52", this is "${BOARD}"`],
		[noCode, "the image has no code for a chip in it"],
		[tinyImage().fill("x", 48, 50), "the image's header is damaged (CRC)"],
	] as const) {
		const device = chip(newFlash(image));
		await device.line("waiting for one");
		expect(said(device)).toEqual([
			`# loader: ota_0: ${reason}`,
			"# loader: ota_1: no image: the partition is empty",
			"# loader: no slot has a valid image: waiting for one on the second UART",
		]);
		const host = await client(device);
		expect(await host.find(3000)).toMatchObject({ board: BOARD, hasTable: true });
		await device.stop();
	}
});

test("an empty NOR comes to life: it takes a partition table, then an image", async () => {
	const flash = `${folder()}/flash.bin`;
	const { capacity, size, partitions } = readBoardFlash(BOARD);
	writeFileSync(flash, Buffer.alloc(capacity, 0xff));
	const device = chip(flash);
	await device.line("waiting for an image, with a partition table");
	expect(said(device)[0]).toBe("# loader: no partition table");
	const host = await client(device);
	expect(await host.find(3000)).toMatchObject({ board: "", hasTable: false, slots: [] });
	await expect(host.burn(tinyImage(), undefined)).rejects.toMatchObject({ code: "no-table" });
	const row = boardRow({ board: BOARD, flashSize: size });
	const table = partitionTable(partitions);
	const damaged = Buffer.from(table);
	damaged.writeUInt8(damaged.readUInt8(40) ^ 1, 40);
	await expect(host.writeTable(row, damaged)).rejects.toMatchObject({ code: "bad-table" });
	await expect(host.writeTable(Buffer.alloc(64), table)).rejects.toMatchObject({ code: "bad-table" });
	await host.writeTable(row, table);
	await host.writeTable(row, table);
	await expect(host.writeTable(boardRow({ board: "other", flashSize: size }), table)).rejects.toMatchObject({
		code: "other-table",
	});
	expect(await host.burn(tinyImage(), undefined)).toEqual({ slot: "ota_0", sent: 10_000 });
	await host.boot();
	await device.line("tiny program in slot 0");
	await device.stop();
	expect(decision(flash)).toMatchObject({ state: "confirmed", slot: 0, former: undefined });
});
