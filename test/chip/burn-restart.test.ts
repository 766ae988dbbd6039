// `linkxs burn image` to a board whose firmware runs: it is asked to restart, and its boot loader is caught, by no button.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { buildImage } from "../../tools/build/build";
import { ROOT } from "../../tools/build/places";
import { createFlash } from "../../tools/lib/flash-image";
import { BOARD, boot, folder, useChip } from "./firmware";

useChip("release");

const run = promisify(execFile);

test("a firmware that runs is asked to restart, and the new one starts in the other slot", {
	timeout: 300_000,
}, async () => {
	const { image } = await buildImage({
		manifest: join(ROOT, "test", "device", "provisioning", "manifest.json"),
		main: "console-device/firmware",
		reachableOnly: true,
		check: false, // `npm run typecheck` sees it
		board: BOARD,
		variant: "release",
		out: join(folder(), "image"),
	});
	const path = join(folder(), "flash.bin");
	createFlash({ board: BOARD, image, path });
	const device = boot(path, { straps: [], serial: "tcp:0" });
	const { port } = await device.event("serial");
	await device.event("boot");
	const burn = [join(ROOT, "tools", "linkxs.mjs"), "burn", "image", image, "--json"];
	const { stdout } = await run("node", [...burn, "--port", `tcp:127.0.0.1:${port}`]);
	expect(JSON.parse(stdout)).toMatchObject({ board: BOARD, slot: "ota_1", started: true });
	expect(await device.event("reset")).toMatchObject({ reason: "software" });
	expect(await device.event("boot", ({ run }) => run === 2)).toMatchObject({ reason: "software" });
	expect(device.lines.some((line) => line.startsWith("# loader: ota_1: starting"))).toBe(true);
	await device.stop();
});
