// Firmware for the tests of the chip: the programs of test/device/simulator, on the board's own memory, started by the loader.
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { buildImage } from "../../tools/build/build";
import { buildChip, buildCompiler, type ChipVariant } from "../../tools/build/native";
import { ROOT } from "../../tools/build/places";
import { Emulator } from "../../tools/chip/emulator";
import type { EmulatorOptions } from "../../tools/chip/qemu";
import { createFlash } from "../../tools/lib/flash-image";
import { removeTestFolders, testFolder } from "../lib/test-folder";

export const BOARD = "chip-c3";

/** A folder of this test's own under build/, which is gone after the test file. */
export const folder = (): string => testFolder("chip-tests");

const running = new Set<Emulator>();

/** Inside of a describeChip: sees to it that the firmware is built, and ends what a test left running. */
export function useChip(...variants: readonly ChipVariant[]): void {
	beforeAll(async () => {
		await buildCompiler();
		for (const variant of variants) await buildChip("sifive-u", variant);
	}, 600_000);
	afterAll(async () => {
		await Promise.all([...running].map((it) => it.kill()));
		removeTestFolders();
	});
}

/** An image of one of the programs. Stack traces have lines in both variants of the firmware. */
export async function image(
	program: string,
	config: Record<string, unknown> = {},
	variant: string = "release",
): Promise<string> {
	const built = await buildImage({
		manifest: join(ROOT, "test", "device", "simulator", "manifest.json"),
		main: `simulator/${program}`,
		reachableOnly: true,
		check: false, // `npm run typecheck` sees them
		config,
		board: BOARD,
		variant,
		debug: variant !== "release",
		out: join(folder(), "image"),
	});
	return built.image;
}

/** A flash file with one of the programs. */
export async function flash(
	program: string,
	config: Record<string, unknown> = {},
	variant: string = "release",
): Promise<string> {
	const path = join(folder(), "flash.bin");
	createFlash({ board: BOARD, image: await image(program, config, variant), path });
	return path;
}

/** Boots a flash file; killed at the end of the test file, whatever happens. */
export function boot(path: string, options: Partial<EmulatorOptions> = {}): Emulator {
	const emulator = new Emulator({ flash: path, straps: ["wait=0"], ...options });
	running.add(emulator);
	void emulator.ended.catch(() => {}).then(() => running.delete(emulator));
	return emulator;
}
