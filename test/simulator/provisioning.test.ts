// The console protocol on the real simulator: over its pty and over TCP, by our host's library.
import { once } from "node:events";
import { closeSync, openSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildImage } from "../../tools/build/build";
import { ROOT } from "../../tools/build/places";
import { ConsoleClient } from "../../tools/lib/console/client";
import { createFlash } from "../../tools/lib/flash-image";
import type { Simulator } from "../../tools/simulator/simulator";
import { boot, folder, useSimulator, variant } from "./firmware";

useSimulator();

let image = "";
beforeAll(async () => {
	const built = await buildImage({
		manifest: join(ROOT, "test", "device", "provisioning", "manifest.json"),
		main: "console-device/firmware",
		reachableOnly: true,
		check: false,
		variant,
		out: join(folder(), "image"),
	});
	image = built.image;
}, 600_000);

async function device(serial: "pty" | "tcp:0"): Promise<{ simulator: Simulator; port: string }> {
	const path = join(folder(), "flash.bin");
	createFlash({ board: "sim", image, path });
	const simulator = boot(path, { serial });
	const event = await simulator.event("serial");
	await simulator.line("ready");
	return { simulator, port: event.path ?? `tcp:127.0.0.1:${event.port}` };
}

const identity = [
	{ name: "identity/productKey", value: Buffer.from("a1B2c3D4e5F") },
	{ name: "identity/deviceName", value: Buffer.from("dev1") },
	{ name: "identity/deviceSecret", value: Buffer.from("0123456789abcdef") },
];

describe.each(["pty", "tcp:0"] as const)("over %s", (serial) => {
	test("identify, write, prove, restart", async () => {
		const { simulator, port } = await device(serial);
		const client = await ConsoleClient.open(port);
		const before = await client.identify();
		expect(before).toMatchObject({ firmware: "test", firmwareVersion: "1.0", board: "sim", locked: false });
		expect(before.kind).toBe(undefined);
		expect(await client.list()).toEqual([]);
		await client.burn(identity);
		expect((await client.identify()).kind).toBe("device-secret");
		expect(await client.list()).toEqual(identity.map(({ name }) => name).sort());
		for (const record of identity) await client.prove(record);
		const wrong = { name: "identity/deviceSecret", value: Buffer.from("0123456789abcdeF") };
		await expect(client.prove(wrong)).rejects.toMatchObject({ code: "wrong-proof" });
		await client.restart();
		await simulator.event("boot", ({ run }) => run === 2);
		expect((await client.identify()).boot).not.toBe(before.boot);
		client.close();
		expect(simulator.lines.join()).not.toContain("0123456789abcdef");
		await simulator.stop();
	});

	test("behind garbage, and 4,096 bytes of it between", async () => {
		const { simulator, port } = await device(serial);
		const garbage = Buffer.alloc(4096, "\r\n<xsbug>\xc0\xa5\x01\x04\x00\x01\x02\x00IMPROV", "latin1");
		if (serial === "pty") {
			const fd = openSync(port, "r+");
			for (let at = 0; at < garbage.length; at += 512) writeSync(fd, garbage, at, 512);
			closeSync(fd);
		} else {
			const socket = connect(Number(port.split(":")[2]), "127.0.0.1");
			await once(socket, "connect");
			socket.end(garbage);
			await once(socket, "close");
		}
		const client = await ConsoleClient.open(port);
		expect((await client.identify()).board).toBe("sim");
		client.close();
		await simulator.stop();
	});
});
