// The reference firmware in each of the five ways, connected to a cloud: XS's memory, what is free of it included, holds no
// secret that its vault has, in no form.
import { join } from "node:path";
import type { Records } from "vault/records";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Key } from "../../tools/lib/crypto";
import { openVault } from "../../tools/lib/vault";
import type { Auth } from "../../tools/start/provision";
import { World } from "../cloud/lib/world";
import { buildReference, burn } from "../lib/reference-device";
import { tracesOf } from "../lib/secrets";
import { boot, folder, useSimulator, variant } from "./firmware";

useSimulator();

let world: World;
let image: string;
let devices = 0;

beforeAll(async () => {
	world = await World.start();
	image = await buildReference(variant, folder());
}, 600_000);
afterAll(() => world.stop());

const secrets = ["deviceSecret", "productSecret", "deviceToken", "privateKey", "carrierKey"];

function bytesOf(vault: Records): Record<string, Uint8Array> {
	const found: Record<string, Uint8Array> = {};
	for (const name of secrets) {
		const key = vault.key(`identity/${name}`) as Key | undefined;
		if (!key) continue;
		const bytes = new Uint8Array(key.byteLength);
		key.copyTo(bytes);
		found[name] = bytes;
	}
	return found;
}

/** What of a secret is one: an RSA key (PKCS#1, PEM) begins with what its certificate says, too. Its numbers are, as well. */
function secretPart(name: string, bytes: Uint8Array): [string, Uint8Array][] {
	if (name !== "privateKey") return [[name, bytes]];
	const numbers = Buffer.from(
		Buffer.from(bytes)
			.toString()
			.replace(/-----.*/g, ""),
		"base64",
	);
	return [
		[name, bytes.subarray(450)],
		["privateKey's numbers", numbers.subarray(300)],
	];
}

/** Burned as `npm start` does it, and where the cloud is. */
async function burned(auth: Auth, more: Record<string, string> = {}): Promise<string> {
	const flash = join(folder(), "flash.bin");
	await burn(world, { image, flash, auth, number: ++devices, more });
	return flash;
}

test.each([
	["device", {}, ["deviceSecret"]],
	["product", {}, ["deviceSecret", "productSecret"]],
	["product", { "identity/road": "https" }, ["deviceSecret", "productSecret"]],
	["product-nwl", {}, ["productSecret", "deviceToken"]],
	["x509", {}, ["privateKey"]],
	["id2", {}, ["productSecret", "carrierKey"]],
] as const)(
	"by %s %j: %j",
	async (auth, more, names) => {
		const flash = await burned(auth, more);
		for (const start of ["the first start", "the next one"]) {
			const device = boot(flash, { heapFile: `${flash}.heap` });
			await device.line("I main report 1 acknowledged");
			const heap = await device.heap();
			await device.stop();
			const vault = openVault(flash, { mode: "r" });
			const held = bytesOf(vault);
			vault.close();
			expect(Object.keys(held)).toEqual(names);
			const looked = Object.fromEntries(Object.entries(held).flatMap(([name, bytes]) => secretPart(name, bytes)));
			expect([start, tracesOf(heap, looked)]).toEqual([start, []]);
		}
	},
	120_000,
);
