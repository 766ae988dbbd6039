// A gateway's sub-devices: many small rows in a log beside the vault's.
import * as crypto from "hal/crypto";
import Table, { type Row } from "vault/table";
import type { VaultFlash } from "vault/types";
import Vault from "vault/vault";
import { expect, test } from "vitest";
import { FlashSimulator } from "../../lib/flash-simulator";
import { noise } from "../../power/vault-scenarios";

const { Key } = crypto;
const chip = new Uint8Array(32).fill(5);
const options = (flash: VaultFlash) => ({
	flash,
	crypto,
	deriveKey: (info: crypto.Bytes) => Key.fromHmac("SHA256", chip, [info]),
});

/** Counts what is read, by block. */
class Counted extends FlashSimulator {
	readonly reads = new Set<number>();
	override read(into: Uint8Array, offset: number): number {
		this.reads.add(Math.floor(offset / this.blockLength));
		return super.read(into, offset);
	}
}

const rowName = (i: number): string => `a1b2c3d4e5f&sub-${i}`;
/** 75 bytes with its name: what an add of a sub-device leaves behind. */
const row = (i: number): Row => ({ value: noise(25, i), secret: Key.from(noise(32, 7000 + i)) });

function namesOf(table: Table): string[] {
	const names: string[] = [];
	table.names((name) => names.push(name));
	return names;
}

test("1,500 sub-devices beside a vault; neither reads the other's blocks", () => {
	const flash = new Counted({ blocks: 80 });
	const vault = new Vault({ ...options(flash), blocks: 8 });
	vault.write({ "identity/productKey": "gateway" });
	const table = new Table({ ...options(flash), firstBlock: 8, buckets: 64 });
	for (let i = 0; i < 1500; i += 50)
		table.write(Object.fromEntries(Array.from({ length: 50 }, (_, k) => [rowName(i + k), row(i + k)])));
	flash.reads.clear();
	const again = new Table({ ...options(flash), firstBlock: 8 });
	expect(Math.min(...flash.reads)).toBe(8);
	expect(namesOf(again)).toHaveLength(1500);
	for (let i = 0; i < 1500; i += 1) {
		expect(again.bytes(rowName(i))).toEqual(noise(25, i));
		if (i % 100 === 0) {
			const bytes = new Uint8Array(32);
			again.key(rowName(i))?.copyTo(bytes);
			expect(bytes).toEqual(noise(32, 7000 + i));
		}
	}
	flash.reads.clear();
	expect(new Vault({ ...options(flash), blocks: 8 }).text("identity/productKey")).toBe("gateway");
	expect(Math.max(...flash.reads)).toBeLessThan(8);
	const { log, capacity, live } = again.status;
	process.stdout.write(`1,500 rows: ${live} of ${capacity} bytes, ${log} blocks of 72\n`);
}, 60_000);

test("rows are replaced and removed, one by one and several at once", () => {
	const flash = new FlashSimulator({ blocks: 8 });
	const table = new Table({ ...options(flash), buckets: 2 });
	table.write({
		one: { value: "1" },
		two: { value: "2", secret: Key.from(noise(8, 2)) },
		three: { secret: Key.from(noise(9, 3)) },
	});
	table.write({ one: { value: "uno", secret: Key.from(noise(7, 1)) }, two: undefined, four: { value: "4" } });
	for (const it of [table, new Table({ ...options(flash), buckets: 2 })]) {
		expect(namesOf(it).sort()).toEqual(["four", "one", "three"]);
		expect(Buffer.from(it.bytes("one") ?? []).toString()).toBe("uno");
		expect([it.key("one")?.byteLength, it.key("three")?.byteLength, it.key("four")]).toEqual([7, 9, undefined]);
		expect([it.bytes("two"), it.has("two"), it.key("two")]).toEqual([undefined, false, undefined]);
		expect(it.bytes("three")).toHaveLength(0);
	}
	const bytes = new Uint8Array(9);
	table.key("three")?.copyTo(bytes);
	expect(bytes).toEqual(noise(9, 3));
	flash.powerOn();
	table.write({ four: { value: "4" }, none: undefined, three: { secret: Key.from(noise(9, 3)) } });
	expect(flash.operations).toBe(0);
	table.format();
	expect(namesOf(table)).toEqual([]);
	table.close();
	expect(() => table.has("one")).toThrow("closed");
});

test("a bucket that would be too large is refused, and nothing is written", () => {
	const flash = new FlashSimulator({ blocks: 8 });
	const table = new Table({ ...options(flash), buckets: 1 });
	table.write({ a: { value: noise(2000, 1) } });
	expect(() => table.write({ b: { value: noise(2100, 2) } })).toThrow("full");
	expect(() => table.write({ b: { value: noise(4097, 2) } })).toThrow("value-too-long");
	expect(() => table.write({ ä: { value: "x" } })).toThrow("bad-name");
	expect(namesOf(table)).toEqual(["a"]);
	expect(() => new Table({ ...options(flash), buckets: 129 })).toThrow(RangeError);
});
