import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Compiler } from "./compiler";
import { BuildError } from "./error";
import { resolveSpecifier } from "./imports";
import { compilerPath, ROOT, shownPath } from "./places";
import type { Source } from "./sources";

/** A module as it goes into the image, and what is known of it. */
export interface CompiledModule {
	readonly name: string;
	readonly path: string;
	readonly symbols: Uint8Array;
	readonly code: Uint8Array;
	/** C functions that it asks for. */
	readonly natives: readonly string[];
	/** The specifiers that it imports, with their lines in the source. */
	readonly imports: readonly { readonly specifier: string; readonly line: number }[];
}

export interface CompileOptions {
	readonly debug: boolean;
	/** Default: one for this call alone. */
	readonly compiler?: Compiler | undefined;
	/** Compile anew what is in `build/cache`. */
	readonly fresh?: boolean | undefined;
}

type Cached = Omit<CompiledModule, "name" | "path" | "symbols" | "code"> & { symbols: string; code: string };

/** Changes when the same source is to be compiled anew: part of every cache key. */
const REVISION = "1";
const CACHE = join(ROOT, "build", "cache", "modules");

/**
 * Compiles `main` and what it imports, directly or not; other sources are not even read.
 *
 * @throws {BuildError} "syntax" with all errors of all modules that were reached in `detail`.
 */
export async function compileReachable(
	sources: readonly Source[],
	main: string,
	options: CompileOptions,
): Promise<CompiledModule[]> {
	const byName = new Map(sources.map((source) => [source.name, source]));
	const done = new Map<string, CompiledModule>();
	let wanted = [main];
	while (wanted.length) {
		const found = wanted.flatMap((name) => byName.get(name) ?? []);
		for (const module of await compileModules(found, options)) done.set(module.name, module);
		const next = found.flatMap(({ name }) =>
			(done.get(name)?.imports ?? []).map(({ specifier }) => resolveSpecifier(specifier, name)),
		);
		wanted = [...new Set(next)].filter((name) => !done.has(name));
	}
	return [...done.values()];
}

/**
 * Compiles sources to byte code. What was compiled once is taken from `build/cache`, by the hash of the text; TypeScript
 * itself (0.3 s to load) is loaded only when something is not there.
 *
 * @throws {BuildError} "syntax" with all errors of all modules in `detail`.
 */
export async function compileModules(sources: readonly Source[], options: CompileOptions): Promise<CompiledModule[]> {
	const stamp = `${REVISION} ${options.debug} ${compilerStamp()} ${typescriptVersion()}`;
	let own: Compiler | undefined;
	const compiler = (): Compiler => {
		own ??= options.compiler ?? new Compiler(compilerPath());
		return own;
	};
	try {
		const results = await Promise.allSettled(sources.map((source) => compileOne(source, stamp, options, compiler)));
		throwAll(results);
		return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
	} finally {
		if (own !== options.compiler) own?.close();
	}
}

async function compileOne(
	source: Source,
	stamp: string,
	{ debug, fresh }: CompileOptions,
	compiler: () => Compiler,
): Promise<CompiledModule> {
	const { name } = source;
	const path = shownPath(source.path);
	const text = source.text ?? readFileSync(source.path, "utf8");
	const key = createHash("sha256").update(`${stamp}\0${path}\0${text}`).digest("hex");
	const file = join(CACHE, key.slice(0, 2), `${key}.json`);
	const cached = fresh ? undefined : readCache(file);
	if (cached) return { name, path: source.path, ...cached };

	const { transpile } = await import("./transpile");
	const { source: js, lines, natives, imports } = transpile(path, text);
	const { symbols, code } = await compiler().compile({ path, source: js, lines, debug });
	writeCache(file, { symbols: symbols.toString("base64"), code: code.toString("base64"), natives, imports });
	return { name, path: source.path, symbols, code, natives, imports };
}

function readCache(file: string): Omit<CompiledModule, "name" | "path"> | undefined {
	if (!existsSync(file)) return undefined;
	try {
		const cached = JSON.parse(readFileSync(file, "utf8")) as Cached;
		return {
			...cached,
			symbols: Buffer.from(cached.symbols, "base64"),
			code: Buffer.from(cached.code, "base64"),
		};
	} catch {
		return undefined; // A build that was killed while it wrote; compile again.
	}
}

function writeCache(file: string, cached: Cached): void {
	mkdirSync(dirname(file), { recursive: true });
	const temporary = `${file}.${process.pid}`;
	writeFileSync(temporary, JSON.stringify(cached));
	renameSync(temporary, file); // Two builds at once never see half a file.
}

function compilerStamp(): string {
	const stat = statSync(compilerPath(), { throwIfNoEntry: false });
	if (!stat) throw new BuildError("tool", "the byte-code compiler was not built yet: npx linkxs build does it");
	return `${stat.mtimeMs}-${stat.size}`;
}

function typescriptVersion(): string {
	const file = join(ROOT, "node_modules", "typescript", "package.json");
	return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** All that went wrong at once, so that a user does not mend a program error by error. */
function throwAll(results: readonly PromiseSettledResult<unknown>[]): void {
	const reasons = results.flatMap((result): unknown[] => (result.status === "rejected" ? [result.reason] : []));
	const [first] = reasons;
	if (first === undefined) return;
	const problems = reasons.filter((reason): reason is BuildError => reason instanceof BuildError);
	if (reasons.length === 1 || problems.length !== reasons.length) throw first;
	const detail = problems.map((problem) => problem.detail ?? problem.message).join("\n");
	throw new BuildError("syntax", `${problems.length} modules cannot be compiled`, { detail, cause: first });
}
