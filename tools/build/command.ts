import type { Command } from "commander";
import { progress } from "../lib/command-line";
import { buildBoard, chipBoard } from "./board";
import { type BuildResult, buildImage, type Measure } from "./build";
import { textOf } from "./chip/report";
import { BuildError } from "./error";
import { buildChip, buildCompiler, scanNatives } from "./native";
import { shownPath } from "./places";

interface Options {
	platform?: string;
	board: string;
	out?: string;
	release?: boolean;
	debug?: boolean;
	check: boolean;
	json?: boolean;
	measure?: boolean;
}

/** `linkxs build`: a program's manifest to an image. */
export function register(program: Command): void {
	program
		.command("build")
		.description("compile a program into a firmware image (hal/IMAGE.md)")
		.argument("[manifest]", "the program's manifest.json, or its folder", ".")
		.option("--platform <name>", "platform of the manifests (default: the board's)")
		.option("--board <name>", "folder of boards/, or a path of one", "sim")
		.option("--out <file>", "where the image goes")
		.option("--release", "without line numbers and file names; a chip's images are so")
		.option("--debug", "with them, and on a chip with XS's debugger")
		.option("--measure", "let the emulator run a chip's image once, and tell what of the RAM it takes")
		.option("--no-check", "don't check types")
		.option("--json", "print one JSON object")
		.action(async (manifest: string, options: Options) => {
			const say = progress(options.json === true);
			try {
				await buildCompiler((step) => say(`byte-code compiler: ${step}`));
				const debug = await prepare(options, say);
				say(`compiling ${manifest}`);
				const result = await buildImage({
					manifest,
					board: options.board,
					debug,
					check: options.check,
					...(options.platform && { platform: options.platform }),
					...(options.out && { out: options.out }),
					...(options.measure && { measure: await measuring(say) }),
				});
				say();
				process.stdout.write(options.json ? `${JSON.stringify(summary(result))}\n` : table(result));
			} catch (error) {
				say();
				if (error instanceof BuildError && error.detail) process.stderr.write(`${error.detail}\n`);
				throw error;
			}
		});
}

/** What the host brings: the names of its functions, on a chip its code. Answers whether to build for debugging. */
async function prepare(options: Options, say: (text: string) => void): Promise<boolean> {
	if (options.debug && options.release) throw new BuildError("manifest", "--debug and --release exclude each other");
	const board = buildBoard(options.board, options.platform);
	if (board.platform !== "chip") {
		if (options.measure) throw new BuildError("board", `--measure: ${board.name} is no chip's board`);
		await scanNatives();
		return !options.release;
	}
	const { machine } = chipBoard(board);
	await buildChip(machine, options.debug ? "debug" : "release", (step) => say(`firmware: ${step}`));
	return options.debug === true;
}

/** Loaded when it's asked for: a cloud and an emulator come with it. */
async function measuring(say: (text: string) => void): Promise<Measure> {
	const { measureRam } = await import("./chip/measure");
	return (image, firmware, report) => {
		say("running it on the emulator");
		return measureRam(image, firmware, report);
	};
}

function summary({ image, size, modules, milliseconds, program, report }: BuildResult) {
	return { image, bytes: size, milliseconds, warnings: program.warnings, modules, ...report };
}

function table({ image, size, modules, milliseconds, program, report }: BuildResult): string {
	const rows = report ? [textOf(report), ""] : byModule(modules);
	const warnings = program.warnings.map((warning) => `warning: ${warning}`);
	const end = `${shownPath(image)}: ${size} bytes, ${modules.length} modules, ${milliseconds} ms`;
	return `${[...warnings, ...rows, end].join("\n")}\n`;
}

function byModule(modules: BuildResult["modules"]): string[] {
	return [...modules]
		.sort((a, b) => b.bytes - a.bytes)
		.map(({ name, bytes }) => `${String(bytes).padStart(8)}  ${name}`);
}
