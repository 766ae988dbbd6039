// The real boot loader in the emulator, and images that it can start: a program of a few bytes, as large as a test wants.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { ROOT } from "../../tools/build/places";
import { Emulator } from "../../tools/chip/emulator";
import type { EmulatorOptions } from "../../tools/chip/qemu";
import { readBootRecord } from "../../tools/lib/boot-record";
import { openLine } from "../../tools/lib/console/line";
import { crc32 } from "../../tools/lib/crc32";
import { createFlash, readPartition } from "../../tools/lib/flash-image";
import { LoaderClient } from "../../tools/lib/loader/client";
import { removeTestFolders, testFolder } from "../lib/test-folder";

export const BOARD = "chip-c3";
const CODE_AT = 0x400;

let program: Buffer;
const running = new Set<Emulator>();
const clients = new Set<LoaderClient>();

/** For a test file's top: makes the loader, and ends what a test left running. */
export function useLoader(): void {
	beforeAll(() => {
		execFileSync("make", ["-s", "-C", join(ROOT, "hal", "chip", "loader")]);
		const made = join(folder(), "tiny");
		const flags = ["-march=rv32imc_zicsr", "-mabi=ilp32", "-nostdlib", "-Wl,-Ttext=0x20010400", "-o", `${made}.elf`];
		execFileSync("riscv64-unknown-elf-gcc", [...flags, join(ROOT, "test", "chip", "tiny.S")]);
		execFileSync("riscv64-unknown-elf-objcopy", ["-O", "binary", `${made}.elf`, made]);
		program = readFileSync(made);
	}, 120_000);
	afterAll(async () => {
		for (const client of clients) client.close();
		await Promise.all([...running].map((it) => it.stop()));
		removeTestFolders();
	});
}

/** A folder of this test's own under build/, which is gone after the test file. */
export const folder = (): string => testFolder("chip-tests");

export interface TinyOptions {
	readonly version?: string;
	readonly board?: string;
	/** Of the whole image, bytes. */
	readonly size?: number;
	/** What fills it. */
	readonly seed?: number;
}

/** An image that starts and says so. */
export function tinyImage({ version = "1.0", board = BOARD, size = 10_000, seed = 1 }: TinyOptions = {}): Buffer {
	const image = Buffer.alloc(size);
	// Bytes that aren't the same in any two blocks, with a blank page among them.
	for (let at = CODE_AT, state = seed; at < size; at++) {
		state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
		image[at] = at >> 8 === 21 ? 0xff : state >>> 16;
	}
	image.set(program, CODE_AT);
	image.writeUInt32LE(1, 256);
	image.write("CODE", 260, "latin1");
	image.writeUInt32LE(CODE_AT, 264);
	image.writeUInt32LE(size - CODE_AT, 268);
	image.writeUInt32LE(0x31584b4c, 0);
	image.writeUInt16LE(1, 4);
	image.writeUInt16LE(1, 6);
	image.writeUInt32LE(256, 8);
	image.writeUInt32LE(size, 12);
	image.write(board, 16);
	image.write(version, 48);
	image.write("xs-13.3.0", 80);
	return sealDigest(image);
}

/** The body's digest and the header's CRC made right again. */
export function sealDigest(image: Buffer): Buffer {
	createHash("sha256").update(image.subarray(256)).digest().copy(image, 128);
	return sealed(image);
}

/** The header's CRC made right again. */
export function sealed(image: Buffer): Buffer {
	image.writeUInt32LE(crc32(image.subarray(0, 252)), 252);
	return image;
}

/** A flash file of the board, with an image in ota_0 or without one. */
export function newFlash(image?: Buffer): string {
	const path = join(folder(), "flash.bin");
	if (image) writeFileSync(`${path}.image`, image);
	createFlash({ board: BOARD, path, ...(image && { image: `${path}.image` }) });
	return path;
}

export const decision = (flash: string) => readBootRecord(readPartition(flash, "otadata"));

/** The chip; its loader doesn't wait unless told. */
export function chip(flash: string, options: Partial<EmulatorOptions> = {}): Emulator {
	const emulator = new Emulator({ flash, serial: "tcp:0", straps: ["wait=0"], ...options });
	running.add(emulator);
	emulator.ended.finally(() => running.delete(emulator)).catch(() => {});
	return emulator;
}

/** What loader and program have said; the emulator says a word of its own before. */
export const said = (emulator: Emulator): string[] => emulator.lines.filter((line) => !line.startsWith("# serial"));

/** The chip's second UART, for `--port`. */
export async function portOf(emulator: Emulator): Promise<string> {
	return `tcp:127.0.0.1:${(await emulator.event("serial")).port}`;
}

export async function client(emulator: Emulator): Promise<LoaderClient> {
	const made = new LoaderClient(await openLine(await portOf(emulator)));
	clients.add(made);
	return made;
}
