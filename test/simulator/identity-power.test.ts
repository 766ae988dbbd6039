// The reference firmware registers, and the power goes in each operation of its flash on the way: the device that boots
// again is online. Every operation with LINKXS_ALL, else a sample. (test/unit/enrolment has the steps between them.)
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openVault } from "../../tools/lib/vault";
import type { Auth } from "../../tools/start/provision";
import { World } from "../cloud/lib/world";
import { buildReference, burn } from "../lib/reference-device";
import { boot, folder, useSimulator, variant } from "./firmware";

useSimulator();

const all = process.env["LINKXS_ALL"] === "1";
const modes = ["before", "torn", "after"] as const;

let world: World;
let image: string;
let devices = 0;

beforeAll(async () => {
	world = await World.start();
	image = await buildReference(variant, folder());
}, 600_000);
afterAll(() => world.stop());

/** Boots with the cut. @returns whether there was one before the device was online. */
async function cutAt(flash: string, at: number, mode: string): Promise<boolean> {
	const device = boot(flash, { cutPowerAt: `${at}:${mode}` });
	const online = device.line(/^I main report 1 acknowledged/).then(
		() => device.stop(),
		() => device.ended,
	);
	await Promise.race([device.ended, online]);
	return (await device.ended).code === 4;
}

const ways = [
	["product", {}],
	["product-nwl", {}],
	["product", { "identity/road": "https" }],
	["x509", {}],
] as const;

test.each(all ? ways : ways.slice(0, 2))(
	"by %s %j",
	async (auth, more) => {
		let cuts = 0;
		for (let at = 1; ; at += 1) {
			const [mode, ...others] = all ? modes : [modes[at % 3] ?? "torn"];
			let was = false;
			for (const how of [mode, ...others]) {
				if (how === undefined) continue;
				const flash = join(folder(), "flash.bin");
				await burn(world, { image, flash, auth: auth as Auth, number: ++devices, more });
				was = await cutAt(flash, at, how);
				if (!was) break;
				cuts += 1;
				const device = boot(flash);
				await device.line("I main report 1 acknowledged");
				await device.stop();
				const vault = openVault(flash, { mode: "r" });
				expect(vault.status().damaged).toBe(false);
				vault.close();
				rmSync(flash);
			}
			if (!was) break;
		}
		expect(cuts).toBeGreaterThanOrEqual(1);
		console.log(`power cut while the firmware enrols (${auth} ${JSON.stringify(more)}): ${cuts} cuts, 0 lost`);
	},
	600_000,
);
