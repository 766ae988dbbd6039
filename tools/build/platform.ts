/**
 * Which of a manifest's `platforms` holds for `platform` ("esp32/esp32c3"): the first key in the file's order that fits
 * the whole name, or else the name without its last part, and so on; at last "...".
 *
 * Keys: "esp32", "esp32/esp32c3" (exact), "esp32/*" (any part below), a star in front of the slash (any part above).
 * At most one section holds: a section for "esp32/esp32c3" is instead of that for "esp32", not on top of it.
 */
export function matchPlatform(keys: readonly string[], platform: string): string | undefined {
	const parts = platform.split("/");
	for (let count = parts.length; count > 0; count--) {
		const name = parts.slice(0, count).join("/");
		const key = keys.find((key) => fits(key, name));
		if (key !== undefined) return key;
	}
	return keys.find((key) => key === "...");
}

function fits(key: string, name: string): boolean {
	if (key.endsWith("/*")) return name.startsWith(key.slice(0, -1));
	if (key.startsWith("*/")) return name.endsWith(key.slice(1));
	return key === name;
}
