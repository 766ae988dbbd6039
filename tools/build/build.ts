import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { readBoardFlash } from "../lib/flash-image";
import { type BuildBoard, buildBoard, type ChipBoard, chipBoard, SLOT } from "./board";
import { checkTypes } from "./check";
import { type Firmware, readFirmware } from "./chip/firmware";
import { chipImage } from "./chip/image";
import type { MeasuredRam } from "./chip/ram-measured";
import { type ChipReport, checkFlash, checkRam } from "./chip/report";
import type { Emulate } from "./chip/rom";
import type { Compiler } from "./compiler";
import { BuildError } from "./error";
import { ENGINE, engineHash, type ImageContent, writeImage } from "./image";
import { checkImports, checkNatives } from "./imports";
import { compileModules, compileReachable } from "./modules";
import { nativeNames } from "./native";
import { chipFolder, ROOT } from "./places";
import { type Program, readProgram } from "./program";
import type { Source } from "./sources";

const CONFIG = "mc/config";

export type Measure = (image: Uint8Array, firmware: Firmware, report: ChipReport) => Promise<MeasuredRam>;

export interface BuildOptions {
	/** The program's manifest, or the folder it is in. */
	readonly manifest: string;
	/** Manifest platform. Default: the board's, "sim" or "chip". */
	readonly platform?: string;
	/** A folder of boards/, or a path of one: flash, memory, pins. Default "sim". */
	readonly board?: string;
	/** Where the image goes. Default `build/<platform>/<board>/<name of the manifest's folder>.image`. */
	readonly out?: string;
	/** Lines and file names in the byte code, so that a stack trace has them. Default true, on a chip false. */
	readonly debug?: boolean;
	/** Whether type errors end the build. Default true; the watch checks beside the restart instead. */
	readonly check?: boolean;
	/** A start module other than the manifest's `creation.main`. */
	readonly main?: string;
	/** Keys to put over the manifest's `config`. */
	readonly config?: Readonly<Record<string, unknown>>;
	/** Build variables over the environment's. */
	readonly variables?: Readonly<Record<string, string>>;
	/** Modules beside the manifest's: name to file. A test adds itself so. */
	readonly modules?: Readonly<Record<string, string>>;
	/** Only what the start module imports, directly or not: a test's image. Default false: all that the manifest lists. */
	readonly reachableOnly?: boolean;
	/** The firmware's version. Default: package.json's. */
	readonly version?: string;
	/** Which build of the host the native names, and a chip's code, come from. Default "debug"; on a chip as `debug` says. */
	readonly variant?: string;
	/** The native names themselves, for a host that is no build of the simulator. */
	readonly natives?: readonly string[];
	/** A chip's firmware that lies elsewhere, and what runs it. */
	readonly firmware?: Firmware;
	readonly emulate?: Emulate;
	/** Runs a chip's image, and says what of the RAM the run took (chip/measure.ts). Default: an estimate. */
	readonly measure?: Measure;
	/** Take nothing from `build/cache`. */
	readonly fresh?: boolean;
	/** The compiler to use; the default is one for this build alone. */
	readonly compiler?: Compiler;
}

export interface BuildResult {
	readonly image: string;
	/** Bytes of the image. */
	readonly size: number;
	readonly modules: readonly { readonly name: string; readonly path: string; readonly bytes: number }[];
	readonly milliseconds: number;
	readonly program: Program;
	/** A chip's: whose its bytes are. */
	readonly report?: ChipReport;
	/** Every file the image was made from: what a watch watches. */
	readonly files: readonly string[];
}

/**
 * From a manifest to an image that a host boots (hal/IMAGE.md).
 *
 * @throws {BuildError} whose `detail` has one `file:line: message` a line for what the compilers found.
 */
