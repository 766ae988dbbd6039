import { hex, Key } from "hal/crypto";
import { type ImportRecords, importNvs } from "nvs/import";
import { factoryMap } from "nvs/map";
import { Nvs } from "nvs/nvs";
import { describe, expect, test } from "test/expect";
import { Nor, NvsWriter, PowerCut, stride, textAt } from "./support";

/** Records in memory; a write can be where the power goes, before or after it. */
class Records implements ImportRecords {
	readonly values = new Map<string, string | Uint8Array | Key>();
	writes = 0;
	cutAt = 0;
	how: "before" | "after" = "before";

	text(name: string): string | undefined {
		const value = this.values.get(name);
		return typeof value === "string" ? value : undefined;
	}

	write(changes: Readonly<Record<string, string | Uint8Array | Key | undefined>>): void {
		this.writes++;
		if (this.writes === this.cutAt && this.how === "before") throw new PowerCut();
		for (const [name, value] of Object.entries(changes)) {
			if (value === undefined) this.values.delete(name);
			else this.values.set(name, value instanceof Key ? value.slice() : value);
		}
		if (this.writes === this.cutAt) throw new PowerCut();
	}

	/** What is there, in one line. */
	get shown(): string {
		return [...this.values.entries()]
			.map(([name, value]) => {
				if (typeof value === "string") return `${name}=${value}`;
				const bytes = value instanceof Key ? new Uint8Array(value.byteLength) : value;
				if (value instanceof Key) value.copyTo(bytes);
				return `${name}:${hex(bytes)}`;
			})
			.sort()
			.join(" ");
	}
}

const secret = "a secret that fills some entries of the page";

/** A partition from a factory: `others` have something in it, too. */
function burned(others: boolean): Nor {
	const flash = new Nor(2);
	const writer = new NvsWriter(flash);
	if (others) writer.namespace(7, "phy");
	writer.namespace(3, "linkxs");
	writer.string(3, "productKey", "a1B2c3");
	if (others) writer.string(7, "cal_data", "theirs, also long enough for some entries");
	writer.string(3, "deviceName", "lamp");
	writer.string(3, "deviceSecret", secret);
	writer.entry(3, 0x02, "port", [0x5b, 0x07, 255, 255, 255, 255, 255, 255]);
	writer.blob(3, "certificate", new Uint8Array(100).fill(0x30), 64);
	writer.string(3, "wifiKey2", "the key of the Wi-Fi");
	if (others) writer.entry(7, 0x01, "mode", [1, 255, 255, 255, 255, 255, 255, 255]);
	return flash;
}

const hexOf = (text: string): string => hex(Uint8Array.from(text, (it) => it.charCodeAt(0)));

const taken = [
	`identity/certificate:${"30".repeat(100)}`,
	`identity/deviceName=lamp`,
	`identity/deviceSecret:${hexOf(secret)}`,
	`identity/productKey=a1B2c3`,
	`link/port=1883`,
	`network/2/key:${hexOf("the key of the Wi-Fi")}`,
].join(" ");

const names = taken.split(" ").map((it) => it.split(/[=:]/)[0]);

/** Whether a piece of what was secret is left. */
function leaves(flash: Nor): boolean {
	return ["a secret that", "fills some", "of the page", "the key of"].some((piece) => isIn(flash.bytes, piece));
}

function isIn(bytes: Uint8Array, piece: string): boolean {
	const first = piece.charCodeAt(0);
	for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
		let length = 1;
		while (length < piece.length && bytes[at + length] === piece.charCodeAt(length)) length++;
		if (length === piece.length) return true;
	}
	return false;
}

function othersOf(flash: Nor): string {
	const nvs = new Nvs({ flash });
	const phy = nvs.open("phy");
	return `${nvs.namespaces.join()} ${phy?.keys.join()} ${textAt(phy, "cal_data")} ${textAt(phy, "mode")}`;
}

const theirs = "phy cal_data,mode theirs, also long enough for some entries 1";

