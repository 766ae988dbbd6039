// The vault's basics, on Node and on XS, over a flash in memory.
import * as crypto from "hal/crypto";
import { expect, test } from "test/expect";
import type { VaultError } from "vault/error";
import Vault, { type VaultOptions } from "vault/vault";
import { ascii, memoryFlash } from "./support";

const options = (flash = memoryFlash(8)): VaultOptions => ({
	flash,
	crypto,
	deriveKey: (info) => crypto.Key.fromHmac("SHA256", ascii("a chip's own secret"), [info]),
});

test("what is written is read again, also by the next one that opens it", () => {
	const flash = memoryFlash(8);
	const vault = new Vault(options(flash));
	vault.write({ "identity/productKey": "a1X", "link/root": ascii("PEM"), "network/1/ssid": "Café 猫" });
	for (const one of [vault, new Vault(options(flash))]) {
		expect(one.text("identity/productKey")).toBe("a1X");
		expect(one.bytes("link/root")).toEqual(ascii("PEM"));
		expect(one.text("network/1/ssid")).toBe("Café 猫");
		expect(one.text("link/host")).toBeUndefined();
		expect(one.has("link/root")).toBe(true);
		expect(one.has("link/host")).toBe(false);
		expect(one.names()).toEqual(["identity/productKey", "link/root", "network/1/ssid"]);
		expect(one.names("link")).toEqual(["link/root"]);
	}
});

test("a secret comes back as a key only", () => {
	const flash = memoryFlash(8);
	const vault = new Vault(options(flash));
	vault.write({ "identity/deviceSecret": crypto.Key.from(ascii("0123456789abcdef")), "identity/deviceName": "d" });
	for (const one of [vault, new Vault(options(flash))]) {
		expect(() => one.text("identity/deviceSecret")).toThrowCode("secret");
		expect(() => one.bytes("identity/deviceSecret")).toThrowCode("secret");
		const key = one.key("identity/deviceSecret") as crypto.Key;
		expect(key.byteLength).toBe(16);
		expect(crypto.hmac("SHA256", key, ascii("x"))).toEqual(
			crypto.hmac("SHA256", ascii("0123456789abcdef"), ascii("x")),
		);
		expect(one.key("identity/deviceName")?.byteLength).toBe(1);
		expect(one.key("identity/none")).toBeUndefined();
	}
});

test("several at once, replaced and removed", () => {
	const flash = memoryFlash(8);
	const vault = new Vault(options(flash));
	vault.write({ "a/1": "one", "a/2": "two", "a/3": "three" });
	vault.write({ "a/1": "uno", "a/2": undefined, "a/4": "" });
	for (const one of [vault, new Vault(options(flash))]) {
		expect(one.names().map((name) => one.text(name))).toEqual(["uno", "three", ""]);
		expect(one.text("a/2")).toBeUndefined();
	}
});

test("values up to 4,096 bytes, over several blocks", () => {
	const flash = memoryFlash(8);
	const vault = new Vault(options(flash));
	const long = new Uint8Array(4096);
	for (let i = 0; i < long.length; i += 1) long[i] = i * 7;
	vault.write({ "a/1": long, "a/2": long.subarray(0, 1025), "a/secret": crypto.Key.from(long) });
	for (const one of [vault, new Vault(options(flash))]) {
		expect(crypto.equal(one.bytes("a/1") as Uint8Array, long)).toBe(true);
		expect(crypto.equal(one.bytes("a/2") as Uint8Array, long.subarray(0, 1025))).toBe(true);
		const key = one.key("a/secret") as crypto.Key;
		expect(crypto.hmac("SHA256", key)).toEqual(crypto.hmac("SHA256", long));
	}
	expect(() => vault.write({ "a/1": new Uint8Array(4097) })).toThrowCode("value-too-long");
});

test("it's compacted as it fills, again and again", () => {
	const flash = memoryFlash(4);
	const vault = new Vault(options(flash));
	vault.write({ "a/kept": "kept", "a/secret": crypto.Key.from(ascii("s")) });
	for (let i = 0; i < 120; i += 1) vault.write({ "a/n": `value ${i} ${"x".repeat(200)}` });
	const next = new Vault(options(flash));
	expect([next.text("a/kept"), next.key("a/secret")?.byteLength]).toEqual(["kept", 1]);
	expect(next.text("a/n")?.slice(0, 9)).toBe("value 119");
	expect(next.status().erases).toBeGreaterThan(4);
});

test("errors say what is wrong, and of whom", () => {
	const vault = new Vault(options());
	for (const name of ["", "a", "a/", "/a", "a//b", "a/ä", "a/b c", `a/${"x".repeat(47)}`])
		expect(() => vault.text(name)).toThrowCode("bad-name");
	vault.write({ "a/1": new Uint8Array([0xff, 0xfe]) });
	expect(() => vault.text("a/1")).toThrowCode("not-text");
	vault.close();
	vault.close();
	expect(() => vault.has("a/1")).toThrowCode("closed");
	try {
		vault.text("a/1");
	} catch (error) {
		const { name, code, retry, message } = error as VaultError;
		expect([name, code, retry, message]).toEqual(["VaultError", "closed", "never", "vault: closed"]);
	}
});

test("format forgets everything", () => {
	const flash = memoryFlash(4);
	const vault = new Vault(options(flash));
	vault.write({ "a/1": "one" });
	vault.format();
	expect(vault.names()).toEqual([]);
	vault.write({ "a/2": "two" });
	expect(new Vault(options(flash)).names()).toEqual(["a/2"]);
});

test("what isn't a vault is left alone, unless it's to be formatted", () => {
	const flash = memoryFlash(4);
	flash.write(ascii("something else. "), 4096);
	expect(() => new Vault(options(flash))).toThrowCode("not-a-vault");
	const vault = Vault.format(options(flash));
	vault.write({ "a/1": "one" });
	expect(new Vault(options(flash)).text("a/1")).toBe("one");
});
