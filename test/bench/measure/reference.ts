// RAM of the reference firmware (main.ts with link, log and all), connected by TLS to the local cloud, after its first
// report: what a product begins with.
import { mkdirSync, readFileSync } from "node:fs";
import { buildImage } from "../../../tools/build/build";
import { CloudClient } from "../../../tools/cloud/client";
import { type Cloud, createCloud } from "../../../tools/cloud/cloud";
import { Key } from "../../../tools/lib/crypto";
import { createFlash } from "../../../tools/lib/flash-image";
import { openVault } from "../../../tools/lib/vault";
import { Simulator } from "../../../tools/simulator/simulator";
import type { Bench, Measurement } from "../measurement";
import { ours } from "../results";

const root = new URL("../../..", import.meta.url).pathname;

async function flashFor(cloud: Cloud, folder: string): Promise<string> {
	const { image } = await buildImage({
		manifest: `${root}manifest.json`,
		main: "reference",
		modules: { reference: `${root}test/bench/device/reference.ts` },
		out: `${folder}/reference-m32.image`,
		debug: false,
		check: false,
		variant: "m32",
	});
	const path = `${folder}/reference.flash`;
	createFlash({ board: "sim", image, path });
	const client = new CloudClient(cloud);
	const { ProductKey } = await client.call("CreateProduct", { ProductName: "linkxs-bench" });
	const { Data } = await client.call("RegisterDevice", { ProductKey, DeviceName: "bench" });
	const vault = openVault(path);
	vault.write({
		"identity/productKey": ProductKey,
		"identity/deviceName": "bench",
		"identity/deviceSecret": Key.from(Buffer.from(Data.DeviceSecret)),
		"link/host": "localhost",
		"link/port": String(cloud.ports.device),
		"link/root": new Uint8Array(readFileSync(cloud.caFile)),
	});
	vault.close();
	return path;
}

export const reference: Measurement = {
	title: "RAM of the reference firmware",
	rows: ["ram/reference"],
	async run(bench: Bench) {
		if (!bench.small) return;
		bench.progress("a local cloud");
		const state = `${bench.folder}/cloud`;
		mkdirSync(state, { recursive: true });
		const cloud = await createCloud({ state });
		try {
			const flash = await flashFor(cloud, bench.folder);
			bench.progress("waiting for its first report");
			const device = new Simulator({ flash, board: "sim", variant: "m32", instrument: true, resets: 0 });
			try {
				await device.line("report 1 acknowledged", 30_000);
				const line = await device.line("bench:memory", 30_000);
				const { slots, chunks, stack } = JSON.parse(line.slice(line.indexOf("{")));
				await device.stop();
				const { native, xs } = await device.event("memory", ({ when }) => when === "end");
				bench.results.set("ram/reference", ours, slots + chunks + stack + native + xs);
			} finally {
				await device.stop();
			}
		} finally {
			await cloud.close();
		}
	},
};
