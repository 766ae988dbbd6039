import { equal, type Pattern, show } from "./equal";

/** What a failed `expect` throws. */
export class AssertionError extends Error {
	override readonly name = "AssertionError";
}

type Class = abstract new (...args: never[]) => unknown;
/** What a thrown value is held against: part of its message, a pattern for it, its class. */
export type Thrown = string | RegExp | Class | Error;

/** The assertions that vitest has too, with its meaning, and `toThrowCode`. */
export class Matchers {
	readonly #actual: unknown;
	readonly #wanted: boolean;

	constructor(actual: unknown, wanted = true) {
		this.#actual = actual;
		this.#wanted = wanted;
	}

	get not(): Matchers {
		return new Matchers(this.#actual, !this.#wanted);
	}

	/** The same assertions on what a promise is kept with; each is a promise itself. */
	get resolves(): AsyncMatchers {
		return later(async () => new Matchers(await this.#actual, this.#wanted));
	}

	/** The same assertions on what a promise is broken with. For the `toThrow…` the reason counts as thrown. */
	get rejects(): AsyncMatchers {
		return later(async () => {
			const reason = await reasonOf(this.#actual as Promise<unknown>);
			return new Matchers(new Rejection(reason), this.#wanted);
		});
	}

	toBe(expected: unknown): void {
		this.#check(Object.is(this.#value(), expected), "to be", expected);
	}

	toEqual(expected: unknown): void {
		this.#check(equal(this.#value(), expected), "to equal", expected);
	}

	toStrictEqual(expected: unknown): void {
		this.#check(equal(this.#value(), expected, true), "to equal strictly", expected);
	}

	/** Has at least the properties of `expected`, at every depth. */
	toMatchObject(expected: object): void {
		this.#check(covers(this.#value(), expected), "to match", expected);
	}

	toBeUndefined(): void {
		this.#check(this.#value() === undefined, "to be", undefined);
	}

	toBeDefined(): void {
		this.#check(this.#value() !== undefined, "to be defined");
	}

	toBeNull(): void {
		this.#check(this.#value() === null, "to be", null);
	}

	toBeNaN(): void {
		this.#check(Number.isNaN(this.#value()), "to be", Number.NaN);
	}

	toBeTruthy(): void {
		this.#check(Boolean(this.#value()), "to be truthy");
	}

	toBeFalsy(): void {
		this.#check(!this.#value(), "to be falsy");
	}

	toBeGreaterThan(expected: number | bigint): void {
		this.#check((this.#value() as number) > expected, "to be greater than", expected);
	}

	toBeGreaterThanOrEqual(expected: number | bigint): void {
		this.#check((this.#value() as number) >= expected, "to be at least", expected);
	}

	toBeLessThan(expected: number | bigint): void {
		this.#check((this.#value() as number) < expected, "to be less than", expected);
	}

	toBeLessThanOrEqual(expected: number | bigint): void {
		this.#check((this.#value() as number) <= expected, "to be at most", expected);
	}

	/** Differs by less than half a unit of the given decimal. */
	toBeCloseTo(expected: number, digits = 2): void {
		const difference = Math.abs((this.#value() as number) - expected);
		this.#check(difference < 10 ** -digits / 2, "to be close to", expected);
	}

	toBeInstanceOf(expected: Class): void {
		this.#check(this.#value() instanceof expected, "to be an instance of", expected);
	}

	toBeTypeOf(
		expected: "bigint" | "boolean" | "function" | "number" | "object" | "string" | "symbol" | "undefined",
	): void {
		this.#check(typeof this.#value() === expected, "to be of type", expected);
	}

	toHaveLength(expected: number): void {
		this.#check((this.#value() as ArrayLike<unknown>).length === expected, "to have length", expected);
	}

	toHaveProperty(name: PropertyKey, ...value: [] | [unknown]): void {
		const object = this.#value() as Record<PropertyKey, unknown>;
		const fits = name in object && (value.length === 0 || equal(object[name], value[0]));
		this.#check(fits, `to have ${String(name)}`, ...value);
	}

	/** A part of a string, or an element of a list by identity. */
	toContain(expected: unknown): void {
		const value = this.#value();
		const found =
			typeof value === "string"
				? value.includes(String(expected))
				: [...(value as Iterable<unknown>)].includes(expected);
		this.#check(found, "to contain", expected);
	}

	/** An element of a list by equality. */
	toContainEqual(expected: unknown): void {
		const found = [...(this.#value() as Iterable<unknown>)].some((item) => equal(item, expected));
		this.#check(found, "to contain", expected);
	}

	toMatch(expected: RegExp | string): void {
		const value = String(this.#value());
		this.#check(typeof expected === "string" ? value.includes(expected) : expected.test(value), "to match", expected);
	}

	toThrow(expected?: Thrown): void {
		const thrown = this.#thrown();
		this.#check(thrown !== undefined && isThrown(thrown.value, expected), "to throw", expected, thrown?.value);
	}

	/** Throws an error with this `code`: how every module of ours names its errors. */
	toThrowCode(expected: string): void {
		const thrown = this.#thrown();
		const code = (thrown?.value as { code?: unknown } | undefined)?.code;
		this.#check(code === expected, "to throw an error with code", expected, thrown?.value);
	}

	#value(): unknown {
		return this.#actual instanceof Rejection ? this.#actual.reason : this.#actual;
	}

	#thrown(): { value: unknown } | undefined {
		if (this.#actual instanceof Rejection) return { value: this.#actual.reason };
		try {
			(this.#actual as () => unknown)();
		} catch (value) {
			return { value };
		}
		return undefined;
	}

	#check(holds: boolean, relation: string, ...[expected, thrown]: unknown[]): void {
		if (holds === this.#wanted) return;
		const not = this.#wanted ? "" : "not ";
		const seen = thrown === undefined ? show(this.#value()) : `${show(thrown)}, thrown,`;
		throw new AssertionError(
			`expected ${seen} ${not}${relation}${expected === undefined && !relation.endsWith(" be") ? "" : ` ${show(expected)}`}`,
		);
	}
}

/** The value of a promise that was broken, told apart from a function that throws. */
class Rejection {
	readonly reason: unknown;

	constructor(reason: unknown) {
		this.reason = reason;
	}
}

type Assertion = Exclude<keyof Matchers, "not" | "resolves" | "rejects">;
export type AsyncMatchers = { readonly [Name in Assertion]: (...args: Parameters<Matchers[Name]>) => Promise<void> } & {
	readonly not: AsyncMatchers;
};

function later(matchers: () => Promise<Matchers>): AsyncMatchers {
	return new Proxy({} as AsyncMatchers, {
		get(_, name) {
			if (name === "not") return later(async () => (await matchers()).not);
			return async (...args: unknown[]) => {
				const target = (await matchers()) as unknown as Record<PropertyKey, (...args: unknown[]) => void>;
				target[name]?.(...args);
			};
		},
	});
}

async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
	let value: unknown;
	try {
		value = await promise;
	} catch (reason) {
		return reason;
	}
	throw new AssertionError(`expected a promise to be broken, it was kept with ${show(value)}`);
}

function isThrown(value: unknown, expected: Thrown | undefined): boolean {
	if (expected === undefined) return true;
	const message = value instanceof Error ? value.message : String(value);
	if (typeof expected === "string") return message.includes(expected);
	if (expected instanceof RegExp) return expected.test(message);
	if (expected instanceof Error) return message === expected.message;
	return value instanceof expected;
}

function covers(actual: unknown, expected: unknown): boolean {
	if (isPlain(expected) && typeof actual === "object" && actual !== null)
		return Object.entries(expected).every(([key, value]) => covers((actual as Record<string, unknown>)[key], value));
	if (Array.isArray(expected) && Array.isArray(actual))
		return actual.length === expected.length && expected.every((value, index) => covers(actual[index], value));
	return equal(actual, expected);
}

function isPlain(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

const pattern = (text: string, fits: (actual: unknown) => boolean): Pattern => ({
	isPattern: true,
	fits,
	toString: () => text,
});

/** Stand-ins for parts of an expected value. */
export const patterns = {
	/** Anything but null and undefined. */
	anything: (): unknown => pattern("anything", (actual) => actual !== undefined && actual !== null),
	/** A value of this class; for the primitives their wrapper's class. */
	any: (expected: Class): unknown =>
		pattern(`any ${expected.name}`, (actual) => Object(actual) instanceof expected || actual instanceof expected),
	objectContaining: (expected: object): unknown =>
		pattern(`an object with ${show(expected)}`, (actual) => covers(actual, expected)),
	stringContaining: (expected: string): unknown =>
		pattern(`a string with ${show(expected)}`, (actual) => typeof actual === "string" && actual.includes(expected)),
	stringMatching: (expected: RegExp): unknown =>
		pattern(`a string like ${expected}`, (actual) => typeof actual === "string" && expected.test(actual)),
};
