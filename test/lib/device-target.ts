// What a device test runs on: a build of the simulator, or the chip in its emulator.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildOptions } from "../../tools/build/build";
import { buildChip, buildSimulator, type ChipVariant, type SimulatorVariant } from "../../tools/build/native";
import { Emulator } from "../../tools/chip/emulator";
import { createFlash } from "../../tools/lib/flash-image";
import { Simulator, type SimulatorOptions } from "../../tools/simulator/simulator";

export type DeviceVariant = SimulatorVariant | "chip" | "chip-debug";

export const VARIANTS: readonly string[] = [
	"debug",
	"release",
	"m32",
	"asan",
	"chip",
	"chip-debug",
] satisfies DeviceVariant[];

/** The same program on all of them; what differs is here. */
export interface DeviceTarget {
	readonly variant: DeviceVariant;
	/** How many times longer all may take than on an idle machine: others may be at work, a sanitizer and an emulator are slow. */
	readonly slower: number;
	/** Where the programs of this computer are, which listen on its loopback, seen from the device. */
	readonly peer: string;
	/** What the image is built with. */
	readonly build: Pick<BuildOptions, "board" | "variant" | "debug">;
	/**
	 * The tests' creation record: assertions and what they show take memory that the product does not need. It grows as it
	 * is used, so that a collection stays as quick as on a board.
	 */
	creation(path: string): object;
	/** Makes the native parts. */
	make(): Promise<unknown>;
	/** A device with this image, in a folder that is the test's own. */
	install(image: string, folder: string): Installed;
}

/** What a test's host may want of its device; the chip has no radio and, without a wish, a clock that is set, too. */
export type DeviceOptions = Partial<Pick<SimulatorOptions, "wifi" | "clockUnset" | "serial">>;

export type Device = Simulator | Emulator;

/** The TCP port that the second UART is at; the option `serial` has asked for one. */
export async function serialPort(device: Device): Promise<number> {
	const { port } = await (device instanceof Simulator ? device.event("serial") : device.event("serial"));
	if (port === undefined) throw new Error("the serial line is no TCP port");
	return port;
}

export interface Installed {
	readonly flash: string;
	/** @param resets how many are allowed, where the device itself counts them */
	start(options: DeviceOptions, resets: number): Device;
}

export function deviceTarget(variant: DeviceVariant): DeviceTarget {
	if (variant === "chip") return chip(variant, "release");
	return variant === "chip-debug" ? chip(variant, "debug") : simulator(variant);
}

function simulator(variant: SimulatorVariant): DeviceTarget {
	return {
		variant,
		slower: variant === "asan" ? 6 : 2,
		peer: "127.0.0.1",
		build: { board: "sim", variant },
		creation: () => ({
			static: 2_097_152,
			chunk: { initial: 32_768, incremental: 16_384 },
			heap: { initial: 4_096, incremental: 1_024 },
			stack: 1_024,
		}),
		make: () => buildSimulator(variant),
		install(image, folder) {
			const flash = join(folder, "flash.bin");
			createFlash({ board: "sim", image, path: flash });
			return {
				flash,
				start: (options, resets) => new Simulator({ ...options, flash, variant, board: "sim", resets, backoff: 0 }),
			};
		},
	};
}

const CHIP = "chip-c3";
const WINDOW = "0x20010000";
/** `lui t0, 0x20010; jr 0x400(t0)`: to the image's first instruction. */
const TO_THE_IMAGE = Buffer.from([0xb7, 0x02, 0x01, 0x20, 0x67, 0x80, 0x02, 0x40]);

function chip(variant: DeviceVariant, build: ChipVariant): DeviceTarget {
	return {
		variant,
		slower: 4,
		peer: "10.0.2.2",
		build: { board: CHIP, variant: build, debug: true },
		// Of 320 KB. What has no connection leaves C's heap alone; a debug build's objects take more.
		creation: (path) => ({
			static: (path.startsWith("test/unit/") ? 212 : build === "debug" ? 196 : 180) * 1024,
			chunk: { initial: 8_192, incremental: 4_096 },
			heap: { initial: 2_048, incremental: 256 },
			stack: 1_024,
		}),
		make: () => buildChip("sifive-u", build),
		// The image is laid where the boot loader would copy it to, and the loader is only a jump: that saves each test, and
		// each of its resets, a second. The loader has tests of its own.
		install(image, folder) {
			const flash = join(folder, "flash.bin");
			const loader = join(folder, "loader.bin");
			createFlash({ board: CHIP, path: flash });
			writeFileSync(loader, TO_THE_IMAGE);
			const more = ["-device", `loader,file=${image},addr=${WINDOW},force-raw=on`];
			return {
				flash,
				start({ clockUnset, serial }) {
					const straps = clockUnset ? [] : ["clock"];
					return new Emulator({ flash, loader, more, straps, ...(serial && { serial }) });
				},
			};
		},
	};
}
