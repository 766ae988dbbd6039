import ts from "typescript";
import { BuildError } from "./error";
import { hoistNatives } from "./hoist";
import { lineTable } from "./lines";

/** A module as XS's compiler takes it. */
export interface Transpiled {
	readonly source: string;
	/** Entry n - 1: the line of the original that line n of `source` came from, counted from 1. */
	readonly lines: Uint32Array;
	/** C functions that the module asks for by `native("…")` or `Native("…")`. */
	readonly natives: string[];
	/** What it imports at run time: types are gone. */
	readonly imports: { specifier: string; line: number }[];
}

const options: ts.CompilerOptions = {
	target: ts.ScriptTarget.ES2022,
	module: ts.ModuleKind.ES2022,
	moduleDetection: ts.ModuleDetectionKind.Force,
	isolatedModules: true,
	useDefineForClassFields: true,
	verbatimModuleSyntax: true,
	removeComments: true,
	sourceMap: true,
	allowJs: true,
};

/**
 * One TypeScript or JavaScript file to ES2022, types taken off (they are checked elsewhere), natives linked.
 *
 * @param path what errors call the file; its extension says the language.
 * @throws {BuildError} "syntax", with every error's `path:line: message`.
 */
export function transpile(path: string, text: string): Transpiled {
	if (path.endsWith(".json")) return transpileJson(path, text);
	const hoisted = hoistNatives();
	const output = run(path, text, hoisted.transformer);
	const errors = (output.diagnostics ?? []).filter(({ category }) => category === ts.DiagnosticCategory.Error);
	if (errors.length) {
		const detail = errors.map((error) => describe(path, error)).join("\n");
		throw new BuildError("syntax", `${path} cannot be compiled`, { detail });
	}
	const source = output.outputText.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
	const lines = lineTable(output.sourceMapText ?? "", countLines(source));
	return {
		source: hoisted.prologue() + source,
		lines,
		natives: [...hoisted.names, ...baseClasses(source)],
		imports: importsOf(source, lines),
	};
}

function run(path: string, text: string, transformer: ts.TransformerFactory<ts.SourceFile>): ts.TranspileOutput {
	try {
		return ts.transpileModule(text, {
			fileName: path,
			compilerOptions: options,
			reportDiagnostics: true,
			transformers: { before: [transformer] },
		});
	} catch (cause) {
		// TypeScript walks the program by recursion.
		if (!(cause instanceof RangeError)) throw cause;
		throw new BuildError("syntax", `${path} cannot be compiled`, { cause, detail: `${path}:1: nested too deeply` });
	}
}

function transpileJson(path: string, text: string): Transpiled {
	try {
		JSON.parse(text);
	} catch (cause) {
		throw new BuildError("syntax", `${path} is no JSON`, { cause, detail: `${path}:1: ${String(cause)}` });
	}
	// Object.freeze's second argument is XS's: freeze deeply, so that the value can live in flash.
	return {
		source: `export default Object.freeze((${text}), true);\n`,
		lines: new Uint32Array(0),
		natives: [],
		imports: [],
	};
}

function describe(path: string, diagnostic: ts.Diagnostic): string {
	const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, " ");
	const line = diagnostic.file ? diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line + 1 : 1;
	return `${path}:${line}: ${message}`;
}

function countLines(text: string): number {
	let count = 1;
	for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
	return count;
}

/** The destructors that `extends Native("…")` names. */
function baseClasses(source: string): string[] {
	return [...source.matchAll(/\bNative\(\s*["']([A-Za-z0-9_]+)["']\s*\)/g)].map(([, name]) => name ?? "");
}

function importsOf(source: string, lines: Uint32Array): { specifier: string; line: number }[] {
	return ts.preProcessFile(source, true, true).importedFiles.map(({ fileName, pos }) => ({
		specifier: fileName,
		line: lines[countLines(source.slice(0, pos)) - 1] ?? 1,
	}));
}
