import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join } from "node:path";
import { entries, refuse, type Section, type Sections, strings, where, wrong } from "./manifest";

/** A file that a manifest names. */
export interface Source {
	readonly name: string;
	readonly path: string;
	/** `file: key` of the manifest that asked for it. */
	readonly from: string;
	/** What the file would hold, where the build itself makes it. */
	readonly text?: string;
}

/** What a folder's listing is read for. */
type Kind = "modules" | "data" | "resources";

const CODE = new Set([".ts", ".js", ".mjs", ".json"]);
/** C belongs to the hosts' own Makefiles; these stand beside a module without being one. */
const NATIVE = new Set([".c", ".cc", ".cpp", ".h", ".m", ".java"]);

/**
 * The files that `modules`, `data` or `resources` of all sections name.
 *
 * "*": "./x" is the file x.* under its own name, "./*" every file of the folder; "a/*": "./*" puts "a/" in front;
 * "a/b": "./x" names it anew; "~" takes files out. A file that was taken once is not taken again.
 *
 * @throws {BuildError} "manifest" when a pattern fits no file, or one name is claimed by two files.
 */
export function findSources({ sections, variables }: Sections, kind: Kind): Source[] {
	const taken = new Set<string>();
	const byName = new Map<string, Source>();
	const each = (section: Section, key: string, value: unknown, use: (pattern: string) => void) => {
		for (const item of patterns(section, key, value)) {
			const pattern = variables.expand(item, (message) => refuse(section, key, message));
			use(isAbsolute(pattern) ? pattern : join(section.folder, pattern));
		}
	};

	for (const section of sections)
		for (const [target, value] of entries(section, kind))
			if (target === "~")
				each(section, `${kind}.~`, value, (pattern) => {
					for (const { path } of match(pattern)) taken.add(path);
				});

	for (const section of sections)
		for (const [target, value] of entries(section, kind)) {
			if (target === "~") continue;
			const key = `${kind}.${target}`;
			each(section, key, value, (pattern) => {
				const files = match(pattern);
				const wanted = files.filter(({ path }) => wants(kind, path, pattern));
				if (!files.length) throw refuse(section, key, `no file fits ${pattern}`);
				for (const { path, rest } of wanted) {
					if (taken.has(path)) continue;
					taken.add(path);
					const name = nameOf(target, rest) + (kind === "modules" ? "" : extname(path));
					const other = byName.get(name);
					if (other) throw refuse(section, key, `${name} is ${path} here and ${other.path} in ${other.from}`);
					byName.set(name, { name, path, from: where(section, key) });
				}
			});
		}
	return [...byName.values()];
}

/** A source is a path, or an object with a `source` and what the SDK's tools would do with it. */
function patterns(section: Section, key: string, value: unknown): string[] {
	const list = Array.isArray(value) ? value : [value];
	return list.flatMap((item: unknown) => {
		const source = typeof item === "object" && item !== null ? (item as { source?: unknown }).source : item;
		if (typeof source !== "string") throw wrong(section, key, "a path or an array of paths");
		return strings(section, key, source);
	});
}

function nameOf(target: string, rest: string): string {
	const star = target.lastIndexOf("*");
	return star < 0 ? target : target.slice(0, star) + rest;
}

function wants(kind: Kind, path: string, pattern: string): boolean {
	if (kind !== "modules") return true;
	const name = basename(path);
	if (name.endsWith(".d.ts") || NATIVE.has(extname(name))) return false;
	// A pattern takes a folder's programs; data and manifests that lie beside them are named in full.
	if (extname(name) === ".json") return !pattern.endsWith("*") && !name.startsWith("manifest");
	return CODE.has(extname(name));
}

/** Files of the pattern's folder, sorted; `rest` is what the star stands for, or the pattern's own last part. */
function match(pattern: string): { path: string; rest: string }[] {
	const folder = dirname(pattern);
	const last = basename(pattern);
	if (!existsSync(folder)) return [];
	const star = last.indexOf("*");
	const result: { path: string; rest: string }[] = [];
	for (const name of readdirSync(folder).sort()) {
		const path = join(folder, name);
		if (name.startsWith(".") || !statSync(path).isFile()) continue;
		const stem = name.endsWith(".d.ts") ? name.slice(0, -5) : name.slice(0, name.length - extname(name).length);
		if (star >= 0) {
			if (stem.startsWith(last.slice(0, star))) result.push({ path, rest: stem.slice(star) });
		} else if (stem === last) result.push({ path, rest: last });
		else if (name === last) result.push({ path, rest: stem });
	}
	return result;
}
