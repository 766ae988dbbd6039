import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { BOARD, chip, decision, folder, newFlash, portOf, tinyImage, useLoader } from "../chip/loader-world";
import { Peer } from "./peer-process";

/**
 * A second implementation of the boot loader's host, in Python without a package, from hal/BURN.md alone, burns the real
 * loader in the emulator: the page is enough.
 */
const program = fileURLToPath(new URL("loader-host.py", import.meta.url));
const hasPython = spawnSync("python3", ["--version"]).status === 0;

useLoader();

test.skipIf(!hasPython)("a host in Python, from the protocol's page", async () => {
	const flash = newFlash(tinyImage());
	const device = chip(flash, { straps: ["wait=60000"] });
	const [, host = "", port = ""] = /^tcp:(.*):(\d+)$/.exec(await portOf(device)) ?? [];
	const file = join(folder(), "test.image");
	writeFileSync(file, tinyImage({ version: "2.0", size: 30_000, seed: 3 }));
	const peer = new Peer("python3", [program, host, port, file]);
	const room = 0x190000;
	expect(await peer.saw("identified")).toEqual({
		...{ protocol: 1, flash: 0x400000, table: 1, decided: 255, board: BOARD, id: 6 },
		slots: [
			[0, room, 1, "1.0"],
			[1, room, 0, ""],
		],
	});
	expect(await peer.saw("version 2")).toEqual(["version", "1"]);
	expect(await peer.saw("write before begin")).toBe("not-begun");
	expect(await peer.saw("begun")).toEqual(["ok", 1, 0]);
	expect(await peer.saw("too early")).toEqual(["incomplete", 0]);
	expect(await peer.saw("out of order")).toEqual(["out-of-order", 0]);
	expect(await peer.saw("not a block")).toBe("malformed");
	expect(await peer.saw("ended")).toEqual(["ok", 30_000, ""]);
	expect(await peer.saw("ended twice")).toBe("ok");
	expect(await peer.saw("there already")).toEqual(["ok", 1, 30_000]);
	expect(await peer.saw("ended thrice")).toBe("ok");
	expect(await peer.saw("decided")).toBe(1);
	expect(await peer.saw("started")).toBe("ok");
	expect(await peer.ended()).toBe(0);
	await device.line("tiny program in slot 1");
	await device.stop();
	expect(decision(flash)).toMatchObject({ state: "confirmed", slot: 1 });
});