for (const others of [false, true])
	describe(`what a factory burned ${others ? "among others is overwritten" : "alone is erased"}`, () => {
		test("after it was taken", () => {
			const flash = burned(others);
			const records = new Records();
			expect(leaves(flash)).toBe(true);
			expect(importNvs({ flash, records })).toEqual(names);
			expect(records.shown).toBe(taken);
			expect(leaves(flash)).toBe(false);
			if (others) expect(othersOf(flash)).toBe(theirs);
			else expect(flash.bytes.every((byte) => byte === 0xff)).toBe(true);
			expect(importNvs({ flash, records })).toEqual([]);
		});

		test("once, and well, wherever the power goes", () => {
			const whole = burned(others);
			importNvs({ flash: whole, records: new Records() });
			const before = burned(others).operations;
			const steps = whole.operations - before;
			let cuts = 0;
			for (const how of ["before", "torn", "after"] as const) {
				// After the last operations comes the write that takes the marker away.
				for (let step = 1; step <= steps; step += stride(5)) {
					const flash = burned(others);
					const records = new Records();
					flash.how = how;
					flash.cutAt = flash.operations + step;
					expect(() => importNvs({ flash, records })).toThrow(Error);
					cuts++;
					// A second cut, while it goes on.
					flash.cutAt = flash.operations + 1 + (step % 3);
					try {
						importNvs({ flash, records });
					} catch {
						cuts++;
					}
					flash.cutAt = 0;
					// What has come into the records since stays: nothing is read again from what is half gone.
					records.write({ "link/port": "8883" });
					importNvs({ flash, records });
					expect(records.shown).toBe(taken.replace("link/port=1883", "link/port=8883"));
					expect(leaves(flash)).toBe(false);
					if (others) expect(othersOf(flash)).toBe(theirs);
				}
			}
			for (const cutAt of [1, 2]) {
				for (const how of ["before", "after"] as const) {
					const flash = burned(others);
					const records = new Records();
					Object.assign(records, { cutAt, how });
					expect(() => importNvs({ flash, records })).toThrow(Error);
					importNvs({ flash, records });
					expect(records.shown).toBe(taken);
					expect(leaves(flash)).toBe(false);
					cuts++;
				}
			}
			expect(cuts).toBeGreaterThan((3 * steps) / stride(5));
		});
	});

test("also what was erased before is overwritten, as far as it can be told whose it was", () => {
	const flash = new Nor(1);
	const writer = new NvsWriter(flash);
	writer.namespace(7, "phy");
	writer.namespace(3, "linkxs");
	const old = writer.string(3, "deviceSecret", "of the page that was");
	writer.mark(old, 0);
	writer.mark(old + 32, 0);
	writer.string(3, "deviceSecret", secret);
	const records = new Records();
	importNvs({ flash, records });
	expect(records.shown).toBe(`identity/deviceSecret:${hexOf(secret)}`);
	expect(leaves(flash)).toBe(false);
});

describe("nothing is taken, and nothing wiped", () => {
	const unchanged = (flash: Nor, code?: string, options = {}) => {
		const before = flash.bytes.slice();
		const records = new Records();
		if (code) expect(() => importNvs({ flash, records, ...options })).toThrowCode(code);
		else expect(importNvs({ flash, records, ...options })).toEqual([]);
		expect(records.writes).toBe(0);
		expect(flash.bytes).toEqual(before);
	};

	test("of a partition without the namespace, an empty one, one that isn't NVS", () => {
		unchanged(burned(true), undefined, { namespace: "factory" });
		unchanged(new Nor(2));
		const other = new Nor(1);
		for (let i = 0; i < 4096; i++) other.bytes[i] = i & 0x7f;
		unchanged(other);
	});

	test("of one that has a key no record is named for", () => {
		const flash = new Nor(1);
		const writer = new NvsWriter(flash);
		writer.namespace(1, "linkxs");
		writer.string(1, "deviceSecert", "misspelt");
		unchanged(flash, "unmapped");
	});

	test("of a secret that is a number, of a value too long", () => {
		const flash = new Nor(2);
		const writer = new NvsWriter(flash);
		writer.namespace(1, "linkxs");
		writer.entry(1, 0x02, "deviceSecret", [0x5b, 0x07, 255, 255, 255, 255, 255, 255]);
		unchanged(flash, "wrong-type");
		const long = new Nor(4);
		const other = new NvsWriter(long);
		other.namespace(1, "linkxs");
		other.blob(1, "privateKey", new Uint8Array(4098).fill(1));
		unchanged(long, "too-long");
	});

	test("of a damaged one", () => {
		for (const place of [0, 40, 70, 100, 230, 262]) {
			const flash = burned(false);
			flash.bytes[place] = (flash.bytes[place] as number) ^ 0x10;
			unchanged(flash, "damaged");
		}
	});

	test("when the records refuse", () => {
		const flash = burned(false);
		const before = flash.bytes.slice();
		const records = new Records();
		records.write = () => {
			throw new Error("full");
		};
		expect(() => importNvs({ flash, records })).toThrow("full");
		expect(flash.bytes).toEqual(before);
	});
});

test("the map's names fit into NVS, and name each record once", () => {
	for (const name of Object.keys(factoryMap)) expect(name.length).toBeLessThanOrEqual(15);
	const records = Object.values(factoryMap).map(({ record }) => record);
	expect(new Set(records).size).toBe(records.length);
	for (const record of records) expect(/^(identity|network|link)\/[\w/]{1,39}$/.test(record)).toBe(true);
});
