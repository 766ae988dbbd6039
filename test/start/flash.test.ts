import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFlash } from "../../tools/lib/flash-image";
import { flashOf } from "../../tools/start/flash";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "linkxs-flash-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const name = (board: string) => flashOf(folder, board).slice(folder.length + 1);

test("the first board that a device was has flash.bin", () => {
	expect(name("sim")).toBe("flash.bin");
	expect(name("chip-c3")).toBe("flash.bin");
});

test("another board leaves it alone and has its own", () => {
	createFlash({ board: "sim", path: join(folder, "flash.bin") });
	expect(name("sim")).toBe("flash.bin");
	expect(name("chip-c3")).toBe("flash.chip-c3.bin");
	createFlash({ board: "chip-c3", path: flashOf(folder, "chip-c3") });
	expect(name("chip-c3")).toBe("flash.chip-c3.bin");
	expect(name("sim")).toBe("flash.bin");
});
