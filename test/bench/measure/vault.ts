// The vault: from power-on to credentials, what it holds in memory, and how much more is programmed than it is given.
import { existsSync, rmSync } from "node:fs";
import Vault from "../../../modules/vault/vault";
import { FlashSimulator } from "../../../test/lib/flash-simulator";
import { buildImage } from "../../../tools/build/build";
import * as crypto from "../../../tools/lib/crypto";
import { createFlash } from "../../../tools/lib/flash-image";
import { openVault } from "../../../tools/lib/vault";
import { type Client, Running } from "../client";
import { type Bench, type Measurement, median } from "../measurement";
import { ours } from "../results";
import { simulator, type Variant } from "../simulated-device";

const root = new URL("../../..", import.meta.url).pathname;
const starts = 11;

/** A burned device's records, and so many more. */
function burn(flash: string, more: number): void {
	const vault = openVault(flash);
	vault.write({
		"identity/productKey": "a1B2c3D4e5F",
		"identity/deviceName": "bench",
		"identity/deviceSecret": crypto.Key.random(32),
		"link/host": "localhost",
		"link/port": "1883",
		"link/security": "tls",
		"link/root": new Uint8Array(1200),
	});
	for (let index = 0; index < more; index++) vault.write({ [`session/${index}`]: new Uint8Array(64).fill(index) });
	vault.close();
}

async function deviceWith(bench: Bench, variant: Variant, more: number, memory: boolean): Promise<Client> {
	const name = `${bench.folder}/vault-${variant}-${more}-${memory}`;
	const { image } = await buildImage({
		manifest: `${root}manifest.json`,
		main: "vault-bench",
		modules: { "vault-bench": `${root}test/bench/device/vault.ts` },
		config: { memory },
		out: `${name}.image`,
		debug: false,
		check: false,
		reachableOnly: true,
		variant,
	});
	const flash = `${name}.flash`;
	if (existsSync(`${flash}.key`)) rmSync(`${flash}.key`);
	createFlash({ board: "sim", image, path: flash });
	burn(flash, more);
	return {
		name: ours,
		resumes: "no",
		steady: [0, 0],
		startVaries: false,
		endsWith: 3,
		command: async () => [simulator(variant), "run", "--flash", flash, "--board", "sim", "--resets", "0"],
	};
}

async function started<T>(bench: Bench, client: Client, use: (running: Running) => Promise<T>): Promise<T> {
	const run = { port: 0, tls: false, count: 0 };
	const running = await Running.start(client, run, { stopwatch: bench.stopwatch, under: bench.quiet.first });
	try {
		return await use(running);
	} finally {
		await running.stop();
	}
}

/** Milliseconds from the process's start to credentials. */
async function ready(bench: Bench, more: number): Promise<number> {
	const client = await deviceWith(bench, "release", more, false);
	const times: number[] = [];
	for (let round = 0; round < starts; round++)
		times.push(await started(bench, client, (running) => running.mark("credentials")));
	return median(times);
}

/** Bytes programmed for each byte given, once blocks are being reclaimed: a counter's updates beside a burned identity. */
function amplification(valueLength: number): number {
	const flash = new FlashSimulator({ blocks: 32, unit: 4 });
	const vault = new Vault({
		flash,
		crypto,
		deriveKey: (info) => crypto.Key.fromHmac("SHA256", new Uint8Array(32), [info]),
	});
	vault.write({ "identity/certificate": new Uint8Array(2048), "identity/privateKey": crypto.Key.random(1200) });
	const value = new Uint8Array(valueLength);
	const write = (count: number) => {
		for (let index = 0; index < count; index++) {
			new DataView(value.buffer).setUint32(0, index);
			vault.write({ "session/counter": value });
		}
	};
	write(2_000);
	const before = vault.status();
	write(10_000);
	const after = vault.status();
	return (after.bytesProgrammed - before.bytesProgrammed) / (after.bytesGiven - before.bytesGiven);
}

/** Resident bytes of an open vault in the 32-bit build. */
export const vaultMemory: Measurement = {
	title: "RAM of the vault",
	rows: ["vault/ram"],
	async run(bench) {
		if (!bench.small) return;
		for (const [row, more] of [
			["vault/ram", 0],
			["vault/ram-full", 249],
		] as const) {
			const client = await deviceWith(bench, "m32", more, true);
			const bytes = Number(await started(bench, client, (running) => running.text("resident")));
			bench.results.set(row, ours, bytes);
		}
	},
};

export const vault: Measurement = {
	title: "vault",
	rows: ["vault/"],
	async run(bench) {
		bench.progress("power-on to credentials");
		bench.results.set("vault/ready", ours, await ready(bench, 0));
		bench.results.set("vault/ready-full", ours, await ready(bench, 200));
		bench.progress("write amplification");
		bench.results.set("vault/amplification-4", ours, amplification(4));
		bench.results.set("vault/amplification-64", ours, amplification(64));
		bench.results.set("vault/amplification-1024", ours, amplification(1024));
		await vaultMemory.run(bench);
	},
};
