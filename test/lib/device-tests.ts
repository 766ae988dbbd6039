// Finds the tests that run on a device, and runs one file of them: an image of its own, a machine of its own.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { buildImage } from "../../tools/build/build";
import type { Compiler } from "../../tools/build/compiler";
import { ROOT } from "../../tools/build/places";
import { type Skip, skipsOf } from "./device-skips";
import { type Device, type DeviceOptions, type DeviceTarget, type Installed, serialPort } from "./device-target";
import type { TestResult } from "./expect";
import { runImage } from "./run-image";

/** What a `<name>.host.ts` beside a device test exports: a server, say, that the test talks to. */
export interface DeviceTestHost {
	/** `config` lands in the image's `mc/config`; `device` is what the device is run with beside the usual. */
	start(): Promise<{
		config: Record<string, unknown>;
		device?: DeviceOptions;
		/** Told of the device once it runs; `serialPort` gives the TCP port that its second UART is at. */
		attach?(device: Device, serialPort: () => Promise<number>): void;
		stop(): Promise<void> | void;
	}>;
}

const OUT = join(ROOT, "build", "device-tests");
const MARK = "@test ";

/**
 * The device tests: every module of test/device that imports "test/expect" and exports nothing (what exports is there for
 * others to import), and the files that run on both worlds, test/unit/∗∗/∗.shared.test.ts. Paths from the root, sorted.
 */
export function findDeviceTests(): string[] {
	const device = listFiles("test/device").filter(
		(path) => path.endsWith(".ts") && !/\.(host|test|d)\.ts$/.test(path) && isTest(path),
	);
	return [...device, ...listFiles("test/unit").filter((path) => path.endsWith(".shared.test.ts"))];
}

function isTest(path: string): boolean {
	const text = readFileSync(join(ROOT, path), "utf8");
	return /from "test\/expect";$/m.test(text) && !/^export\b/m.test(text);
}

function listFiles(folder: string): string[] {
	if (!existsSync(join(ROOT, folder))) return [];
	return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
		.sort();
}

/** Runs one file; a failure of the whole (it does not build, the device dies) is a failed test named "(the file)". */
export async function runDeviceTest(path: string, target: DeviceTarget, compiler: Compiler): Promise<TestResult[]> {
	const started = Date.now();
	const skips = skipsOf(path, target.variant);
	const whole = skips.find(({ tests }) => tests === undefined);
	if (whole) return [{ name: `(the file: ${whole.reason})`, state: "skipped", ms: 0 }];
	// Of its own: two runs of the tests may be under way at once.
	mkdirSync(OUT, { recursive: true });
	const folder = mkdtempSync(join(OUT, `${target.variant}-`));
	try {
		const host = await startHost(path);
		try {
			const device = await build(path, folder, target, compiler, { ...host?.config, skips: skipped(skips) });
			const attach = (it: Device) => host?.attach?.(it, () => serialPort(it));
			return await collect(device, path, target, host?.device ?? {}, attach);
		} finally {
			await host?.stop();
		}
	} catch (error) {
		const { message, detail } = error as { message: string; detail?: string };
		return [failure(detail ? `${message}\n${detail}` : message, Date.now() - started)];
	} finally {
		rmSync(folder, { recursive: true });
	}
}

function skipped(skips: readonly Skip[]): Record<string, string> {
	return Object.fromEntries(skips.flatMap(({ tests = [], reason }) => tests.map((name) => [name, reason])));
}

function failure(message: string, ms: number): TestResult {
	return { name: "(the file)", state: "failed", ms, message };
}

async function startHost(path: string) {
	const file = join(ROOT, path.replace(/\.ts$/, ".host.ts"));
	if (!existsSync(file)) return undefined;
	const { start } = (await import(pathToFileURL(file).href)) as DeviceTestHost;
	return start();
}

