// Where the simulator's chip has its secret: `<flash>.key`.
import { createHmac } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { boot, flash, useSimulator } from "./firmware";

useSimulator();

async function proofOf(path: string): Promise<string> {
	const device = boot(path);
	const line = await device.line(/^proof /);
	await device.stop();
	return line.slice(6);
}

function expected(secret: Buffer): string {
	const key = createHmac("sha256", secret)
		.update(Buffer.from([1, 2, 3]))
		.digest();
	return createHmac("sha256", key)
		.update(Buffer.from([4]))
		.digest("hex");
}

test("it's 32 random bytes for their owner only, made at the first use and kept; HMAC-SHA256 is what's made of them", async () => {
	const path = await flash("device-key");
	const proof = await proofOf(path);
	const secret = readFileSync(`${path}.key`);
	expect(secret).toHaveLength(32);
	expect(statSync(`${path}.key`).mode & 0o777).toBe(0o600);
	expect(proof).toBe(expected(secret));
	expect(await proofOf(path)).toBe(proof);
	expect(readFileSync(`${path}.key`).equals(secret)).toBe(true);
	expect(existsSync(`${path}.key.new`)).toBe(false);

	// The flash in another chip: another key.
	const copy = `${path}-copy`;
	copyFileSync(path, copy);
	expect(await proofOf(copy)).not.toBe(proof);
	copyFileSync(`${path}.key`, `${copy}.key`);
	expect(await proofOf(copy)).toBe(proof);
});

test("a file of another length is refused, not replaced", async () => {
	const path = await flash("device-key");
	for (const length of [0, 31, 33]) {
		writeFileSync(`${path}.key`, Buffer.alloc(length, 1));
		expect(await proofOf(path)).toContain("no device key: the .key file beside the flash file is not 32 bytes");
		expect(readFileSync(`${path}.key`)).toHaveLength(length);
	}
});

test.skipIf(process.getuid?.() === 0)("a file that can't be read is refused", async () => {
	const path = await flash("device-key");
	writeFileSync(`${path}.key`, Buffer.alloc(32, 1));
	chmodSync(`${path}.key`, 0);
	expect(await proofOf(path)).toContain("no device key: the .key file beside the flash file can't be read");
});
