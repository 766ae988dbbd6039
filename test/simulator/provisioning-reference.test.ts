// A blank board on a desk: the reference firmware, nobody yet, is burned by the command line and comes online.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { commands } from "provisioning/codec";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildImage } from "../../tools/build/build";
import { ROOT } from "../../tools/build/places";
import { type BurnRecord, ConsoleClient } from "../../tools/lib/console/client";
import { openLine } from "../../tools/lib/console/line";
import { createFlash } from "../../tools/lib/flash-image";
import { World } from "../cloud/lib/world";
import { tracesOf } from "../lib/secrets";
import { noteSecret } from "../lib/transcript";
import { consoleDevice, consoleFlash, portOf, useConsoleDevice } from "./console-device";
import { boot, folder, variant } from "./firmware";

useConsoleDevice();

let world: World;
let image = "";

beforeAll(async () => {
	world = await World.start();
	const built = await buildImage({
		manifest: join(ROOT, "manifest.json"),
		check: false, // `npm run typecheck` sees it
		variant,
		out: join(folder(), "image"),
	});
	image = built.image;
}, 600_000);
afterAll(() => world.stop());

test("a blank device is burned and comes online; moved to another product it does so again", async () => {
	const flash = join(folder(), "flash.bin");
	createFlash({ board: "sim", image, path: flash });
	const simulator = boot(flash, { serial: "pty", backoff: 0 });
	const port = await portOf(simulator);
	// In a process of its own: the cloud lives in this one.
	const burn = async (args: readonly string[], secret: string): Promise<void> => {
		const child = spawn(process.execPath, ["tools/linkxs.mjs", "burn", ...args, "--port", port], { cwd: ROOT });
		let said = "";
		for (const stream of [child.stdout, child.stderr])
			stream.on("data", (data: Buffer) => {
				said += data.toString();
			});
		child.stdin.end(secret);
		const code = await new Promise((resolve) => child.on("close", resolve));
		expect({ code, said }).toMatchObject({ code: 0 });
	};
	const place = ["--host", `localhost:${world.cloud.ports.device}`, "--root", world.cloud.caFile];
	for (const run of [2, 3]) {
		const { productKey, deviceName, deviceSecret } = await world.device();
		noteSecret("deviceSecret", deviceSecret);
		await burn(["identity", productKey, deviceName, ...place], deviceSecret);
		await simulator.event("boot", (event) => event.run === run);
		await simulator.line(`${deviceName} of ${productKey} at localhost`);
		// Once in each run of the device.
		while (simulator.lines.filter((line) => line.includes("report 1 acknowledged")).length < run - 1)
			await once(simulator, "line");
	}
	await simulator.stop();
}, 60_000);

test("what is burned is nowhere in XS's memory, before the commit and after it", async () => {
	const flash = consoleFlash();
	const { simulator, port } = await consoleDevice("tcp:0", { heapFile: `${flash}.heap` }, flash);
	const deviceSecret = randomBytes(16).toString("hex");
	const privateKey = randomBytes(3000);
	noteSecret("deviceSecret", deviceSecret);
	const secrets = { deviceSecret, privateKey: privateKey.subarray(0, 64), "its end": privateKey.subarray(-64) };
	const record = (name: string, value: string | Uint8Array) => ({ name, value: Buffer.from(value) });
	const traces = async () => tracesOf(await simulator.heap(), secrets);

	const line = await openLine(port);
	let onCommit = (_frame: Uint8Array): void => {};
	const client = new ConsoleClient({
		...line,
		send: (bytes) => (bytes[2] === commands.commit ? onCommit(bytes) : line.send(bytes)),
	});
	/** Burns as far as the commit, which is kept back until `goOn`. */
	const staged = async (records: BurnRecord[]): Promise<{ burned: Promise<void>; goOn: () => void }> => {
		let burned = Promise.resolve();
		const frame = await new Promise<Uint8Array>((resolve) => {
			onCommit = resolve;
			burned = client.burn(records);
		});
		return { burned, goOn: () => line.send(frame) };
	};
	const first = await staged([
		record("identity/productKey", "a1B2c3D4e5F"),
		record("identity/deviceName", "dev1"),
		record("identity/deviceSecret", deviceSecret),
	]);
	expect(await traces()).toEqual([]);
	first.goOn();
	await first.burned;
	await client.prove(record("identity/deviceSecret", deviceSecret));
	expect(await traces()).toEqual([]);

	const second = await staged([
		record("identity/certificate", randomBytes(1500)),
		record("identity/privateKey", privateKey),
	]);
	expect(await traces()).toEqual([]);
	second.goOn();
	await second.burned;
	expect(await traces()).toEqual([]);
	client.close();
	await simulator.stop();
});
