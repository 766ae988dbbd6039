// Every single flipped bit of a populated vault: harmless or reported, never a wrong value. LINKXS_ALL=1 flips all.
import { Key } from "hal/crypto";
import { plain } from "vault/lab/plain";
import type { Plain } from "vault/types";
import Vault from "vault/vault";
import { describe, expect, test } from "vitest";
import { FlashSimulator, generator } from "../../lib/flash-simulator";
import { noise, World } from "../../power/vault-scenarios";

const all = process.env.LINKXS_ALL === "1";

/** Values replaced, removed, over two blocks, some already in blocks that count no more. */
function populate(vault: Vault): Map<string, string | undefined> {
	const secret = noise(32, 1);
	for (let i = 0; i < 30; i += 1) vault.write({ "update/state": noise(150 + i, i) });
	vault.write({ "identity/productKey": "old", "identity/deviceName": "old", "identity/gone": "old" });
	vault.write({ "identity/deviceSecret": Key.from(noise(32, 2)), "link/root": noise(1500, 3) });
	vault.write({
		"identity/productKey": "new",
		"identity/deviceName": "new",
		"identity/deviceSecret": Key.from(secret),
	});
	vault.write({ "identity/gone": undefined, "link/root": noise(1400, 4) });
	const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
	return new Map<string, string | undefined>([
		["identity/productKey", hex(Buffer.from("new"))],
		["identity/deviceName", hex(Buffer.from("new"))],
		["identity/gone", undefined],
		["identity/never", undefined],
		["identity/deviceSecret", hex(secret)],
		["link/root", hex(noise(1400, 4))],
		["update/state", hex(noise(179, 29))],
	]);
}

function read(vault: Vault, name: string): string | undefined {
	const key = vault.key(name);
	if (!key) return undefined;
	const bytes = new Uint8Array(key.byteLength);
	key.copyTo(bytes);
	key.close();
	return Buffer.from(bytes).toString("hex");
}

describe.each<[string, number, Plain | undefined]>([
	["units of 4", 4, undefined],
	["units of 16", 16, undefined],
	["plain", 4, plain],
])("%s", (_name, unit, mode) => {
	test("a flipped bit is harmless or reported", () => {
		const flash = new FlashSimulator({ blocks: 3, unit });
		const world = new World();
		const open = (on: FlashSimulator) => new Vault({ ...world.options(on), ...(mode ? { plain: mode } : {}) });
		const vault = open(flash);
		const values = populate(vault);
		const random = generator(unit);
		const bits = flash.cells.length * 8;
		const outcomes = { harmless: 0, reported: 0 };
		const wrong: string[] = [];
		for (let bit = 0; bit < bits; bit += all ? 1 : 1 + Math.floor(random() * 700)) {
			const copy = flash.copy(bit);
			copy.cells[bit >> 3] = (copy.cells[bit >> 3] as number) ^ (1 << (bit & 7));
			let isReported = false;
			// Twice: what the first start settles mustn't make it worse.
			for (let start = 0; start < 2; start += 1) {
				try {
					const one = open(copy);
					for (const [name, value] of values) {
						try {
							if (read(one, name) !== value) wrong.push(`bit ${bit}, start ${start}: ${name}`);
						} catch (error) {
							if ((error as { code?: string }).code !== "damaged") wrong.push(`bit ${bit}: ${name}: ${error}`);
							isReported = true;
						}
					}
				} catch (error) {
					if ((error as { code?: string }).code === undefined) wrong.push(`bit ${bit}: ${error}`);
					isReported = true;
				}
			}
			outcomes[isReported ? "reported" : "harmless"] += 1;
		}
		process.stdout.write(
			`flipped bits, ${_name}: ${outcomes.harmless} harmless, ${outcomes.reported} reported, ${wrong.length} wrong\n`,
		);
		expect(wrong.slice(0, 5)).toEqual([]);
		// Headers are mended: what can't be read is a value whose own bits were hit.
		expect(outcomes.reported).toBeLessThan(outcomes.harmless);
	}, 3_600_000);
});
