// The bench's chip: the firmware of test/bench/device (or another) on the board chip-c3, one flash file a run.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { type BuildResult, buildImage } from "../../../tools/build/build";
import { ramInFile } from "../../../tools/build/chip/ram-peaks";
import { buildChip } from "../../../tools/build/native";
import { Emulator } from "../../../tools/chip/emulator";
import { createFlash } from "../../../tools/lib/flash-image";
import { records, simulator } from "../simulated-device";
import type { Run } from "../workload";
import { Counter, type Counts, type Profile } from "./counter";

const here = new URL(".", import.meta.url).pathname;

/** Where the chip finds this computer's loopback. */
export const HOST_OF_CHIP = "10.0.2.2";

/** `lui t0, 0x20010; jr 0x400(t0)`: to the image's first instruction, in the loader's place. The loader has a row of its own. */
const TO_THE_IMAGE = Buffer.from([0xb7, 0x02, 0x01, 0x20, 0x67, 0x80, 0x02, 0x40]);

export interface Counted {
	readonly counts: Counts;
	/** All that the chip printed. */
	readonly lines: readonly string[];
}

/** A firmware for the chip, and its runs. */
export class BenchChip {
	private constructor(
		readonly built: BuildResult,
		/** The firmware's program file. */
		readonly elf: string,
		private readonly folder: string,
	) {}

	/** Build it: the bench's own firmware, if nothing else is given. */
	static async build(
		folder: string,
		options: { manifest?: string; main?: string; modules?: Record<string, string>; board?: string } = {},
	): Promise<BenchChip> {
		const elf = await buildChip("sifive-u", "release");
		const built = await buildImage({
			manifest: `${here}../device/manifest.json`,
			board: "chip-c3",
			out: `${folder}/chip.image`,
			check: false,
			...options,
		});
		return new BenchChip(built, elf, folder);
	}

	/** A flash file with a run's settings. */
	flash(run: Run, root: string, name = "chip"): string {
		const flash = `${this.folder}/${name}.flash`;
		createFlash({ board: "chip-c3", path: flash });
		const input = records(run, root, HOST_OF_CHIP);
		const written = spawnSync(simulator("m32"), ["flash", "kv-set", flash], { input, encoding: "utf8" });
		if (written.status !== 0) throw new Error(`settings could not be written: ${written.stderr}`);
		return flash;
	}

	/**
	 * Boot it, wait for a line, end it.
	 *
	 * @param last part of the line after which it's done
	 * @throws {SimulatorError} when that doesn't come
	 */
	async run(flash: string, last: string, options: { profile?: Profile; ms?: number } = {}): Promise<Counted> {
		const { counts, figures } = await this.#counted(flash, options.profile, [], async (chip) => {
			await chip.line(last, options.ms ?? 60_000);
			return chip.lines;
		});
		return { counts, lines: figures };
	}

	/** Boot it with its RAM in a file, let `use` look, end it. */
	look<T>(flash: string, ram: string, use: (chip: Emulator) => Promise<T>): Promise<{ counts: Counts; figures: T }> {
		return this.#counted(flash, undefined, ramInFile(ram), use);
	}

	async #counted<T>(
		flash: string,
		profile: Profile | undefined,
		more: readonly string[],
		use: (chip: Emulator) => Promise<T>,
	): Promise<{ counts: Counts; figures: T }> {
		const counter = new Counter(this.elf, `${flash}.counts`, profile);
		const chip = this.start(flash, [...counter.arguments, ...more]);
		try {
			const figures = await use(chip);
			await chip.stop();
			return { counts: counter.read(chip.lines), figures };
		} finally {
			await chip.stop();
		}
	}

	/** Boot it without a boot loader. */
	start(flash: string, more: readonly string[] = []): Emulator {
		const loader = `${this.folder}/jump.bin`;
		writeFileSync(loader, TO_THE_IMAGE);
		const image = ["-device", `loader,file=${this.built.image},addr=0x20010000,force-raw=on`];
		return new Emulator({ flash, loader, straps: ["clock"], more: [...image, ...more] });
	}
}
