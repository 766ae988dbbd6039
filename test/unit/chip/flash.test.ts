// An emulated chip's files: the NOR with its partitions, and the fuses.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { burnFuses } from "../../../tools/chip/flash";
import { createFlash, readBoardFlash, readFlashTable } from "../../../tools/lib/flash-image";
import { openVault } from "../../../tools/lib/vault";

const folder = mkdtempSync(join(tmpdir(), "linkxs-chip-"));
const flash = join(folder, "flash.bin");
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
	for (const it of [".key", ".otp"]) rmSync(`${flash}${it}`, { force: true });
});

test.each(["chip-c3", "chip-nrf52"])("the NOR of %s: 32 MB, of which the board uses its own", (board) => {
	createFlash({ board, path: flash });
	expect(statSync(flash).size).toBe(32 << 20);
	const { size, partitions } = readBoardFlash(board);
	expect(size).toBeLessThanOrEqual(4 << 20);
	expect(readFlashTable(flash)).toEqual(partitions);
	expect(
		readFileSync(flash)
			.subarray(size)
			.every((byte) => byte === 0xff),
	).toBe(true);
});

test("the fuses hold the secret that opens the vault, and a MAC address that is nobody's", () => {
	createFlash({ board: "chip-c3", path: flash });
	const vault = openVault(flash);
	vault.write({ "link/host": "localhost" });
	vault.close();
	const path = burnFuses(flash);
	const fuses = readFileSync(path);
	expect(fuses.length).toBe(16_384);
	expect(statSync(path).mode & 0o777).toBe(0o600);
	expect(fuses.subarray(0, 32)).toEqual(readFileSync(`${flash}.key`));
	expect(fuses.readUInt8(32) & 3).toBe(2);
	expect(fuses.readUInt16LE(38)).toBe(0);
	const opened = openVault(flash, { mode: "r", secret: fuses.subarray(0, 32) });
	expect(opened.text("link/host")).toBe("localhost");
	opened.close();
});

test("a fresh chip gets a secret; an id is its MAC address; fuses that a program has burned stay", () => {
	createFlash({ board: "chip-c3", path: flash });
	const path = burnFuses(flash, "02aabbccddee");
	const fuses = readFileSync(path);
	expect(readFileSync(`${flash}.key`)).toEqual(fuses.subarray(0, 32));
	expect(fuses.subarray(32, 38).toString("hex")).toBe("02aabbccddee");
	fuses[100] = 7;
	writeFileSync(path, fuses);
	burnFuses(flash, "02aabbccddee");
	expect(readFileSync(path)).toEqual(fuses);
});
