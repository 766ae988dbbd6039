import { BuildError } from "./error";
import type { Creation } from "./image";
import { entries, isObject, type ReadOptions, readSections, refuse, type Section, strings, wrong } from "./manifest";
import { findSources, type Source } from "./sources";

/** All that a program's manifests say for one platform. */
export interface Program {
	readonly modules: readonly Source[];
	/** `data` and `resources`, as they are. */
	readonly data: readonly Source[];
	readonly config: Readonly<Record<string, unknown>>;
	readonly defines: Readonly<Record<string, unknown>>;
	readonly creation: Creation;
	readonly main: string;
	readonly preloads: (module: string) => boolean;
	readonly warnings: readonly string[];
	/** The manifests that were read. */
	readonly files: readonly string[];
}

/** What a board that says nothing gets: enough for a small program, and no more than 64 KB on a chip. */
const CREATION: Creation & { main: string } = {
	initialChunk: 16_384,
	incrementalChunk: 4_096,
	initialHeap: 1_024,
	incrementalHeap: 256,
	stack: 512,
	initialKeys: 128,
	incrementalKeys: 32,
	nameModulo: 127,
	symbolModulo: 31,
	parserBuffer: 1_024,
	parserTable: 127,
	static: 0,
	main: "main",
};

/**
 * @throws {BuildError} "manifest" for what cannot be read, "platform" for a manifest's own `error`.
 */
export function readProgram(options: ReadOptions): Program {
	const read = readSections(options);
	const config: Record<string, unknown> = {};
	const defines: Record<string, unknown> = {};
	const creation: Record<string, unknown> = {};
	const preload: string[] = [];
	const warnings: string[] = [];
	let creationSection: Section | undefined;
	for (const section of read.sections) {
		for (const message of strings(section, "error"))
			throw new BuildError("platform", `${section.file}: ${message}`, { detail: options.platform });
		warnings.push(...strings(section, "warning"));
		merge(config, Object.fromEntries(entries(section, "config")));
		merge(defines, Object.fromEntries(entries(section, "defines")));
		merge(creation, Object.fromEntries(entries(section, "creation")));
		if (section.values.creation) creationSection = section;
		preload.push(...strings(section, "preload"));
	}
	const modules = findSources(read, "modules");
	for (const pattern of preload)
		if (!modules.some(({ name }) => fits(pattern, name))) warnings.push(`preload: no module fits ${pattern}`);
	return {
		modules,
		data: [...findSources(read, "data"), ...findSources(read, "resources")],
		config,
		defines,
		...readCreation(creation, creationSection),
		preloads: (module) => preload.some((pattern) => fits(pattern, module)),
		warnings,
		files: read.files,
	};
}

function fits(pattern: string, module: string): boolean {
	return pattern.endsWith("*") ? module.startsWith(pattern.slice(0, -1)) : pattern === module;
}

/** Objects are merged key by key, anything else is replaced by the later manifest. */
function merge(into: Record<string, unknown>, from: Record<string, unknown>): void {
	for (const [key, value] of Object.entries(from)) {
		const old = into[key];
		if (isObject(old) && isObject(value)) merge(old, value);
		else into[key] = structuredClone(value);
	}
}

/** The names of the numbers in a manifest's `creation`. */
const NUMBERS: readonly (readonly [path: string, field: keyof Creation])[] = [
	["static", "static"],
	["chunk.initial", "initialChunk"],
	["chunk.incremental", "incrementalChunk"],
	["heap.initial", "initialHeap"],
	["heap.incremental", "incrementalHeap"],
	["stack", "stack"],
	["keys.initial", "initialKeys"],
	["keys.incremental", "incrementalKeys"],
	["keys.name", "nameModulo"],
	["keys.symbol", "symbolModulo"],
	["parser.buffer", "parserBuffer"],
	["parser.table", "parserTable"],
];

function readCreation(values: Record<string, unknown>, section: Section | undefined) {
	const creation: Record<string, number> = {};
	for (const [path, field] of NUMBERS) {
		const value = path
			.split(".")
			.reduce<unknown>((object, key) => (isObject(object) ? object[key] : undefined), values);
		if (value === undefined) continue;
		if (!section) break;
		if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 0xffff_ffff)
			throw wrong(section, `creation.${path}`, "a whole number from 0");
		creation[field] = value;
	}
	const main = values.main ?? CREATION.main;
	if (typeof main !== "string") {
		if (section) throw refuse(section, "creation.main", "must be a module's name");
		throw new BuildError("manifest", "creation.main must be a module's name");
	}
	const { main: _, ...defaults } = CREATION;
	return { creation: { ...defaults, ...creation }, main };
}
