// The reference firmware as `npm start` burns it, without `npm start`: for tests that look at one device from outside.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildImage } from "../../tools/build/build";
import type { SimulatorVariant } from "../../tools/build/native";
import { ROOT } from "../../tools/build/places";
import { createFlash } from "../../tools/lib/flash-image";
import { openVault } from "../../tools/lib/vault";
import { type Auth, provision } from "../../tools/start/provision";
import type { World } from "../cloud/lib/world";

/** @returns the image's file. */
export async function buildReference(variant: SimulatorVariant, out: string): Promise<string> {
	const manifest = join(ROOT, "manifest.json");
	return (await buildImage({ manifest, check: false, variant, out: join(out, "image") })).image;
}

/** A flash file with the firmware and the vault of the `number`-th device of its way, which is told where the cloud is. */
export async function burn(
	world: World,
	{
		image,
		flash,
		auth,
		number,
		more = {},
	}: {
		readonly image: string;
		readonly flash: string;
		readonly auth: Auth;
		readonly number: number;
		readonly more?: Readonly<Record<string, string>>;
	},
): Promise<void> {
	createFlash({ board: "sim", image, path: flash });
	const device = (await provision(world.admin, auth, number)).at(-1);
	const vault = openVault(flash);
	await device?.burn(vault);
	vault.write({
		"link/host": auth === "x509" ? "x509.localhost" : "localhost",
		"link/address": "127.0.0.1",
		"link/port": String(world.cloud.ports.device),
		"link/root": new Uint8Array(readFileSync(world.cloud.caFile)),
		...more,
	});
	vault.close();
}
