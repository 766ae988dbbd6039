// Limits, refusals, damage and wear: what needs a flash that Node looks into. vault.shared.test.ts has the basics.
import * as crypto from "hal/crypto";
import { plain } from "vault/lab/plain";
import { checkName, RECORDS_MAX } from "vault/records";
import type { VaultFlash } from "vault/types";
import Vault, { type VaultOptions } from "vault/vault";
import { describe, expect, test } from "vitest";
import { FlashSimulator } from "../../lib/flash-simulator";
import { noise } from "../../power/vault-scenarios";

const { Key } = crypto;

function options(flash: VaultFlash, more: Partial<VaultOptions> & { chip?: number } = {}): VaultOptions {
	const { chip = 7, ...rest } = more;
	const secret = new Uint8Array(32).fill(chip);
	return { flash, crypto, deriveKey: (info) => Key.fromHmac("SHA256", secret, [info]), ...rest };
}

const codeOf = (work: () => unknown): string | undefined => {
	try {
		work();
	} catch (error) {
		return (error as { code?: string }).code ?? String(error);
	}
	return undefined;
};

describe("limits", () => {
	test("256 records, and not one more", () => {
		const flash = new FlashSimulator({ blocks: 32 });
		const vault = new Vault(options(flash));
		for (let i = 0; i < RECORDS_MAX; i += 16)
			vault.write(Object.fromEntries(Array.from({ length: 16 }, (_, k) => [`a/${i + k}`, `value ${i + k}`])));
		expect(codeOf(() => vault.write({ "a/more": "x" }))).toBe("full");
		vault.write({ "a/more": "x", "a/0": undefined });
		vault.write({ "a/more": undefined, "a/0": "value 0" });
		for (const one of [vault, new Vault(options(flash))]) {
			expect(one.names()).toHaveLength(RECORDS_MAX);
			for (let i = 0; i < RECORDS_MAX; i += 1) expect(one.text(`a/${i}`)).toBe(`value ${i}`);
		}
	});

	test("full is told before anything is written, and what is there stays", () => {
		const flash = new FlashSimulator({ blocks: 8 });
		const vault = new Vault(options(flash));
		vault.write({ "a/1": noise(4096, 1), "a/2": noise(4096, 2), "a/3": noise(4096, 3) });
		const { capacity, live } = vault.status();
		expect(live).toBeLessThan(capacity);
		flash.powerOn();
		expect(codeOf(() => vault.write({ "a/3": "short", "a/4": noise(4096, 4), "a/5": noise(4096, 5) }))).toBe("full");
		expect(flash.operations).toBe(0);
		expect(vault.bytes("a/3")).toEqual(noise(4096, 3));
		// Replacing takes no room of its own.
		for (let i = 0; i < 20; i += 1) vault.write({ "a/3": noise(4096, i) });
		vault.write({ "a/1": undefined, "a/4": noise(4096, 4) });
		const next = new Vault(options(flash));
		expect(["a/2", "a/3", "a/4"].map((name) => next.bytes(name))).toEqual([
			noise(4096, 2),
			noise(4096, 19),
			noise(4096, 4),
		]);
	});

	test("a partition of one block, of another erase value, of a unit too large", () => {
		expect(() => new Vault(options(new FlashSimulator({ blocks: 1 })))).toThrow(RangeError);
		const flash = new FlashSimulator();
		for (const wrong of [{ eraseValue: 0 }, { writeAlign: 64 }, { blockLength: 1024 }])
			expect(() => new Vault(options({ ...memory(flash), status: () => ({ ...flash.status(), ...wrong }) }))).toThrow(
				RangeError,
			);
		expect(() => new Vault(options(flash, { firstBlock: 3 }))).toThrow(RangeError);
	});

	test("names of 48 characters, of printable ASCII, with a domain", () => {
		for (const name of ["a/b", "identity/deviceSecret", "network/1/ssid", `a/${"x".repeat(46)}`]) checkName(name);
		for (const name of ["", "a", "/", "a/", "/a", "a//b", "a/b/", "ä/b", "a/ b", `a/${"x".repeat(47)}`])
			expect(codeOf(() => checkName(name))).toBe("bad-name");
	});
});

