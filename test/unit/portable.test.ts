// hal/xs is C that isn't about Linux: the chip's port compiles the same files.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const folder = join(import.meta.dirname, "..", "..", "hal", "xs");
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.[ch]$/.test(name));

/** Headers that any C library has; time.h and sys/time.h for XS's Date. */
const standard = new Set(
	"ctype float limits math setjmp stdarg stdbool stddef stdint stdio stdlib string time sys/time".split(" "),
);

/** Text without comments, and without what only Linux compiles. */
function code(name: string): string {
	return readFileSync(join(folder, name), "utf8")
		.replace(/\/\*[\s\S]*?\*\//g, "")
		.replace(/#ifdef __linux__[\s\S]*?#endif/g, "");
}

describe.each(files)("hal/xs/%s", (name) => {
	test("includes the C library and its own folder alone", () => {
		const included = [...code(name).matchAll(/#include <([^>]+)\.h>/g)].map(([, header]) => header ?? "");
		expect(included.filter((header) => !standard.has(header))).toEqual([]);
		const own = [...code(name).matchAll(/#include "([^"]+)"/g)].map(([, header]) => header ?? "");
		const outside = own.filter((header) => !join("hal/xs", name, "..", header).startsWith("hal/xs/"));
		expect(outside).toEqual([]);
		expect(own.filter((header) => header.includes("/") && !header.startsWith("../"))).toEqual([]);
	});

	test("opens no file, starts no thread, prints nothing by itself", () => {
		expect(code(name)).not.toMatch(/(?<![.>\w])(fopen|open|socket|fork|pthread_create|printf|puts|exit|abort)\s*\(/);
	});
});
