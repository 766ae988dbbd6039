// A device from a factory that burned its identity as NVS: the reference firmware takes it into the vault at its first start,
// wipes the partition, and is online with it; also when the power goes in the middle of that.
import { randomBytes } from "node:crypto";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildImage } from "../../tools/build/build";
import { ROOT } from "../../tools/build/places";
import { createFlash, readPartition, writePartition } from "../../tools/lib/flash-image";
import { openVault } from "../../tools/lib/vault";
import { World } from "../cloud/lib/world";
import { noteSecret } from "../lib/transcript";
import { Nor, NvsWriter } from "../unit/nvs/support";
import { boot, folder, useSimulator, variant } from "./firmware";

useSimulator();

const all = process.env["LINKXS_ALL"] === "1";
const wifiKey = randomBytes(16).toString("hex");
let world: World;
let flash: string;
let deviceName: string;
let deviceSecret: string;

beforeAll(async () => {
	world = await World.start();
	const device = await world.device();
	({ deviceName, deviceSecret } = device);
	noteSecret("wifiKey", wifiKey);
	const { image } = await buildImage({
		manifest: join(ROOT, "manifest.json"),
		check: false,
		variant,
		out: join(folder(), "image"),
	});
	flash = join(folder(), "flash.bin");
	createFlash({ board: "sim", image, path: flash });
	const partition = new Nor(16);
	const writer = new NvsWriter(partition);
	writer.namespace(1, "linkxs");
	writer.string(1, "productKey", device.productKey);
	writer.string(1, "deviceName", deviceName);
	writer.string(1, "deviceSecret", deviceSecret);
	writer.string(1, "host", "localhost");
	const { device: port } = world.cloud.ports;
	writer.entry(1, 0x02, "port", [port & 255, port >> 8, 255, 255, 255, 255, 255, 255]);
	writer.blob(1, "root", [...readFileSync(world.cloud.caFile)]);
	writer.string(1, "wifiKey2", wifiKey);
	writePartition(flash, "factory", partition.bytes);
}, 600_000);
afterAll(() => world.stop());

function copy(): string {
	const path = join(folder(), "flash.bin");
	copyFileSync(flash, path);
	return path;
}

/** Boots until it has reported, and looks at what is left. */
async function becomes(path: string): Promise<{ operations: number; lines: readonly string[] }> {
	const device = boot(path);
	await device.line("I main report 1 acknowledged");
	await device.stop();
	const { flashOperations } = await device.event("exit");
	expect(readPartition(path, "factory").every((byte) => byte === 0xff)).toBe(true);
	const whole = readFileSync(path);
	for (const secret of [deviceSecret, wifiKey]) expect(whole.includes(secret.slice(0, 16))).toBe(false);
	const vault = openVault(path, { mode: "r" });
	expect(vault.names().filter((name) => name.startsWith("update/"))).toEqual([]);
	expect(vault.text("identity/deviceName")).toBe(deviceName);
	expect(vault.key("network/2/key")?.byteLength).toBe(32);
	expect(() => vault.text("identity/deviceSecret")).toThrow("secret");
	vault.close();
	return { operations: flashOperations, lines: device.lines };
}

test("becomes what the factory burned, and takes it once", { timeout: 60_000 }, async () => {
	const path = copy();
	const { lines } = await becomes(path);
	expect(lines.some((line) => /took .*identity\/deviceSecret.* from the factory/.test(line))).toBe(true);
	expect((await becomes(path)).lines.some((line) => line.includes("took"))).toBe(false);
});

test("says so and goes on when that is damaged, and leaves it as it is", { timeout: 60_000 }, async () => {
	const path = copy();
	const damaged = readPartition(path, "factory");
	damaged[200] = (damaged[200] ?? 0) ^ 1;
	writePartition(path, "factory", damaged);
	const device = boot(path);
	expect(await device.line("nothing was taken")).toMatch(/^W main nothing was taken .*nvs: damaged \(\w+\)$/);
	await device.line(/no-identity|identity/);
	await device.stop();
	expect(device.events.some(({ event }) => event === "reset")).toBe(false);
	expect(readPartition(path, "factory").equals(damaged)).toBe(true);
});

test("also when the power goes at any of its flash operations", { timeout: all ? 1_800_000 : 180_000 }, async () => {
	const { operations } = await becomes(copy());
	let cuts = 0;
	for (let at = 1; at <= operations; at += all ? 1 : Math.ceil(operations / 8)) {
		for (const mode of all ? ["before", "torn", "after"] : [["before", "torn", "after"][at % 3]]) {
			const path = copy();
			const cut = boot(path, { cutPowerAt: `${at}:${mode}` });
			// What comes after the report depends on time.
			const end = await Promise.race([
				cut.ended,
				cut.line("I main report 1 acknowledged").then(
					() => cut.stop(),
					() => cut.ended,
				),
			]);
			if (end.code === 4) cuts++;
			await becomes(path);
		}
	}
	process.stdout.write(`first boot from NVS: ${operations} operations, ${cuts} cuts, 0 lost\n`);
	expect(cuts).toBeGreaterThan(5);
});
