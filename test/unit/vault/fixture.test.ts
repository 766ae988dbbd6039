// A flash of format version 1, as it was written once: every later firmware reads it. LINKXS_WRITE_FIXTURE=1 makes it
// anew, which is right only before a version is released; a new version gets a fixture of its own beside it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import * as crypto from "hal/crypto";
import { plain } from "vault/lab/plain";
import Vault, { type VaultOptions } from "vault/vault";
import { describe, expect, test } from "vitest";
import { FlashSimulator } from "../../lib/flash-simulator";
import { noise } from "../../power/vault-scenarios";

const { Key } = crypto;
const chip = Uint8Array.from({ length: 32 }, (_, i) => i);

describe.each([
	["encrypted", {}],
	["plain", { plain }],
] as const)("%s", (name, mode) => {
	const path = new URL(`./version-1-${name}.flash.gz`, import.meta.url).pathname;
	const options = (flash: FlashSimulator): VaultOptions => ({
		flash,
		crypto,
		deriveKey: (info) => Key.fromHmac("SHA256", chip, [info]),
		...mode,
	});

	test("a flash of version 1 is read", () => {
		if (process.env.LINKXS_WRITE_FIXTURE) writeFileSync(path, gzipSync(make(options)));
		expect(existsSync(path)).toBe(true);
		const flash = new FlashSimulator({ blocks: 4 });
		flash.cells.set(gunzipSync(readFileSync(path)));
		const vault = new Vault(options(flash));
		expect(flash.operations).toBe(0);
		expect(vault.names()).toEqual([
			"identity/certificate",
			"identity/deviceName",
			"identity/deviceSecret",
			"link/region",
		]);
		expect(vault.text("identity/deviceName")).toBe("device-1");
		expect(vault.text("link/region")).toBe("cn-shanghai");
		expect(vault.bytes("identity/certificate")).toEqual(noise(3000, 1));
		const secret = new Uint8Array(32);
		vault.key("identity/deviceSecret")?.copyTo(secret);
		expect(secret).toEqual(noise(32, 2));
		vault.write({ "link/region": "ap-southeast-1" });
		expect(new Vault(options(flash)).text("link/region")).toBe("ap-southeast-1");
	});
});

function make(options: (flash: FlashSimulator) => VaultOptions): Uint8Array {
	const flash = new FlashSimulator({ blocks: 4 });
	const vault = new Vault(options(flash));
	vault.write({ "identity/deviceName": "device-0", "update/state": noise(2000, 3) });
	for (let i = 0; i < 8; i += 1) vault.write({ "update/state": noise(1000, i) });
	vault.write({
		"identity/deviceName": "device-1",
		"identity/deviceSecret": Key.from(noise(32, 2)),
		"identity/certificate": noise(3000, 1),
		"update/state": undefined,
	});
	vault.write({ "link/region": "cn-shanghai" });
	return flash.cells;
}
