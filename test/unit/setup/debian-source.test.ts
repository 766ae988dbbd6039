// How the machine's package lists are turned into lists of sources.
import { expect, test } from "vitest";
import { sourcesOf } from "../../../tools/setup/debian-source.mjs";

test("one line a source: deb becomes deb-src, all else is dropped", () => {
	const list = [
		"# deb http://mirror.test/debian old main",
		"deb [signed-by=/k.gpg] http://mirror.test/debian bookworm main",
		"deb-src http://mirror.test/debian bookworm main",
		"  deb http://mirror.test/debian bookworm-updates main contrib",
		"",
	].join("\n");
	expect(sourcesOf(list, "sources.list")).toBe(
		[
			"deb-src [signed-by=/k.gpg] http://mirror.test/debian bookworm main",
			"deb-src http://mirror.test/debian bookworm-updates main contrib",
		].join("\n"),
	);
});

test("stanzas: Types becomes deb-src, disabled ones are dropped", () => {
	const stanza = (types: string, more = "") =>
		`Types: ${types}\nURIs: http://mirror.test/debian\nSuites: bookworm\nComponents: main${more}`;
	const text = [stanza("deb"), stanza("deb deb-src"), stanza("deb-src"), stanza("deb", "\nEnabled: no")].join("\n\n");
	expect(sourcesOf(text, "debian.sources")).toBe([stanza("deb-src"), stanza("deb-src")].join("\n\n"));
});

test("nothing of an empty list", () => {
	expect(sourcesOf("", "sources.list")).toBe("");
	expect(sourcesOf("# nothing\n\n", "debian.sources")).toBe("");
});
