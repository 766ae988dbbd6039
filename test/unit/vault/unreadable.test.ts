import * as crypto from "hal/crypto";
import { VaultError } from "vault/error";
import UnreadableVault, { openRecords } from "vault/unreadable";
import Vault from "vault/vault";
import { expect, test } from "vitest";
import { FlashSimulator } from "../../lib/flash-simulator";

const deriveKey = (chip: number) => (info: crypto.Bytes) =>
	crypto.Key.fromHmac("SHA256", new Uint8Array(32).fill(chip), [info]);

/** What another chip has written. */
function ofAnother() {
	const flash = new FlashSimulator({ blocks: 4 });
	new Vault({ flash, crypto, deriveKey: deriveKey(1) }).write({ "identity/deviceName": "of another" });
	return { flash, options: { flash, crypto, deriveKey: deriveKey(2) } };
}

test("is as good as empty, and leaves what it can't read where it is", () => {
	const { flash, options } = ofAnother();
	expect(() => new Vault(options)).toThrow("wrong-key");
	const before = flash.cells.slice();
	const records = new UnreadableVault(options, new VaultError("wrong-key"));
	expect(records.has("identity/deviceName")).toBe(false);
	expect(records.text("identity/deviceName")).toBeUndefined();
	expect(records.bytes("identity/deviceName")).toBeUndefined();
	expect(records.key("identity/deviceName")).toBeUndefined();
	expect(records.names()).toEqual([]);
	records.write({ "identity/deviceName": undefined });
	expect(() => records.write({ "network/1/ssid": "home" })).toThrow("wrong-key");
	expect(flash.cells).toEqual(before);
});

test("is a new vault from the first write on", () => {
	const { options } = ofAnother();
	const records = new UnreadableVault(options, new VaultError("wrong-key"));
	records.write({ "identity/deviceName": "anew", "identity/deviceSecret": crypto.Key.random(32) });
	records.write({ "link/host": "localhost" });
	expect(records.text("identity/deviceName")).toBe("anew");
	expect(records.bytes("link/host")).toHaveLength(9);
	expect(records.key("identity/deviceSecret")?.byteLength).toBe(32);
	expect(records.has("link/host")).toBe(true);
	expect(new Vault(options).names()).toEqual(records.names());
});

test("takes the vault's place only where that can't be opened", () => {
	const told: string[] = [];
	const { flash, options } = ofAnother();
	expect(openRecords(options, (why) => told.push(why))).toBeInstanceOf(UnreadableVault);
	expect(told).toEqual(["vault: wrong-key"]);
	expect(openRecords({ ...options, deriveKey: deriveKey(1) }, (why) => told.push(why))).toBeInstanceOf(Vault);
	flash.cells.fill(0x5a);
	expect(openRecords(options, (why) => told.push(why)).names()).toEqual([]);
	expect(told).toEqual(["vault: wrong-key", "vault: not-a-vault"]);
});

test("what may pass is no reason to take a vault for empty", () => {
	const { flash, options } = ofAnother();
	const noMemory = new Error("no memory for a key");
	const fails = () => {
		throw noMemory;
	};
	const told: string[] = [];
	expect(() => openRecords({ ...options, deriveKey: fails }, (why) => told.push(why))).toThrow(noMemory);
	const worn = Object.assign(Object.create(flash), { read: fails });
	expect(() => openRecords({ ...options, flash: worn }, (why) => told.push(why))).toThrow("vault: flash");
	expect(told).toEqual([]);
});
