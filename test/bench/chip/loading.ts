// The boot loader: what a byte of an image costs it to read, hash and copy, how long a start takes with it, and how fast an
// image is burned over its line.
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { burnLine } from "../../../tools/burn/image-line";
import { Emulator } from "../../../tools/chip/emulator";
import { createFlash } from "../../../tools/lib/flash-image";
import type { BenchChip } from "./bench-chip";
import { Counter } from "./counter";

export interface Loading {
	/** Instructions per byte of the image. */
	readonly perByte: number;
	/** Milliseconds from the emulator's start to the firmware's first line, the loader not waiting for a host. */
	readonly start: number;
}

/** Start what lies in the flash. */
export async function loading({ built, elf }: BenchChip, folder: string): Promise<Loading> {
	const flash = `${folder}/loaded.flash`;
	createFlash({ board: "chip-c3", image: built.image, path: flash });
	const straps = ["clock", "wait=0"];
	const begun = performance.now();
	const plain = new Emulator({ flash, straps });
	try {
		await plain.event("boot", () => true, 30_000);
	} finally {
		await plain.stop();
	}
	const start = performance.now() - begun;
	const counter = new Counter(elf, `${flash}.counts`);
	const counted = new Emulator({ flash, straps, more: [...counter.arguments] });
	try {
		await counted.event("boot", () => true, 30_000);
	} finally {
		await counted.stop();
	}
	return { perByte: counter.read([]).loader / built.size, start };
}

/** Burn an image over the second UART: bytes a second. */
export async function burning({ built }: BenchChip, folder: string): Promise<number> {
	const flash = `${folder}/burned.flash`;
	createFlash({ board: "chip-c3", path: flash });
	const chip = new Emulator({ flash, serial: "tcp:0" });
	try {
		const { port } = await chip.event("serial");
		const image = readFileSync(built.image);
		const { sent, seconds } = await burnLine(`tcp:127.0.0.1:${port}`, {
			...{ slot: 0, wait: 10, start: false, imageFor: () => image, say: () => {} },
		});
		return sent / seconds;
	} finally {
		await chip.stop();
	}
}
