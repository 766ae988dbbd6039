// What can't hold on a chip: the table of test/device/README.md, which is the only place that knows it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../tools/build/places";
import type { DeviceVariant } from "./device-target";

export interface Skip {
	/** A test file without its ending, from test/ on: `device/hal/wifi`. */
	readonly file: string;
	/** The names of its tests; undefined: all of them. */
	readonly tests: readonly string[] | undefined;
	readonly reason: string;
}

const ROW = /^\| `([^`|]+)` \| ([^|]+) \| ([^|]+) \|$/gm;

/** What this variant skips of a test file, by its path from the root. */
export function skipsOf(path: string, variant: DeviceVariant): Skip[] {
	if (!variant.startsWith("chip")) return [];
	const file = path.replace(/^test\//, "").replace(/\.ts$/, "");
	return readSkips().filter((it) => it.file === file);
}

export function readSkips(): Skip[] {
	const text = readFileSync(join(ROOT, "test", "device", "README.md"), "utf8");
	return [...text.matchAll(ROW)].map(([, file = "", tests = "", reason = ""]) => {
		const names = [...tests.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
		return { file, tests: names.length ? names : undefined, reason };
	});
}
