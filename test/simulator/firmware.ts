// Firmware for the tests of the simulator itself: the programs of test/device/simulator.
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { buildImage } from "../../tools/build/build";
import { buildCompiler, buildSimulator, type SimulatorVariant } from "../../tools/build/native";
import { ROOT } from "../../tools/build/places";
import { createFlash } from "../../tools/lib/flash-image";
import { Simulator, type SimulatorOptions } from "../../tools/simulator/simulator";
import { removeTestFolders, testFolder } from "../lib/test-folder";

/** As for the device's tests: which build of the simulator. */
export const variant = (process.env["LINKXS_VARIANT"] ?? "debug") as SimulatorVariant;

/** Whether stack traces have lines, and the debugger can be attached. */
export const debuggable = variant === "debug" || variant === "asan";

/** For a test file's top: sees to it that the tools are built, and ends what a test left running. */
export function useSimulator(): void {
	beforeAll(async () => {
		await buildCompiler();
		await buildSimulator(variant);
	}, 600_000);
	afterAll(async () => {
		await Promise.all([...running].map((it) => it.kill()));
		removeTestFolders();
	});
}

const running = new Set<Simulator>();

/** A folder of this test's own under build/, which is gone after the test file. */
export const folder = (): string => testFolder("simulator-tests");

/** An image of one of the programs. */
export async function image(program: string, config: Record<string, unknown> = {}): Promise<string> {
	const built = await buildImage({
		manifest: join(ROOT, "test", "device", "simulator", "manifest.json"),
		main: `simulator/${program}`,
		reachableOnly: true,
		check: false, // `npm run typecheck` sees them
		config,
		variant,
		out: join(folder(), "image"),
	});
	return built.image;
}

/** A flash file with one of the programs. */
export async function flash(program: string, config: Record<string, unknown> = {}): Promise<string> {
	const path = join(folder(), "flash.bin");
	createFlash({ board: "sim", image: await image(program, config), path });
	return path;
}

/** Boots a flash file; killed at the end of the test file, whatever happens. */
export function boot(path: string, options: Partial<SimulatorOptions> = {}): Simulator {
	const simulator = new Simulator({ flash: path, variant, ...options });
	running.add(simulator);
	void simulator.ended.catch(() => {}).then(() => running.delete(simulator));
	return simulator;
}