const memory = (flash: FlashSimulator): VaultFlash => ({
	read: (into, offset) => flash.read(into, offset),
	write: (bytes, offset) => flash.write(bytes, offset),
	eraseBlock: (block) => flash.eraseBlock(block),
	status: () => flash.status(),
});

describe("refused, and left as it is", () => {
	const written = (more: Partial<VaultOptions> = {}) => {
		const flash = new FlashSimulator({ blocks: 4 });
		new Vault(options(flash, more)).write({ "a/1": "one" });
		return flash;
	};
	const untouched = (flash: FlashSimulator, code: string, open: () => unknown) => {
		const before = flash.cells.slice();
		flash.powerOn();
		expect(codeOf(open)).toBe(code);
		expect(flash.operations).toBe(0);
		expect(flash.cells).toEqual(before);
	};

	test("another device's key", () => {
		const flash = written();
		untouched(flash, "wrong-key", () => new Vault(options(flash, { chip: 8 })));
		expect(new Vault(options(flash)).text("a/1")).toBe("one");
	});

	test("the other mode, both ways", () => {
		const sealed = written();
		untouched(sealed, "other-mode", () => new Vault(options(sealed, { plain })));
		const open = written({ plain });
		untouched(open, "other-mode", () => new Vault(options(open)));
	});

	test("another layout", () => {
		const flash = written();
		untouched(flash, "other-layout", () => new Vault(options(flash, { blocks: 3 })));
	});

	test("a newer format, at whatever block", () => {
		const flash = written();
		// As a version 2 would write it: only the first bytes and the CRC-32 keep their places.
		const header = flash.cells.subarray(3 * 4096, 3 * 4096 + 64);
		header.set(flash.cells.subarray(0, 64));
		header[4] = 2;
		flash.cells.fill(0, 3 * 4096 + 128, 3 * 4096 + 132);
		new DataView(header.buffer, header.byteOffset).setUint32(52, crcOf(header.subarray(0, 52)), true);
		untouched(flash, "newer-format", () => new Vault(options(flash)));
	});

	test("anything else", () => {
		// Not the bytes that a format writes first: there it may be one that the power cut.
		for (const place of [0, 200, 4096, 3 * 4096 + 4095]) {
			const flash = new FlashSimulator({ blocks: 4 });
			flash.cells[place] = 0x12;
			untouched(flash, "not-a-vault", () => new Vault(options(flash)));
		}
	});

	test("a format makes a vault of each", () => {
		const foreign = new FlashSimulator({ blocks: 4 });
		foreign.cells.fill(0x33);
		for (const flash of [foreign, written(), written({ plain })]) {
			Vault.format(options(flash, { chip: 9 })).write({ "a/2": "two" });
			expect(new Vault(options(flash, { chip: 9 })).names()).toEqual(["a/2"]);
		}
	});
});

function crcOf(bytes: Uint8Array): number {
	let crc = ~0;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc >>> 0;
}

describe("a format", () => {
	test("draws another salt and leaves nothing of the old values", () => {
		const flash = new FlashSimulator({ blocks: 6 });
		const vault = new Vault(options(flash, { plain }));
		vault.write({ "a/1": "very recognisable", "a/2": noise(4096, 1) });
		vault.write({ "a/2": noise(4000, 2) });
		const salt = flash.cells.slice(36, 52);
		vault.format();
		expect(Buffer.from(flash.cells).includes("very recognisable")).toBe(false);
		expect(Buffer.from(flash.cells).includes(Buffer.from(salt))).toBe(false);
		expect(vault.names()).toEqual([]);
	});

	test("keeps the count of erases", () => {
		const flash = new FlashSimulator({ blocks: 4 });
		const vault = new Vault(options(flash));
		for (let i = 0; i < 200; i += 1) vault.write({ "a/1": noise(900, i) });
		const before = vault.status().erases;
		vault.format();
		expect(new Vault(options(flash)).status().erases).toBeGreaterThan(before);
	});
});