async function build(
	path: string,
	folder: string,
	target: DeviceTarget,
	compiler: Compiler,
	config: Record<string, unknown>,
): Promise<Installed> {
	const main = join(folder, "main.ts");
	const name = path.replace(/\.ts$/, "");
	writeFileSync(main, `import { run } from "test/expect";\nimport ${JSON.stringify(name)};\n\nrun();\n`);
	const { image } = await buildImage({
		...target.build,
		manifest: writeManifest(path, join(folder, "manifest.json"), target),
		main: "test/main",
		modules: { ...testModules(), "test/main": main },
		reachableOnly: true,
		check: false, // `npm run typecheck` has seen all of them at once.
		config: seenFromDevice({ testTimeScale: target.slower, peer: LOOPBACK, ...config }, target),
		compiler,
		out: join(folder, "image"),
	});
	return target.install(image, folder);
}

const LOOPBACK = "127.0.0.1";

/** What hosts say of themselves, and `peer` for those who say only their port: this computer's loopback, as the device has it. */
function seenFromDevice(config: Record<string, unknown>, { peer }: DeviceTarget): Record<string, unknown> {
	return JSON.parse(JSON.stringify(config).replaceAll(LOOPBACK, peer)) as Record<string, unknown>;
}

/** Everything that the product has, every capability, and what the test itself adds: `<name>.manifest.json`. */
function writeManifest(path: string, to: string, target: DeviceTarget): string {
	const own = join(ROOT, path.replace(/\.ts$/, ".manifest.json"));
	const modules = join(ROOT, "modules");
	const include = [
		join(ROOT, "hal", "manifest.json"),
		...readdirSync(modules).map((name) => join(modules, name, "manifest.json")),
		own,
	].filter((file) => existsSync(file));
	const creation = existsSync(own) ? readOwn(own, target) : undefined;
	writeFileSync(to, JSON.stringify({ include, creation: creation ?? target.creation(path) }));
	return to;
}

/** A test that is about memory says so in its own manifest, for all or for one platform. */
function readOwn(own: string, { build }: DeviceTarget): object | undefined {
	type Part = { creation?: object };
	const manifest = JSON.parse(readFileSync(own, "utf8")) as Part & { platforms?: Record<string, Part> };
	const platform = build.board === "sim" ? "sim" : "chip";
	return manifest.platforms?.[platform]?.creation ?? manifest.creation;
}

/** test/lib/x.ts is the module test/x, as tsconfig.json has it; tests and their helpers have their path as their name. */
function testModules(): Record<string, string> {
	const result: Record<string, string> = {};
	for (const path of listFiles("test/lib"))
		if (path.endsWith(".ts")) result[path.replace(/^test\/lib\//, "test/").slice(0, -3)] = path;
	for (const path of [...listFiles("test/device"), ...listFiles("test/unit")])
		if (path.endsWith(".ts")) result[path.slice(0, -3)] = path;
	for (const [name, path] of Object.entries(result)) result[name] = join(ROOT, path);
	return result;
}

/** A test may reset the device to see what it is like after it, but not for ever. */
const RESETS_IN_A_TEST = 3;

async function collect(
	device: Installed,
	path: string,
	target: DeviceTarget,
	options: DeviceOptions,
	onStart: (device: Device) => void,
): Promise<TestResult[]> {
	const started = Date.now();
	const results = new Map<string, TestResult>();
	const starts = new Map<string, number>();
	let running: string | undefined;
	let limit = 0;
	const end = await runImage({ device, target, options, onStart, limit: () => limit }, (line) => {
		if (!line.startsWith(MARK)) return "go on";
		const told = JSON.parse(line.slice(MARK.length)) as Partial<TestResult> & {
			start?: string;
			limit?: number;
			done?: number;
		};
		if (told.done !== undefined) return "done";
		if (told.start !== undefined) {
			// After a reset everything is run once more; only what was under way is counted.
			const count = (starts.get(told.start) ?? 0) + (results.has(told.start) ? 0 : 1);
			starts.set(told.start, count);
			running = told.start;
			limit = told.limit ?? 0;
			if (count > RESETS_IN_A_TEST + 1) return "give up";
		} else if (told.name !== undefined) {
			results.set(told.name, told as TestResult);
			running = undefined;
		}
		return "go on";
	});
	if (end.reason !== undefined) {
		const message = `${path}: ${end.reason}\n${end.tail}`;
		const failed = failure(message, Date.now() - started);
		results.set(running ?? failed.name, running ? { ...failed, name: running } : failed);
	}
	return [...results.values()];
}
