import { posix } from "node:path";
import { importsOf, keptImportsOf } from "./imports";

/** A file that breaks one of the four rules of the layers, or the one of secrets. */
export interface Violation {
	readonly path: string;
	readonly rule: "modules" | "hal" | "boards" | "tools" | "secrets";
	readonly message: string;
}

const HAL_FOR_MODULES = new Set(["hal/crypto", "hal/tls", "hal/dtls", "hal/system", "hal/timer", "hal/text"]);

/** Words of the platform's protocol, which have no place below the line. */
const PROTOCOL_WORDS =
	/product_?key|device_?name|device_?secret|product_?secret|secure_?mode|aliyun|alibaba|iot-as-mqtt/i;

/** Asking at run time what the manifest has chosen at build time. */
const PLATFORM_TESTS = [
	/\bprocess\s*\.\s*(platform|env|arch)\b/,
	/\bconfig\s*(\.\s*|\[\s*["'])(platform|board|subplatform)\b/i,
	/\$\((SUB)?PLATFORM\)/,
];

/**
 * Who may ask a `Key` for its bytes (`copyTo`), and why. Everybody else hands the key on: to a MAC, a cipher, TLS, the
 * vault.
 */
const MAY_SHOW_KEYS: readonly (readonly [path: string, why: string])[] = [
	["modules/mqtt/", "the password of CONNECT"],
	["modules/vault/lab/plain", "the laboratory's vault, which seals nothing"],
	["tools/flash/", "linkxs flash inspect --reveal"],
	["tools/lib/crypto", "copyTo itself, under Node"],
];

function checkSecrets(path: string, text: string): string[] {
	if (!path.endsWith(".ts") || MAY_SHOW_KEYS.some(([allowed]) => path.startsWith(allowed))) return [];
	return /[.?]\s*copyTo\s*\(|["']copyTo["']/.test(text) ? ["asks a Key for its bytes: copyTo"] : [];
}

function folderOf(path: string): string {
	return path.split("/", 1)[0] ?? "";
}

/** The folder at the repository's root that an import leads to; "" for packages and Node's own modules. */
function targetOf(path: string, specifier: string, capabilities: ReadonlySet<string>): string {
	if (specifier.startsWith(".")) return folderOf(posix.join(posix.dirname(path), specifier));
	if (capabilities.has(folderOf(specifier))) return "modules";
	return specifier.startsWith("hal/") ? "hal" : "";
}

function checkModules(path: string, text: string, capabilities: ReadonlySet<string>): string[] {
	const wrong: string[] = [];
	for (const specifier of importsOf(text)) {
		const target = targetOf(path, specifier, capabilities);
		const allowed = target === "modules" || specifier.startsWith("embedded:") || HAL_FOR_MODULES.has(specifier);
		if (!allowed || (target === "hal" && specifier.startsWith("."))) wrong.push(`imports ${specifier}`);
		const [own, other] = [path.split("/")[1], posix.join(posix.dirname(path), specifier).split("/")[1]];
		if (specifier.startsWith(".") && target === "modules" && own !== other)
			wrong.push(`imports ${specifier}: another capability goes by its module name`);
	}
	if (/\bnative\s*(<[^"]*>)?\(\s*"|\bNative\(/.test(text)) wrong.push("has C of its own: native()");
	for (const test of PLATFORM_TESTS) if (test.test(text)) wrong.push(`tests the platform: ${test.source}`);
	return wrong;
}

function checkHal(path: string, text: string, capabilities: ReadonlySet<string>): string[] {
	const wrong: string[] = [];
	// A certificate is named after its subject.
	const word = path.startsWith("hal/certificates/") ? undefined : PROTOCOL_WORDS.exec(text)?.[0];
	if (word) wrong.push(`knows the platform's protocol: "${word}"`);
	if (!path.endsWith(".ts")) return wrong;
	for (const specifier of importsOf(text)) {
		const target = targetOf(path, specifier, capabilities);
		if (target === "modules" || target === "boards" || target === "tools") wrong.push(`imports ${specifier}`);
	}
	return wrong;
}

function checkTools(path: string, text: string, capabilities: ReadonlySet<string>): string[] {
	const isHal = (specifier: string) => targetOf(path, specifier, capabilities) === "hal";
	if (!importsOf(text).some(isHal)) return [];
	return keptImportsOf(path, text)
		.filter(isHal)
		.map((specifier) => `imports ${specifier}`);
}

/** boards/ is data, and at most a provider; nothing but a manifest leads there. */
function checkBoards(path: string, text: string, capabilities: ReadonlySet<string>): string[] {
	const wrong: string[] = [];
	if (folderOf(path) === "boards" && !/\.(json|csv|md)$|\/sdkconfig\/|\/provider\.ts$/.test(path))
		wrong.push("is code");
	if (!path.endsWith(".ts")) return wrong;
	for (const specifier of importsOf(text)) {
		const target = targetOf(path, specifier, capabilities);
		if (target === "boards" || /^boards?(\/|$)/.test(specifier)) wrong.push(`imports ${specifier}`);
	}
	if (folderOf(path) !== "tools" && folderOf(path) !== "modules")
		for (const test of PLATFORM_TESTS) if (test.test(text)) wrong.push(`tests the platform: ${test.source}`);
	return wrong;
}

/**
 * The four rules of the layers (DESIGN: modules/ → names of the HAL; hal/ knows no protocol; boards/ chosen by manifest;
 * tools/ never hal/), and who may get at a secret's bytes, applied to files by their paths from the repository's root.
 */
export function violations(files: ReadonlyMap<string, string>, capabilities: ReadonlySet<string>): Violation[] {
	const found: Violation[] = [];
	for (const [path, text] of files) {
		const add = (rule: Violation["rule"], messages: string[]) => {
			for (const message of messages) found.push({ path, rule, message });
		};
		const folder = folderOf(path);
		if (folder === "modules" && path.endsWith(".ts")) add("modules", checkModules(path, text, capabilities));
		if (folder === "hal") add("hal", checkHal(path, text, capabilities));
		if (folder === "tools" && path.endsWith(".ts")) add("tools", checkTools(path, text, capabilities));
		add("secrets", checkSecrets(path, text));
		if (folder !== "tools") add("boards", checkBoards(path, text, capabilities));
	}
	return found;
}