describe("swapped, moved, removed and rolled back", () => {
	/** Three blocks of records, each key written once or twice. */
	const populated = () => {
		const flash = new FlashSimulator({ blocks: 16 });
		const vault = new Vault(options(flash));
		vault.write({ "link/host": "old" });
		for (let i = 0; i < 18; i += 1) vault.write({ [`a/${i}`]: noise(500, i) });
		vault.write({ "link/host": "new" });
		for (let i = 0; i < 6; i += 1) vault.write({ [`b/${i}`]: noise(500, i) });
		expect(vault.status().log).toBe(4);
		return flash;
	};
	const read = (flash: FlashSimulator, name: string) => {
		const vault = new Vault(options(flash));
		return codeOf(() => vault.text(name)) ?? vault.text(name);
	};
	/** Where records begin in a block: after each commit word. */
	const size = 16 + 3 + 8 + 1 + 516 + 4;

	test("two records of one block", () => {
		const flash = populated();
		const [a, b] = [4096 + 132, 4096 + 132 + 3 * size];
		const copy = flash.cells.slice(a, a + size);
		flash.cells.copyWithin(a, b, b + size);
		flash.cells.set(copy, b);
		expect(read(flash, "a/0")).toBe("damaged");
		expect(new Vault(options(flash)).status().damaged).toBe(true);
		// What was written after it is the newest for certain.
		expect(read(flash, "link/host")).toBe("new");
	});

	test("a record that was taken out", () => {
		const flash = populated();
		flash.cells.fill(255, 2 * 4096 + 132, 2 * 4096 + 132 + size);
		expect(read(flash, "a/0")).toBe("damaged");
		expect(read(flash, "a/nothing")).toBe("damaged");
		expect(read(flash, "link/host")).toBe("new");
		const vault = new Vault(options(flash));
		expect(codeOf(() => vault.write({ "a/0": "x" }))).toBe("damaged");
		vault.format();
		vault.write({ "a/0": "x" });
		expect(read(flash, "a/0")).toBe("x");
	});

	test("two blocks that changed places", () => {
		const flash = populated();
		const first = flash.cells.slice(4096, 8192);
		flash.cells.copyWithin(4096, 8192, 12288);
		flash.cells.set(first, 8192);
		expect(read(flash, "a/0")).toBe("damaged");
		expect(read(flash, "b/5")).not.toBe("damaged");
	});

	test("a block as it was before, and a block that's gone", () => {
		const flash = new FlashSimulator({ blocks: 16 });
		const vault = new Vault(options(flash));
		vault.write({ "link/host": "old" });
		const before = flash.cells.slice(0, 4096);
		vault.write({ "link/host": "new" });
		for (let i = 0; i < 18; i += 1) vault.write({ [`a/${i}`]: noise(500, i) });
		for (const content of [before, new Uint8Array(4096).fill(255)]) {
			const copy = flash.copy(1);
			copy.cells.set(content, 0);
			expect(read(copy, "link/host")).toBe("damaged");
			expect(codeOf(() => new Vault(options(copy)).bytes("a/17"))).toBeUndefined();
		}
	});

	test("a block of an earlier generation in the place of one of this", () => {
		const flash = new FlashSimulator({ blocks: 4 });
		const vault = new Vault(options(flash));
		vault.write({ "link/host": "old" });
		const early = flash.cells.slice();
		vault.write({ "link/host": "new" });
		while (vault.status().erases < 9) vault.write({ "a/n": noise(900, vault.status().sequence) });
		const log = vault.status().log;
		expect(log).toBeGreaterThan(0);
		for (let block = 0; block < 4; block += 1) {
			const copy = flash.copy(1);
			copy.cells.set(early.subarray(block * 4096, (block + 1) * 4096), block * 4096);
			expect(["new", "damaged", "not-a-vault"]).toContain(
				codeOf(() => read(copy, "link/host")) ?? read(copy, "link/host"),
			);
		}
	});

	test("a value that rot has hit is lost alone, also after a compaction", () => {
		const flash = populated();
		flash.cells[2 * 4096 + 132 + 100] = (flash.cells[2 * 4096 + 132 + 100] as number) ^ 0x18;
		const vault = new Vault(options(flash));
		const lost = vault.names().filter((name) => codeOf(() => vault.bytes(name)) === "damaged");
		expect(lost).toHaveLength(1);
		const [name] = lost as [string];
		for (let i = 0; i < 150; i += 1) vault.write({ "x/n": noise(800, i) });
		const next = new Vault(options(flash));
		expect(next.has(name)).toBe(true);
		expect(codeOf(() => next.bytes(name))).toBe("damaged");
		expect(next.text("link/host")).toBe("new");
		next.write({ [name]: "again" });
		expect(new Vault(options(flash)).text(name)).toBe("again");
	});
});

