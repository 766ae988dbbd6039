// The vault over the device's own flash, with the device's own key. What it does with the power is test/power's and
// test/simulator/vault-power's.
import Flash, { type Flash as Partition } from "embedded:storage/flash";
import * as crypto from "hal/crypto";
import { deriveKey, memory, resetReason, restart } from "hal/system";
import { encode } from "hal/text";
import { afterEach, beforeEach, describe, expect, test } from "test/expect";
import Vault from "vault/vault";

let flash: Partition;

beforeEach(() => {
	flash = Flash.open({ path: "vault" });
});
afterEach(() => flash.close());

const open = () => new Vault({ flash, crypto, deriveKey });
const fresh = () => Vault.format({ flash, crypto, deriveKey });

/** Whether `bytes` are anywhere in the partition. */
function isInFlash(bytes: Uint8Array): boolean {
	const { size, blockLength } = flash.status();
	const step = blockLength / 2;
	for (let at = 0; at + step <= size; at += step) {
		const part = new Uint8Array(flash.read(Math.min(blockLength, size - at), at));
		for (let i = part.indexOf(bytes[0] as number); i >= 0; i = part.indexOf(bytes[0] as number, i + 1)) {
			if (i + bytes.length > part.length) break;
			if (crypto.equal(part.subarray(i, i + bytes.length), bytes)) return true;
		}
	}
	return false;
}

const proofOf = (key: crypto.Key | undefined): string => (key ? crypto.hex(crypto.hmac("SHA256", key)) : "none");

test("an identity is kept, over a restart too, and is legible for this device alone", () => {
	const secret = encode("the secret of a device, 32 bytes");
	if (resetReason() === "power-on") {
		const vault = fresh();
		vault.write({
			"identity/productKey": "a1B2c3D4e5F",
			"identity/deviceName": "lamp of this test",
			"identity/deviceSecret": crypto.Key.from(secret),
		});
		vault.close();
		restart();
	}
	const vault = open();
	expect(vault.names()).toEqual(["identity/deviceName", "identity/deviceSecret", "identity/productKey"]);
	expect(vault.text("identity/deviceName")).toBe("lamp of this test");
	expect(proofOf(vault.key("identity/deviceSecret"))).toBe(crypto.hex(crypto.hmac("SHA256", secret)));
	expect(() => vault.text("identity/deviceSecret")).toThrowCode("secret");
	expect(() => vault.bytes("identity/deviceSecret")).toThrowCode("secret");
	expect(isInFlash(secret.subarray(0, 12))).toBe(false);
	expect(isInFlash(encode("lamp of this"))).toBe(false);
	expect(() => new Vault({ flash, crypto, deriveKey: () => crypto.Key.random(32) })).toThrowCode("wrong-key");
	expect(open().text("identity/productKey")).toBe("a1B2c3D4e5F");
});

describe("as it fills", () => {
	test("blocks are erased in turn, and everything stays", () => {
		const vault = fresh();
		const { blocks } = flash.status();
		const long = new Uint8Array(3000);
		vault.write({ "link/region": "cn-shanghai", "identity/deviceSecret": crypto.Key.from(encode("s".repeat(32))) });
		const before = vault.status().erases;
		for (let i = 0; vault.status().erases - before < 2 * blocks; i++) {
			long.fill(i);
			vault.write({ "link/root": long, "update/offset": String(i) });
		}
		const { wear } = vault.status();
		expect(Math.max(...wear) - Math.min(...wear)).toBeLessThanOrEqual(2);
		const again = open();
		expect(again.text("link/region")).toBe("cn-shanghai");
		expect(crypto.equal(again.bytes("link/root") ?? new Uint8Array(0), long)).toBe(true);
		expect(again.key("identity/deviceSecret")?.byteLength).toBe(32);
	}, 60_000);

	test("and no more goes in than there's room for, at once or not at all", () => {
		const vault = fresh();
		const long = crypto.random(4096);
		let last = 0;
		try {
			for (; last < 100; last++) vault.write({ [`update/${last}`]: long, "update/count": String(last + 1) });
			expect("full").toBe("not");
		} catch (error) {
			expect(error).toMatchObject({ name: "VaultError", code: "full" });
		}
		expect(last).toBeGreaterThan(5);
		const again = open();
		expect(again.text("update/count")).toBe(String(last));
		expect(again.has(`update/${last}`)).toBe(false);
		again.write({ "update/0": undefined });
		again.write({ [`update/${last}`]: long });
		expect(open().has(`update/${last}`)).toBe(true);
	}, 60_000);
});

/** A slot of XS: 16 bytes on a chip and in the 32-bit build, 32 in a 64-bit process. */
function slotSize(): number {
	const before = memory(true).slots;
	const kept = Array.from({ length: 200 }, () => ({}));
	return Math.round((memory(true).slots - before) / kept.length / 16) * 16;
}

test("an open vault takes less than 6 KiB of a chip's memory", () => {
	fresh().write({ "identity/productKey": "a1B2c3D4e5F", "identity/deviceName": "lamp" });
	const before = memory(true);
	const vault = open();
	const after = memory(true);
	expect(vault.has("identity/deviceName")).toBe(true);
	const slots = ((after.slots - before.slots) * 16) / slotSize();
	expect(slots + after.chunks - before.chunks).toBeLessThan(6144);
});
