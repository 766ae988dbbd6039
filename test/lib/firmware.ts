import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, posix } from "node:path";
import { root } from "./files";
import { keptImportsOf } from "./imports";
import { sdkFiles, sdkManifests, sdkNatives } from "./sdk";

/**
 * The firmware as one platform's build tool would see it, read anew from the manifests: neither mcconfig nor tools/build is
 * asked, as they are what the manifests are written for.
 */
export interface Firmware {
	/** Module name → file (an absolute path); "" for one that the SDK has. */
	readonly modules: ReadonlyMap<string, string>;
	/** C files of ours. */
	readonly c: readonly string[];
	readonly preload: readonly string[];
	/** What is wrong with the manifests. */
	readonly errors: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;
const SDK = "$(MODDABLE)/";

/** mcconfig's rule: `a/b`, `a/*`, then `a`, then `...`. */
function matchPlatform(platforms: Json, platform: string): Json | undefined {
	const parts = platform.split("/");
	for (; parts.length > 0; parts.pop()) {
		const name = parts.join("/");
		const key = Object.keys(platforms).find(
			(key) => key === name || (key.endsWith("/*") && name.startsWith(key.slice(0, -1))),
		);
		if (key !== undefined) return platforms[key] as Json;
	}
	return platforms["..."] as Json | undefined;
}

const listOf = (value: unknown): string[] => (value === undefined ? [] : ([value].flat() as string[]));

class Reader implements Firmware {
	readonly modules = new Map<string, string>();
	readonly #c = new Set<string>();
	readonly preload: string[] = [];
	readonly errors: string[] = [];
	readonly #seen = new Set<string>();
	readonly #platform: string;
	readonly #board: string | undefined;

	constructor(platform: string, board?: string) {
		this.#platform = platform;
		this.#board = board;
	}

	get c(): string[] {
		return [...this.#c];
	}

	read(path: string): void {
		if (this.#seen.has(path)) return;
		this.#seen.add(path);
		if (!existsSync(path)) {
			this.errors.push(`there is no ${path.slice(root.length + 1)}`);
			return;
		}
		const manifest = JSON.parse(readFileSync(path, "utf8")) as Json;
		const platform = matchPlatform((manifest["platforms"] ?? {}) as Json, this.#platform);
		const sections = platform ? [manifest, platform] : [manifest];
		for (const section of sections)
			for (const include of listOf(section["include"])) this.#include(dirname(path), include);
		for (const section of sections) this.#section(path, section);
	}

	#include(folder: string, include: string): void {
		if (include.startsWith(SDK)) {
			const sdk = sdkManifests[include.slice(SDK.length)];
			if (!sdk) this.errors.push(`nobody knows what ${include} has: add it to test/lib/sdk.ts`);
			const more = sdk?.platforms?.[this.#platform.split("/")[0] ?? ""] ?? [];
			for (const name of [...(sdk?.modules ?? []), ...more]) this.modules.set(name, "");
			return;
		}
		const path = include === "$(SUBPLATFORMMANIFEST)" ? `${this.#board}/manifest.json` : include;
		this.read(path.startsWith("/") ? path : join(folder, path));
	}

	#section(path: string, section: Json): void {
		for (const error of listOf(section["error"])) this.errors.push(error);
		for (const [name, sources] of Object.entries((section["modules"] ?? {}) as Json))
			for (const source of listOf(sources)) this.#module(path, name, source);
		this.preload.push(...listOf(section["preload"]));
		for (const source of Object.values((section["data"] ?? {}) as Json).flatMap(listOf))
			if (matches(join(dirname(path), source), /./).length === 0) this.errors.push(`${source} is not there`);
	}

	#module(path: string, name: string, source: string): void {
		// Folders of ESP-IDF's headers: mcconfig adds a source that ends in / to the include path.
		if (source.startsWith("$(IDF_PATH)/") && source.endsWith("/")) return;
		if (source.startsWith(SDK)) {
			const file = source.slice(SDK.length);
			if (!sdkFiles.has(file)) this.errors.push(`nobody knows ${source}: add it to test/lib/sdk.ts`);
			if (!/[*.]/.test(file)) this.modules.set(name === "*" ? basename(file) : name, "");
			return;
		}
		const files = matches(join(dirname(path), source));
		if (files.length === 0) this.errors.push(`${path.slice(root.length + 1)}: ${source} is not there`);
		for (const file of files) {
			if (file.endsWith(".c")) this.#c.add(file);
			else if (file.endsWith(".ts") && !file.endsWith(".d.ts")) this.modules.set(nameOf(name, source, file), file);
		}
	}
}

/** The files that a source stands for: `./x` any x.*, `./*` all of a folder, `./x.c` itself. */
function matches(pattern: string, kind = /\.(ts|js|c|h)$/): string[] {
	const [folder, name] = [dirname(pattern), basename(pattern)];
	if (!existsSync(folder)) return [];
	return readdirSync(folder)
		.filter((file) => name === "*" || file === name || file.slice(0, file.lastIndexOf(".")) === name)
		.filter((file) => kind.test(file))
		.map((file) => join(folder, file))
		.filter((path) => statSync(path).isFile());
}

function nameOf(target: string, source: string, file: string): string {
	const stem = basename(file, ".ts");
	if (target === "*") return stem;
	return target.endsWith("*") && basename(source) === "*" ? target.slice(0, -1) + stem : target;
}

export function readFirmware(platform: string, board?: string): Firmware {
	const reader = new Reader(platform, board);
	if (/^(sim|chip)(\/|$)/.test(platform)) reader.modules.set("mc/config", ""); // tools/build makes it
	reader.read(`${root}/manifest.json`);
	return reader;
}

/** Imports of the firmware's modules that no manifest lists, as `name: import`. */
export function missingImports(firmware: Firmware): string[] {
	const byFile = new Map([...firmware.modules].map(([name, file]) => [file, name]));
	const missing: string[] = [];
	for (const [name, file] of firmware.modules) {
		if (file === "") continue;
		for (const specifier of keptImportsOf(file, readFileSync(file, "utf8"))) {
			if (!specifier.startsWith(".")) {
				if (!firmware.modules.has(specifier)) missing.push(`${name}: ${specifier}`);
				continue;
			}
			// XS resolves by names, tsc by files: they have to meet.
			const wanted = posix.join(posix.dirname(name), specifier);
			const there = byFile.get(join(dirname(file), `${specifier}.ts`));
			if (there !== wanted)
				missing.push(`${name}: ${specifier} is ${there ?? "in no manifest"}, XS looks for ${wanted}`);
		}
	}
	return missing;
}

/** C functions that native() names and neither our C nor the SDK has, as `name: function`. */
export function missingNatives(firmware: Firmware, moreC: readonly string[] = []): string[] {
	const defined = new Set(sdkNatives);
	for (const file of [...firmware.c, ...moreC])
		for (const [, name] of readFileSync(file, "utf8").matchAll(/^void (xs_\w+)\(/gm)) defined.add(name ?? "");
	const missing: string[] = [];
	for (const [name, file] of firmware.modules) {
		if (file === "") continue;
		for (const [, wanted] of readFileSync(file, "utf8").matchAll(/\b[nN]ative(?:<[^"]*>)?\(\s*"(\w+)"/g))
			if (!defined.has(wanted ?? "")) missing.push(`${name}: ${wanted}`);
	}
	return missing;
}
