import type { Command } from "commander";
import { progress } from "../lib/command-line";
import { type BuildResult, buildImage } from "./build";
import { BuildError } from "./error";
import { buildCompiler, scanNatives } from "./native";
import { shownPath } from "./places";

interface Options {
	platform: string;
	board: string;
	out?: string;
	release?: boolean;
	check: boolean;
	json?: boolean;
}

/** `linkxs build`: a program's manifest to an image. */
export function register(program: Command): void {
	program
		.command("build")
		.description("compile a program into a firmware image (hal/IMAGE.md)")
		.argument("[manifest]", "the program's manifest.json, or its folder", ".")
		.option("--platform <name>", "platform of the manifests", "sim")
		.option("--board <name>", "folder of boards/", "sim")
		.option("--out <file>", "where the image goes")
		.option("--release", "without line numbers and file names")
		.option("--no-check", "don't check types")
		.option("--json", "print one JSON object")
		.action(async (manifest: string, options: Options) => {
			const say = progress(options.json === true);
			try {
				await buildCompiler((step) => say(`byte-code compiler: ${step}`));
				await scanNatives();
				say(`compiling ${manifest}`);
				const result = await buildImage({
					manifest,
					platform: options.platform,
					board: options.board,
					debug: !options.release,
					check: options.check,
					...(options.out ? { out: options.out } : {}),
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

function summary({ image, size, modules, milliseconds, program }: BuildResult) {
	return { image, bytes: size, milliseconds, warnings: program.warnings, modules };
}

function table({ image, size, modules, milliseconds, program }: BuildResult): string {
	const rows = [...modules]
		.sort((a, b) => b.bytes - a.bytes)
		.map(({ name, bytes }) => `${String(bytes).padStart(8)}  ${name}`);
	const warnings = program.warnings.map((warning) => `warning: ${warning}`);
	const end = `${shownPath(image)}: ${size} bytes, ${modules.length} modules, ${milliseconds} ms`;
	return `${[...warnings, ...rows, end].join("\n")}\n`;
}