export async function buildImage(options: BuildOptions): Promise<BuildResult> {
	const started = performance.now();
	const board = buildBoard(options.board ?? "sim", options.platform);
	const chip = board.platform === "chip" ? chipOf(board, options) : undefined;
	const debug = options.debug ?? !chip;
	const manifest = manifestPath(options.manifest);
	const program = readProgram({
		manifest,
		platform: board.platform,
		board: board.folder,
		variables: { LINKXS: ROOT, ...options.variables },
	});
	const config = { ...program.config, ...options.config };
	const main = options.main ?? program.main;
	const sources = [...program.modules, ...extraModules(options), configModule(config)];

	const natives = options.natives ?? chip?.firmware.natives ?? nativeNames(options.variant ?? "debug");
	const modules = await withCheck(options.check === false ? [] : sources, async () => {
		const compile = { debug, compiler: options.compiler, fresh: options.fresh };
		const modules = await (options.reachableOnly
			? compileReachable(sources, main, compile)
			: compileModules(sources, compile));
		checkImports(modules, main);
		checkNatives(modules, natives);
		return modules;
	});

	const content: ImageContent = {
		kind: "firmware",
		board: board.name,
		version: options.version ?? packageVersion(),
		engine: ENGINE,
		engineHash: engineHash(natives),
		debug,
		creation: program.creation,
		main,
		config,
		modules: modules.map((module) => ({
			...module,
			preload: module.name === CONFIG || program.preloads(module.name),
		})),
		data: program.data.map(({ name, path }) => ({ name, bytes: readFileSync(path) })),
	};
	const { image, report } = chip
		? await fittingImage(content, chip.firmware, chip.board, options)
		: { image: writeImage(content), report: undefined };
	if (!report) checkSize(image, board);
	const out = resolve(options.out ?? defaultOut(board, manifest));
	writeWhole(out, image);
	return {
		image: out,
		size: image.length,
		modules: modules.map(({ name, path, symbols, code }) => ({ name, path, bytes: symbols.length + code.length })),
		milliseconds: Math.round(performance.now() - started),
		program,
		...(report && { report }),
		files: [
			...program.files,
			...[...sources, ...program.data].filter(({ text }) => text === undefined).map(({ path }) => path),
		],
	};
}

/** Compiles while types are checked; whichever fails first ends the other. */
async function withCheck<T>(sources: readonly Source[], compile: () => Promise<T>): Promise<T> {
	const check = new AbortController();
	const checking = checkTypes(sources, check.signal);
	try {
		const [result] = await Promise.all([compile(), checking]);
		return result;
	} finally {
		check.abort();
	}
}

/** The board's parts, and what `make -C hal/chip` made for it. */
function chipOf(board: BuildBoard, { firmware, debug, variant }: BuildOptions) {
	const chip = chipBoard(board);
	const made = chipFolder(chip.machine, variant ?? (debug ? "debug" : "release"));
	return { board: chip, firmware: firmware ?? readFirmware(chip.machine, made) };
}

/** @throws {BuildError} when the board has no room for it. */
async function fittingImage(content: ImageContent, firmware: Firmware, board: ChipBoard, options: BuildOptions) {
	const made = await chipImage(content, firmware, board, options);
	checkFlash(made.report);
	const { measure } = options;
	const measured = measure && { measured: await measure(made.image, firmware, made.report) };
	const report: ChipReport = { ...made.report, ...measured };
	checkRam(report);
	return { image: made.image, report };
}

function checkSize(image: Buffer, { name, folder }: BuildBoard): void {
	if (!existsSync(join(folder, "partitions.csv"))) return;
	const slot = readBoardFlash(folder).partitions.find((it) => it.name === SLOT);
	if (slot && image.length > slot.size)
		throw new BuildError("board", `the image has ${image.length} bytes, ${SLOT} of ${name} has ${slot.size}`);
}

/** Whoever reads the image at the same time sees the old one or the new one. */
function writeWhole(path: string, bytes: Buffer): void {
	mkdirSync(dirname(path), { recursive: true });
	const temporary = `${path}.${process.pid}`;
	writeFileSync(temporary, bytes);
	renameSync(temporary, path);
}

function manifestPath(path: string): string {
	const full = resolve(path);
	return full.endsWith(".json") ? full : join(full, "manifest.json");
}

function defaultOut({ platform, name: board }: BuildBoard, manifest: string): string {
	const name = dirname(manifest) === ROOT ? "main" : relative(ROOT, dirname(manifest)).replace(/[^\w]+/g, "-");
	return join(ROOT, "build", "images", platform, board, `${name || "program"}.image`);
}

function packageVersion(): string {
	const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
	return version;
}

function extraModules(options: BuildOptions): Source[] {
	return Object.entries(options.modules ?? {}).map(([name, path]) => ({
		name,
		path: resolve(path),
		from: "the build",
	}));
}

/** `mc/config` as a module like any other: a frozen object, which can live in flash. */
function configModule(config: unknown): Source {
	return { name: CONFIG, path: `${CONFIG}.json`, from: "the build", text: JSON.stringify(config) };
}
