// A simulated device that listens for the console protocol, for the tests of its hosts.
import { join } from "node:path";
import { beforeAll } from "vitest";
import { buildImage } from "../../tools/build/build";
import { ROOT } from "../../tools/build/places";
import { createFlash } from "../../tools/lib/flash-image";
import type { Simulator, SimulatorOptions } from "../../tools/simulator/simulator";
import { boot, folder, useSimulator, variant } from "./firmware";

let image = "";

/** For a test file's top: builds the simulator and the firmware. */
export function useConsoleDevice(): void {
	useSimulator();
	beforeAll(async () => {
		const built = await buildImage({
			manifest: join(ROOT, "test", "device", "provisioning", "manifest.json"),
			main: "console-device/firmware",
			reachableOnly: true,
			check: false, // `npm run typecheck` sees it
			variant,
			out: join(folder(), "image"),
		});
		image = built.image;
	}, 600_000);
}

/** A flash file with that firmware, and nothing else in it. */
export function consoleFlash(): string {
	const path = join(folder(), "flash.bin");
	createFlash({ board: "sim", image, path });
	return path;
}

/** What `--port` takes. */
export async function portOf(simulator: Simulator): Promise<string> {
	const { path, port } = await simulator.event("serial");
	return path ?? `tcp:127.0.0.1:${port}`;
}

/** The device, listening. */
export async function consoleDevice(
	serial: "pty" | "tcp:0",
	options: Partial<SimulatorOptions> = {},
	flash = consoleFlash(),
): Promise<{ simulator: Simulator; port: string; flash: string }> {
	const simulator = boot(flash, { serial, ...options });
	const port = await portOf(simulator);
	await simulator.line("ready");
	return { simulator, port, flash };
}
