import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { BuildError } from "./error";
import { matchPlatform } from "./platform";
import { Variables } from "./variables";

type Json = Record<string, unknown>;

/** A section of a manifest with the place it was written, so that an error can name it. */
export interface Section {
	readonly file: string;
	readonly folder: string;
	/** "" for the manifest itself, else `platforms.<key>`. */
	readonly prefix: string;
	readonly values: Json;
}

/** The sections that hold for one platform, in the order in which later ones add to or replace earlier ones. */
export interface Sections {
	readonly sections: readonly Section[];
	readonly variables: Variables;
	/** Every manifest that was read, in the order of reading. */
	readonly files: readonly string[];
}

export interface ReadOptions {
	/** The program's manifest. */
	readonly manifest: string;
	/** The platform that is built for: `sim`, `chip`, `esp32/esp32c3` … */
	readonly platform: string;
	/** The board's folder: its manifest is what `$(SUBPLATFORMMANIFEST)` stands for. */
	readonly board?: string;
	/** Build variables that are set from the start, over the environment's. */
	readonly variables?: Readonly<Record<string, string>>;
}

/** Which keys a section may have; others are a mistake, or a part of the SDK that our builds do not have. */
const KNOWN = new Set(
	(
		"build include modules preload data resources config defines creation platforms error warning strip typescript run " +
		"dependency recipes commonjs bundle ble zephyrConfig zephyrShields zephyrOverlay //"
	).split(" "),
);

/**
 * Reads a manifest and all that it includes, depth first, each file once: included sections come before the including
 * one, a platform's sections after the common ones of the same file.
 *
 * @throws {BuildError} "manifest" naming file and key.
 */
export function readSections(options: ReadOptions): Sections {
	const variables = new Variables(options.variables);
	const [platform = "", ...sub] = options.platform.split("/");
	variables.set("PLATFORM", platform);
	variables.set("SUBPLATFORM", options.board ? basename(options.board) : sub.join("/"));
	if (options.board) {
		variables.set("SUBPLATFORMDIRECTORY", resolve(options.board));
		variables.set("SUBPLATFORMMANIFEST", join(resolve(options.board), "manifest.json"));
	}
	const reader = new Reader(options.platform, variables);
	reader.read(resolve(options.manifest), undefined);
	return { sections: reader.sections, variables, files: [...reader.seen] };
}

class Reader {
	readonly sections: Section[] = [];
	readonly seen = new Set<string>();
	readonly #platform: string;
	readonly #variables: Variables;

	constructor(platform: string, variables: Variables) {
		this.#platform = platform;
		this.#variables = variables;
	}

	/** @param from the place that asked for it, for the message when it is missing. */
	read(path: string, from: string | undefined): void {
		if (this.seen.has(path)) return;
		this.seen.add(path);
		const own = this.#ownSections(path, parse(path, from));
		for (const section of own) this.#readBuild(section);
		for (const section of own) {
			for (const include of strings(section, "include")) this.#include(section, include);
		}
		this.sections.push(...own);
	}

	/** The common section and, if one matches, the platform's. */
	#ownSections(file: string, values: Json): Section[] {
		const folder = dirname(file);
		const common: Section = { file, folder, prefix: "", values };
		checkKeys(common);
		const { platforms } = values;
		if (platforms === undefined) return [common];
		if (!isObject(platforms)) throw wrong(common, "platforms", "an object");
		const key = matchPlatform(Object.keys(platforms), this.#platform);
		if (key === undefined) return [common];
		const section = { file, folder, prefix: `platforms.${key}`, values: platforms[key] as Json };
		if (!isObject(section.values)) throw wrong(common, section.prefix, "an object");
		checkKeys(section);
		return [common, section];
	}

	#readBuild(section: Section): void {
		for (const [name, value] of entries(section, "build")) {
			if (typeof value !== "string") throw wrong(section, `build.${name}`, "a string");
			this.#variables.define(name, value, section.folder, (message) => refuse(section, `build.${name}`, message));
		}
	}

	#include(section: Section, include: string): void {
		const path = this.#variables.expand(include, (message) => refuse(section, "include", message));
		const full = isAbsolute(path) ? path : join(section.folder, path);
		// A folder stands for the manifest in it.
		this.read(isFolder(full) ? join(full, "manifest.json") : full, where(section, "include"));
	}
}

function parse(path: string, from: string | undefined): Json {
	if (!existsSync(path))
		throw new BuildError("manifest", `${from ? `${from}: ` : ""}there is no manifest ${path}`, { detail: path });
	try {
		const value: unknown = JSON.parse(readFileSync(path, "utf8"));
		if (isObject(value)) return value;
	} catch (cause) {
		throw new BuildError("manifest", `${path}: ${(cause as Error).message}`, { cause, detail: path });
	}
	throw new BuildError("manifest", `${path}: a manifest is an object`, { detail: path });
}

function checkKeys(section: Section): void {
	for (const key of Object.keys(section.values)) {
		if (!KNOWN.has(key) && !key.startsWith("//")) throw refuse(section, key, "no such key");
		if (key === "platforms" && section.prefix) throw refuse(section, key, "platforms within platforms");
	}
}

/** `file: key`, the key with its platform in front. */
export function where(section: Section, key: string): string {
	return `${section.file}: ${section.prefix ? `${section.prefix}.` : ""}${key}`;
}

export function refuse(section: Section, key: string, message: string): BuildError {
	return new BuildError("manifest", `${where(section, key)}: ${message}`, { detail: where(section, key) });
}

export function wrong(section: Section, key: string, what: string): BuildError {
	return refuse(section, key, `must be ${what}`);
}

export function isObject(value: unknown): value is Json {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The properties of an object-valued key; none when the key is not there. */
export function entries(section: Section, key: string): [string, unknown][] {
	const value = section.values[key];
	if (value === undefined) return [];
	if (!isObject(value)) throw wrong(section, key, "an object");
	return Object.entries(value);
}

/** The strings of a key that may be a string or an array of strings. */
export function strings(section: Section, key: string, value: unknown = section.values[key]): string[] {
	if (value === undefined) return [];
	const list = Array.isArray(value) ? value : [value];
	for (const item of list) if (typeof item !== "string") throw wrong(section, key, "a string or an array of strings");
	return list as string[];
}

function isFolder(path: string): boolean {
	return existsSync(path) && statSync(path).isDirectory();
}
