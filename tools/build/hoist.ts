import ts from "typescript";

/** The start of the names of hoisted constants; no identifier of a program may begin with it. */
const PREFIX = "__native_";

/** What {@link hoistNatives} collects for one file. */
export interface Hoisted {
	/** C names in the order of their first use: the constants' own order. */
	readonly names: string[];
	/** To be put before the first character of the emitted text, on its first line, so that no line moves. */
	prologue(): string;
	readonly transformer: ts.TransformerFactory<ts.SourceFile>;
}

/**
 * Links native functions once a module: every `native("x")` becomes a module-level constant that is made at the start
 * of line one, before any statement of the module can run. A call in place would make a new host function each time
 * (0.3–1.7 µs), and a preloaded module has nowhere to keep it.
 *
 * `Native("x")` in an extends clause is left alone: a class is made once. So is `native(name)` with a computed name, and
 * any `native` that the file declares itself.
 */
export function hoistNatives(): Hoisted {
	const names: string[] = [];

	const constantOf = (name: string): string => {
		let index = names.indexOf(name);
		if (index < 0) index = names.push(name) - 1;
		return `${PREFIX}${index}`;
	};

	const transformer: ts.TransformerFactory<ts.SourceFile> = (context) => (file) => {
		if (declaresNative(file)) return file;
		const visit = (node: ts.Node): ts.Node => {
			const name = nativeName(node);
			if (name !== undefined) return ts.setTextRange(context.factory.createIdentifier(constantOf(name)), node);
			return ts.visitEachChild(node, visit, context);
		};
		return ts.visitEachChild(file, visit, context);
	};

	return {
		names,
		transformer,
		prologue: () => names.map((name, index) => `const ${PREFIX}${index} = native(${JSON.stringify(name)}); `).join(""),
	};
}

function nativeName(node: ts.Node): string | undefined {
	if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || node.expression.text !== "native") return;
	const [argument] = node.arguments;
	return node.arguments.length === 1 && argument && ts.isStringLiteralLike(argument) ? argument.text : undefined;
}

/** Whether the file has a binding of its own named `native` anywhere; then no call is touched. */
function declaresNative(file: ts.SourceFile): boolean {
	let found = false;
	const visit = (node: ts.Node): void => {
		if (found || isAmbient(node)) return;
		if (isBinding(node) && node.name && ts.isIdentifier(node.name) && node.name.text === "native") found = true;
		else ts.forEachChild(node, visit);
	};
	ts.forEachChild(file, visit);
	return found;
}

function isAmbient(node: ts.Node): boolean {
	return (
		ts.canHaveModifiers(node) &&
		(ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.DeclareKeyword)
	);
}

function isBinding(node: ts.Node): node is ts.NamedDeclaration {
	return (
		ts.isVariableDeclaration(node) ||
		ts.isBindingElement(node) ||
		ts.isParameter(node) ||
		ts.isFunctionDeclaration(node) ||
		ts.isFunctionExpression(node) ||
		ts.isClassDeclaration(node) ||
		ts.isClassExpression(node) ||
		ts.isImportClause(node) ||
		ts.isImportSpecifier(node) ||
		ts.isNamespaceImport(node)
	);
}
