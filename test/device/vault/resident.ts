// What an opened vault keeps in RAM, the tables of its names included: at most 4 KiB for 100 records.
import * as crypto from "hal/crypto";
import { memory } from "hal/system";
import { expect, test } from "test/expect";
import Vault from "vault/vault";
import { ascii, memoryFlash } from "../../unit/vault/support";

/** XS's slots are twice as large in a 64-bit process; what counts is a chip's. */
function slotSize(): number {
	const before = memory(true).slots;
	const objects: object[] = [];
	for (let i = 0; i < 100; i += 1) objects.push({});
	const size = (memory(true).slots - before) / objects.length;
	return size > 20 ? 32 : 16;
}

/** As many records as there may be at most, in RAM and on a chip. */
function resident(records: number): number {
	const secret = ascii("a chip's own secret");
	const options = {
		flash: memoryFlash(32),
		crypto,
		deriveKey: (info: crypto.Bytes) => crypto.Key.fromHmac("SHA256", secret, [info]),
	};
	const first = new Vault(options);
	for (let i = 0; i < records; i += 16) {
		const changes: Record<string, string> = {};
		for (let k = i; k < Math.min(records, i + 16); k += 1) changes[`a/${k}`] = `value ${k}`;
		first.write(changes);
	}
	first.close();
	const ratio = 16 / slotSize();
	const before = memory(true);
	const vault = new Vault(options);
	vault.text("a/5");
	const after = memory(true);
	expect(vault.text(`a/${records - 1}`)).toBe(`value ${records - 1}`);
	return (after.slots - before.slots) * ratio + after.chunks - before.chunks;
}

test("an opened vault keeps at most 4 KiB for 100 records, 5 for 256", () => {
	expect(resident(100)).toBeLessThan(4096);
	expect(resident(256)).toBeLessThan(5120);
});
