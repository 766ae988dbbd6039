import { posix } from "node:path";
import { BuildError } from "./error";
import type { CompiledModule } from "./modules";
import { shownPath } from "./places";

/**
 * Finds what would fail only on the device: an import that no module of the image answers.
 *
 * @param main the module that is started.
 * @throws {BuildError} "module", one `file:line: message` a line.
 */
export function checkImports(modules: readonly CompiledModule[], main: string): void {
	const names = new Set(modules.map(({ name }) => name));
	const problems: string[] = [];
	if (!names.has(main)) problems.push(`the manifest has no module ${main} to start`);
	for (const { name, path, imports } of modules) {
		for (const { specifier, line } of imports) {
			const wanted = resolveSpecifier(specifier, name);
			if (!names.has(wanted))
				problems.push(`${shownPath(path)}:${line}: no manifest lists a module ${JSON.stringify(wanted)}`);
		}
	}
	if (problems.length)
		throw new BuildError("module", problems.length === 1 ? "a module is missing" : "modules are missing", {
			detail: problems.join("\n"),
		});
}

/** As the hosts do: a relative specifier belongs to the folder of the importer's name. */
export function resolveSpecifier(specifier: string, importer: string): string {
	if (!specifier.startsWith("./") && !specifier.startsWith("../")) return specifier;
	return posix.join(posix.dirname(importer), specifier);
}

/**
 * @param natives what the host has.
 * @throws {BuildError} "board", naming functions and modules.
 */
export function checkNatives(modules: readonly CompiledModule[], natives: readonly string[]): void {
	const known = new Set(natives);
	const problems = modules.flatMap(({ path, natives }) =>
		natives.filter((name) => !known.has(name)).map((name) => `${shownPath(path)}:1: the host has no function ${name}`),
	);
	if (problems.length)
		throw new BuildError("board", "the host lacks native functions", { detail: problems.join("\n") });
}
