// The reference firmware among access points: networks out of its real vault.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildImage } from "../../tools/build/build";
import { ROOT } from "../../tools/build/places";
import { Key } from "../../tools/lib/crypto";
import { createFlash } from "../../tools/lib/flash-image";
import { openVault } from "../../tools/lib/vault";
import type { Simulator } from "../../tools/simulator/simulator";
import { startChrony } from "../lib/chrony";
import { tracesOf } from "../lib/secrets";
import { noteSecret } from "../lib/transcript";
import { boot, folder, useSimulator, variant } from "./firmware";

useSimulator();

const key = "key of the house's network";
noteSecret("Wi-Fi", key);

/** Names of the networks that it tried, in their order. */
const tried = (device: Simulator) =>
	device.events.flatMap((event) => (event.event === "wifi" && event.connection === 300 ? [event.ssid] : []));

/** A flash file with the reference firmware, and these records in its vault. */
async function reference(records: Parameters<ReturnType<typeof openVault>["write"]>[0]): Promise<string> {
	const place = folder();
	const manifest = join(ROOT, "manifest.json");
	const { image } = await buildImage({ manifest, board: "sim", check: false, variant, out: join(place, "image") });
	const flash = join(place, "flash.bin");
	createFlash({ board: "sim", image, path: flash });
	const vault = openVault(flash);
	vault.write(records);
	vault.close();
	return flash;
}

test("it joins what the vault says, remembers it over a restart, and leaves the key in the vault", async () => {
	const wifi = join(folder(), "air.txt");
	writeFileSync(wifi, `other\nhome key "${key}" hidden\n`);
	const flash = await reference({
		"network/1/ssid": "gone",
		"network/2/ssid": "home",
		"network/2/key": Key.from(Buffer.from(key)),
		"network/2/hidden": "1",
	});
	const first = boot(flash, { wifi, heapFile: `${flash}.heap` });
	// Online: it looks for who it is, and is nobody.
	await first.line("no-identity");
	expect(tried(first)).toEqual(["gone", "home"]);
	expect(first.lines.filter((line) => line.includes("no network"))).toEqual(["W main no network: no-signal: gone"]);
	expect(tracesOf(await first.heap(), { key })).toEqual([]);
	await first.stop();

	const second = boot(flash, { wifi });
	await second.line("no-identity");
	expect(tried(second)).toEqual(["home"]);
	await second.stop();
});

test("it asks the time server of its records before it does anything else, when it doesn't know the time", async () => {
	const chrony = await startChrony();
	try {
		const flash = await reference({ "network/timeServer": `127.0.0.1:${chrony.port}` });
		const device = boot(flash, { clockUnset: true });
		await device.line("no-identity");
		const [, time = ""] = /^I network the time is (.*)$/m.exec(device.lines.join("\n")) ?? [];
		expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
		await device.stop();
	} finally {
		chrony.stop();
	}
});
