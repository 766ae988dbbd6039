import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { BuildResult } from "../../../tools/build/build";
import type { BuildError } from "../../../tools/build/error";
import { buildCompiler } from "../../../tools/build/native";
import { type Watch, watchImage } from "../../../tools/build/watch";

type Event = { built: BuildResult; saved: number } | { failed: BuildError } | { checked: BuildError | undefined };

let folder = "";
let watch: Watch | undefined;
const events: Event[] = [];
let wake = () => {};

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

/** The next event; the test's own time-out ends the wait. */
async function next(): Promise<Event> {
	while (!events.length)
		await new Promise<void>((resolve) => {
			wake = resolve;
		});
	return events.shift() ?? expect.unreachable();
}

const push = (event: Event) => {
	events.push(event);
	wake();
};

async function start(check = false): Promise<Watch> {
	watch = await watchImage(
		{ manifest: folder, out: join(folder, "out", "image"), check, natives: [] },
		{
			onBuilt: (built, saved) => push({ built, saved }),
			onFailed: (failed) => push({ failed }),
			onChecked: (checked) => push({ checked }),
		},
	);
	return watch;
}

beforeAll(async () => {
	await buildCompiler();
});

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "linkxs-watch-"));
	events.length = 0;
	write("manifest.json", JSON.stringify({ modules: { "*": ["./*"] } }));
	write("main.ts", 'trace("one\\n");\n');
});

afterEach(() => {
	watch?.close();
	watch = undefined;
	rmSync(folder, { recursive: true });
});

describe("a watch", () => {
	test("builds first, then at every change, in a moment", async () => {
		const { result } = await start();
		const before = readFileSync(result.image);
		write("main.ts", 'trace("two\\n");\n');
		const event = await next();
		if (!("built" in event)) return expect.unreachable(JSON.stringify(event));
		expect(readFileSync(event.built.image).equals(before)).toBe(false);
		expect(event.built.milliseconds).toBeLessThan(500);
	});

	test("sees a new file, and one that comes instead of another", async () => {
		await start();
		write("more.ts", "export const x = 1;\n");
		const event = await next();
		expect("built" in event && event.built.modules.map(({ name }) => name)).toEqual(["main", "more", "mc/config"]);
	});

	test("keeps the last image when a change does not compile, and goes on", async () => {
		await start();
		write("main.ts", "const = 1;\n");
		const event = await next();
		expect("failed" in event && event.failed.code).toBe("syntax");
		write("main.ts", 'trace("three\\n");\n');
		expect("built" in (await next())).toBe(true);
	});

	test("goes on when a file can't be read, as in the middle of an editor's saving", async () => {
		await start();
		symlinkSync(join(folder, "nowhere.ts"), join(folder, "gone.ts"));
		const event = await next();
		if (!("failed" in event)) expect.unreachable();
		expect(event.failed.code).toBe("module");
		expect(event.failed.message).toMatch(/ENOENT.*gone\.ts/);
		rmSync(join(folder, "gone.ts"));
		write("main.ts", 'trace("five\\n");\n');
		expect("built" in (await next())).toBe(true);
	});

	test("says nothing when nothing changed", async () => {
		await start();
		write("main.ts", 'trace("one\\n");\n');
		write("README.md", "not of the program");
		write("main.ts", 'trace("four\\n");\n');
		expect("built" in (await next())).toBe(true);
		expect(events).toEqual([]);
	});

	test("checks types beside the program that runs already", async () => {
		await start(true);
		write("main.ts", "const a: string = 5;\ntrace(a);\n");
		expect("built" in (await next())).toBe(true);
		const event = await next();
		expect("checked" in event && event.checked?.detail).toMatch(/main\.ts:1: TS2322 /);
	});
});
