import ts from "typescript";

/** What a TypeScript file imports, types included: import, export … from, import(). */
export function importsOf(text: string): string[] {
	return [...new Set(ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName))];
}

/** What is left of it when the program runs: without what the compiler erases. */
export function keptImportsOf(path: string, text: string): string[] {
	if (path.endsWith(".d.ts")) return [];
	const options = { verbatimModuleSyntax: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 };
	return importsOf(ts.transpileModule(text, { fileName: path, compilerOptions: options }).outputText);
}
