// The vault of a flash file from the host: tools/lib/vault.ts.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Key } from "../../../tools/lib/crypto";
import { createFlash } from "../../../tools/lib/flash-image";
import { formatVault, openVault } from "../../../tools/lib/vault";

let folder: string;
let flash: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "linkxs-vault-"));
	flash = join(folder, "flash.bin");
	createFlash({ board: "sim", path: flash });
});

afterEach(() => rmSync(folder, { recursive: true }));

function withVault<T>(mode: "r" | "r+", use: (vault: ReturnType<typeof openVault>) => T): T {
	const vault = openVault(flash, { mode });
	try {
		return use(vault);
	} finally {
		vault.close();
	}
}

test("what one writes the next reads; the key file is for its owner alone, and nothing else of the flash changes", () => {
	const before = readFileSync(flash);
	withVault("r+", (vault) => vault.write({ "a/1": "one", "a/2": Key.from(Buffer.from("very secret")) }));
	expect(withVault("r+", (vault) => [vault.text("a/1"), vault.key("a/2")?.byteLength])).toEqual(["one", 11]);
	const after = readFileSync(flash);
	expect(after.includes("very secret")).toBe(false);
	expect(after.subarray(0, 0x3b0000).equals(before.subarray(0, 0x3b0000))).toBe(true);
	expect(after.subarray(0x3d0000).equals(before.subarray(0x3d0000))).toBe(true);
	expect([statSync(`${flash}.key`).size, statSync(`${flash}.key`).mode & 0o777]).toEqual([32, 0o600]);
});

test("reading changes nothing, not even an erased flash, and makes no key", () => {
	const before = readFileSync(flash);
	expect(withVault("r", (vault) => vault.names())).toEqual([]);
	withVault("r", (vault) => vault.write({ "a/1": "only in memory" }));
	expect(readFileSync(flash).equals(before)).toBe(true);
	expect(() => statSync(`${flash}.key`)).toThrow();
});

test("without its key it can't be read; nor with a key of another length", () => {
	withVault("r+", (vault) => vault.write({ "a/1": "one" }));
	const key = readFileSync(`${flash}.key`);
	rmSync(`${flash}.key`);
	expect(() => openVault(flash, { mode: "r" })).toThrow("wrong-key");
	writeFileSync(`${flash}.key`, "short");
	expect(() => openVault(flash)).toThrow("not 32 bytes");
	rmSync(`${flash}.key`);
	const vault = openVault(flash, { mode: "r", secret: key });
	expect(vault.text("a/1")).toBe("one");
	vault.close();
});

test("anything is made a vault by a format", () => {
	const bytes = readFileSync(flash);
	bytes.fill(0x5a, 0x3b0000, 0x3b0000 + 50_000);
	writeFileSync(flash, bytes);
	expect(() => openVault(flash)).toThrow("not-a-vault");
	const vault = formatVault(flash);
	vault.write({ "a/1": "one" });
	vault.close();
	expect(withVault("r", (it) => it.text("a/1"))).toBe("one");
	expect(() => openVault(flash, { partition: "none" })).toThrow("there is no partition");
	const lab = openVault(flash, { partition: "app_1", isPlain: true });
	lab.write({ "a/1": "to be seen" });
	lab.close();
	expect(readFileSync(flash).includes("to be seen")).toBe(true);
});