describe("writing", () => {
	test("what is there already isn't written again, secrets neither", () => {
		const flash = new FlashSimulator();
		const vault = new Vault(options(flash));
		vault.write({ "a/1": "one", "a/2": Key.from(noise(2000, 2)), "a/3": noise(100, 3) });
		flash.powerOn();
		vault.write({ "a/1": "one", "a/2": Key.from(noise(2000, 2)), "a/3": noise(100, 3), "a/4": undefined });
		expect(flash.operations).toBe(0);
		// The same bytes, but no secret any more.
		vault.write({ "a/2": noise(2000, 2) });
		expect(vault.bytes("a/2")).toEqual(noise(2000, 2));
	});

	test("no secret lies in the flash as it is, nor does any value", () => {
		const flash = new FlashSimulator();
		new Vault(options(flash)).write({ "a/1": "very recognisable", "a/2": Key.from(Buffer.from("a secret's bytes")) });
		expect(Buffer.from(flash.cells).includes("recognisable")).toBe(false);
		expect(Buffer.from(flash.cells).includes("secret's")).toBe(false);
	});

	test("a flash that fails is reported, and the vault goes on when it works again", () => {
		const flash = new FlashSimulator();
		const face = memory(flash);
		let isBroken = false;
		const vault = new Vault(options({ ...face, write: (bytes, at) => (isBroken ? boom() : face.write(bytes, at)) }));
		vault.write({ "a/1": "one" });
		isBroken = true;
		expect(codeOf(() => vault.write({ "a/1": "two" }))).toBe("flash");
		isBroken = false;
		expect(vault.text("a/1")).toBe("one");
		vault.write({ "a/1": "three" });
		expect(new Vault(options(flash)).text("a/1")).toBe("three");
	});

	test("after 10,000 writes no block was erased much more often than another", () => {
		const flash = new FlashSimulator({ blocks: 8 });
		const vault = new Vault(options(flash));
		vault.write({ "identity/certificate": noise(1500, 1), "identity/privateKey": Key.from(noise(1200, 2)) });
		for (let i = 0; i < 10_000; i += 1) vault.write({ [`a/${i % 5}`]: noise(40, i) });
		const { wear, erases, bytesProgrammed, bytesGiven } = vault.status();
		expect(Math.max(...wear) - Math.min(...wear)).toBeLessThanOrEqual(1);
		expect(wear.reduce((sum, count) => sum + count)).toBe(erases);
		expect(flash.erases).toEqual(wear);
		expect(new Vault(options(flash)).status()).toMatchObject({ wear, erases });
		process.stdout.write(
			`10,000 writes of 40 bytes: ${erases} erases, ${bytesProgrammed} bytes programmed for ${bytesGiven}\n`,
		);
	}, 60_000);

	test("a start reads at most three times what lives, or four blocks", () => {
		const flash = new FlashSimulator({ blocks: 32 });
		const vault = new Vault(options(flash));
		for (let i = 0; i < 3000; i += 1) vault.write({ "a/n": noise(100, i) });
		expect(vault.status().log).toBeLessThanOrEqual(4);
	});
});

function boom(): never {
	throw new Error("the flash fails");
}
