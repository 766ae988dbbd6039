// Deep equality and how a value is shown, for the assertions on XS. Plain ES2022; both hosts can run it.

/** A stand-in inside an expected value that decides for itself. */
export interface Pattern {
	readonly isPattern: true;
	fits(actual: unknown): boolean;
	toString(): string;
}

function isPattern(value: unknown): value is Pattern {
	return typeof value === "object" && value !== null && (value as { isPattern?: unknown }).isPattern === true;
}

/**
 * As vitest's `toEqual`: same shape and values; a property that is undefined is as good as none. `strict` tells them
 * apart, and classes too.
 */
export function equal(actual: unknown, expected: unknown, strict = false, seen: unknown[] = []): boolean {
	if (isPattern(expected)) return expected.fits(actual);
	if (Object.is(actual, expected)) return true;
	if (typeof actual !== "object" || typeof expected !== "object" || actual === null || expected === null) return false;
	if (seen.includes(actual)) return true; // a cycle: what lies on it is compared where it was met first
	if (tag(actual) !== tag(expected)) return false;
	if (strict && Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) return false;
	const deeper = [...seen, actual];
	const same = (a: unknown, b: unknown) => equal(a, b, strict, deeper);

	if (actual instanceof ArrayBuffer && expected instanceof ArrayBuffer)
		return sameBytes(new Uint8Array(actual), new Uint8Array(expected));
	if (actual instanceof DataView || expected instanceof DataView) return false;
	if (ArrayBuffer.isView(actual) && ArrayBuffer.isView(expected))
		return sameElements(actual as unknown as ArrayLike<unknown>, expected as unknown as ArrayLike<unknown>);
	if (actual instanceof Date && expected instanceof Date) return Object.is(actual.getTime(), expected.getTime());
	if (actual instanceof RegExp) return String(actual) === String(expected);
	if (actual instanceof Error && expected instanceof Error)
		return actual.name === expected.name && actual.message === expected.message;
	if (actual instanceof Map && expected instanceof Map)
		return (
			actual.size === expected.size &&
			[...actual].every(([key, value]) => expected.has(key) && same(value, expected.get(key)))
		);
	if (actual instanceof Set && expected instanceof Set)
		return (
			actual.size === expected.size &&
			[...actual].every((value) => expected.has(value) || [...expected].some((other) => same(value, other)))
		);
	if (Array.isArray(actual) && Array.isArray(expected) && actual.length !== expected.length) return false;
	return sameProperties(actual, expected, strict, same);
}

function sameProperties(
	actual: object,
	expected: object,
	strict: boolean,
	same: (a: unknown, b: unknown) => boolean,
): boolean {
	const a = actual as Record<PropertyKey, unknown>;
	const b = expected as Record<PropertyKey, unknown>;
	const keys = (object: Record<PropertyKey, unknown>) =>
		Reflect.ownKeys(object).filter(
			(key) => Object.prototype.propertyIsEnumerable.call(object, key) && (strict || object[key] !== undefined),
		);
	const names = keys(a);
	return names.length === keys(b).length && names.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
	return sameElements(a, b);
}

function sameElements(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
	if (a.length !== b.length) return false;
	for (let index = 0; index < a.length; index++) if (!Object.is(a[index], b[index])) return false;
	return true;
}

function tag(value: object): string {
	return Object.prototype.toString.call(value);
}

/** Longest text that a value is shown as, in characters. */
const LONGEST = 400;

/** A value in one line, for a message. */
export function show(value: unknown): string {
	const text = showAll(value, []);
	return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function showAll(value: unknown, above: unknown[]): string {
	if (typeof value === "string") return JSON.stringify(value);
	if (typeof value === "bigint") return `${value}n`;
	if (typeof value === "function") return `function ${value.name}`;
	if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
	if (isPattern(value)) return String(value);
	if (above.includes(value)) return "(above)";
	const deeper = [...above, value];
	if (value instanceof Error) {
		const { code } = value as { code?: unknown };
		return `${value.name}${code === undefined ? "" : ` ${String(code)}`}: ${value.message}`;
	}
	if (value instanceof ArrayBuffer) return `ArrayBuffer ${hex(new Uint8Array(value))}`;
	if (value instanceof Uint8Array) return `Uint8Array ${hex(value)}`;
	if (value instanceof Map) return `Map ${showAll([...value], deeper)}`;
	if (value instanceof Set) return `Set ${showAll([...value], deeper)}`;
	if (Array.isArray(value)) return `[${value.map((item) => showAll(item, deeper)).join(", ")}]`;
	const fields = Object.entries(value).map(([key, item]) => `${key}: ${showAll(item, deeper)}`);
	return `{${fields.join(", ")}}`;
}

function hex(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes.subarray(0, LONGEST)) text += byte.toString(16).padStart(2, "0");
	return `(${bytes.length}) ${text}`;
}
