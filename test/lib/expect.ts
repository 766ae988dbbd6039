// The face of a test on XS: the part of vitest's that tests of ours use. `import { expect, test } from "test/expect"` is
// this file on a device and expect.vitest.ts in vitest, so that one file can run on both.
import Timer from "hal/timer";
import config from "mc/config";
import { Matchers, patterns } from "./matchers";

export { AssertionError } from "./matchers";

type Body = () => void | Promise<void>;

interface Test {
	readonly name: string;
	readonly body: Body;
	readonly timeout: number;
	readonly skip: boolean;
	readonly before: readonly Body[];
	readonly after: readonly Body[];
}

/** What one test came to: one line of the device's console, behind {@link MARK}. */
export interface TestResult {
	readonly name: string;
	readonly state: "passed" | "failed" | "skipped";
	/** Milliseconds. */
	readonly ms: number;
	readonly message?: string;
	readonly stack?: string;
}

/** What begins a line that the runner reads, not a person. */
const MARK = "@test ";
/** Milliseconds, as on a machine that has little else to do; `testTimeScale` of the image's config stretches it. */
const TIMEOUT = 5_000;

interface Group {
	readonly name: string;
	readonly before: Body[];
	readonly after: Body[];
}

interface Registry {
	tests: Test[];
	groups: Group[];
}

// An object, not variables: a module that was preloaded could not change those.
const registry: Registry = { tests: [], groups: [{ name: "", before: [], after: [] }] };

/** Why tests can't hold on this device, by their names: the runner's word. */
const skips = (config["skips"] ?? {}) as Readonly<Record<string, string>>;

function add(title: string, body: Body, timeout: number, skip: boolean): void {
	const name = [...registry.groups.slice(1).map((group) => group.name), title].join(" > ");
	const reason = skips[name];
	registry.tests.push({
		name: reason === undefined ? name : `${name} (${reason})`,
		body,
		timeout,
		skip: skip || reason !== undefined,
		before: registry.groups.flatMap((group) => group.before),
		after: registry.groups.flatMap((group) => group.after).reverse(),
	});
}

/** A test; it fails by an exception, a broken promise or after `timeout` milliseconds. */
export function test(name: string, body: Body, timeout = TIMEOUT): void {
	add(name, body, timeout, false);
}

test.skip = (name: string, _body: Body): void => add(name, () => {}, 0, true);
test.skipIf = (condition: unknown) => (condition ? test.skip : test);
test.each = each;

function each<T extends unknown[] | [unknown]>(
	rows: readonly T[],
): (name: string, body: (...row: T) => void | Promise<void>, timeout?: number) => void;
function each<T>(rows: readonly T[]): (name: string, body: (row: T) => void | Promise<void>, timeout?: number) => void;
/** One test a row; a row that is an array gives the body's arguments. */
function each(rows: readonly unknown[]) {
	return (name: string, body: (...args: unknown[]) => void | Promise<void>, timeout?: number): void => {
		rows.forEach((row, index) => {
			const args = Array.isArray(row) ? (row as unknown[]) : [row];
			test(format(name, args, index), () => body(...args), timeout);
		});
	};
}

/** `%s`, `%i`, `%d`, `%j` take the row's values in turn, `%#` is its number. */
function format(name: string, args: readonly unknown[], index: number): string {
	let next = 0;
	return name.replace(/%([sdifjo#%])/g, (_, kind: string) => {
		if (kind === "%") return "%";
		if (kind === "#") return String(index);
		const value = args[next++];
		return kind === "j" || kind === "o" ? JSON.stringify(value) : String(value);
	});
}

export { test as it };

/** Tests that belong together; `beforeEach` and `afterEach` inside hold for them. */
export function describe(name: string, body: () => void): void {
	registry.groups.push({ name, before: [], after: [] });
	try {
		body();
	} finally {
		registry.groups.pop();
	}
}

/** Holds for the tests that are written after it. */
export function beforeEach(body: Body): void {
	registry.groups.at(-1)?.before.push(body);
}

export function afterEach(body: Body): void {
	registry.groups.at(-1)?.after.push(body);
}

export function expect(actual: unknown): Matchers {
	return new Matchers(actual);
}

expect.anything = patterns.anything;
expect.any = patterns.any;
expect.objectContaining = patterns.objectContaining;
expect.stringContaining = patterns.stringContaining;
expect.stringMatching = patterns.stringMatching;
expect.unreachable = (message = "should not get here"): never => {
	throw new Error(message);
};

/** Runs what was registered and tells the runner; the image's main calls it. */
export async function run(): Promise<void> {
	for (const test of registry.tests) report(await runOne(test));
	console.log(`${MARK}{"done":${registry.tests.length}}`);
}

async function runOne(test: Test): Promise<TestResult> {
	const { name } = test;
	if (test.skip) return { name, state: "skipped", ms: 0 };
	const limit = test.timeout * Number(config.testTimeScale ?? 1);
	console.log(`${MARK}{"start":${JSON.stringify(name)},"limit":${limit}}`);
	const started = Date.now();
	const ms = () => Date.now() - started;
	try {
		for (const body of test.before) await body();
		try {
			await withTimeout(test.body, limit);
		} finally {
			for (const body of test.after) await body();
		}
		return { name, state: "passed", ms: ms() };
	} catch (error) {
		const failed = { name, state: "failed", ms: ms() } as const;
		if (!(error instanceof Error)) return { ...failed, message: String(error) };
		return { ...failed, message: describeError(error), stack: error.stack ?? "" };
	}
}

function describeError(error: Error): string {
	const { code } = error as { code?: unknown };
	return `${error.name}${code === undefined ? "" : ` (${String(code)})`}: ${error.message}`;
}

function withTimeout(body: Body, timeout: number): Promise<void> {
	return new Promise((resolve, reject) => {
		const timer = Timer.set(() => reject(new Error(`not done after ${timeout} ms`)), timeout);
		const end = () => Timer.clear(timer);
		// In a promise of its own, so that what the body throws at once ends the timer too.
		(async () => body())().then(resolve, reject).finally(end);
	});
}

function report(result: TestResult): void {
	console.log(MARK + JSON.stringify(result));
}
