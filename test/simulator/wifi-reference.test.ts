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
import { tracesOf } from "../lib/secrets";
import { noteSecret } from "../lib/transcript";
import { boot, folder, useSimulator, variant } from "./firmware";

useSimulator();

const key = "key of the house's network";
noteSecret("Wi-Fi", key);

/** Names of the networks that it tried, in their order. */
const tried = (device: Simulator) =>
	device.events.flatMap((event) => (event.event === "wifi" && event.connection === 300 ? [event.ssid] : []));

test("it joins what the vault says, remembers it over a restart, and leaves the key in the vault", async () => {
	const place = folder();
	const [flash, wifi] = [join(place, "flash.bin"), join(place, "air.txt")];
	writeFileSync(wifi, `other\nhome key "${key}" hidden\n`);
	const manifest = join(ROOT, "manifest.json");
	const { image } = await buildImage({ manifest, board: "sim", check: false, variant, out: join(place, "image") });
	createFlash({ board: "sim", image, path: flash });
	const vault = openVault(flash);
	vault.write({
		"network/1/ssid": "gone",
		"network/2/ssid": "home",
		"network/2/key": Key.from(Buffer.from(key)),
		"network/2/hidden": "1",
	});
	vault.close();

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
