// PROTOCOL.md and the code say the same: numbers, names, records.
import { readFileSync } from "node:fs";
import { regions } from "link/endpoint";
import { recordNames, ruleOf } from "provisioning/catalogue";
import { commands, FRAME_MAX, GAP, PAYLOAD_MAX, PROVE_LABEL, START, statuses, tags } from "provisioning/codec";
import { SESSION_IDLE, SETTLE } from "provisioning/core";
import { storedKind } from "provisioning/replace";
import { BYTES_MAX, RECORDS_MAX } from "provisioning/staging";
import { expect, test } from "vitest";
import { root } from "../../lib/files";

const page = readFileSync(`${root}/modules/provisioning/PROTOCOL.md`, "utf8");
const section = (number: number): string => page.split(/^## /m)[number] ?? "";

/** `| 0A | `name`` in any column. */
const numbered = (text: string): Record<string, number> =>
	Object.fromEntries(
		[...text.matchAll(/\| ([0-9A-F]{2}) +\| `([\w-]+)`/g)].map(([, code = "", name]) => [
			name,
			Number.parseInt(code, 16),
		]),
	);

test("commands", () => {
	expect(numbered(section(4))).toEqual(commands);
});

test("status codes", () => {
	expect(numbered(section(5))).toEqual(Object.fromEntries(statuses.map((status, code) => [status, code])));
});

test("fields", () => {
	expect(numbered(section(6))).toEqual(tags);
});

test("records: their names, lengths, choices, and which are secrets", () => {
	const cells = [...section(7).matchAll(/\| `((?:identity|link|network)\/\w+(?:\/\w+)?)` +\| ([^|]+?) +(?=\|)/g)];
	const told = new Map(cells.map(([, name = "", value = ""]) => [name, value]));
	expect([...told.keys()].sort()).toEqual(
		[...new Set(recordNames().map((name) => name.replace(/network\/\d/, "network/N")))].sort(),
	);
	for (const [name, value] of told) {
		const rule = ruleOf(name.replace("/N/", "/8/"));
		expect(rule?.secret, name).toBe(value.startsWith("S, "));
		const choices = [...value.matchAll(/`([^`]+)`/g)].map(([, choice]) => choice);
		if (choices.length > 0) expect(rule?.choices, name).toEqual(choices);
		const [, least, most = least] = /\b(\d+)(?:–(\d+))?(?:;.*)?$/.exec(value) ?? [];
		if (choices.length === 0) expect([rule?.least, rule?.most], name).toEqual([Number(least), Number(most)]);
	}
});

test("regions: all that the link knows", () => {
	expect(ruleOf("link/region")?.choices).toEqual(regions);
});

test("kinds of identity", () => {
	for (const [, kind, needed = ""] of section(7).matchAll(
		/^\| `([\w-]+)` +\| (`(?:productKey|certificate)`[^|]*)\|/gm,
	)) {
		const names = [...needed.matchAll(/`(\w+)`/g)].map(([, name]) => `identity/${name}`);
		const stored = {
			has: (name: string) => names.includes(name),
			text: () => /`regnwl`/.exec(needed)?.[0].slice(1, -1),
		};
		expect(storedKind(stored)).toBe(kind);
	}
	expect([...section(7).matchAll(/^\| `([\w-]+)` +\| `(productKey|certificate)`/gm)].length).toBe(6);
});

test("sizes and times", () => {
	expect(page).toContain(`\`${START.toString(16).toUpperCase()}\` begins a frame`);
	expect(page).toContain(`at most ${PAYLOAD_MAX}.`);
	expect(page).toContain(`The longest frame has ${FRAME_MAX} bytes`);
	expect(page).toContain(`gets no byte for ${GAP} ms`);
	expect(page).toContain(`after ${SESSION_IDLE / 1000} s without a request`);
	expect(page).toContain(`after ${SETTLE / 1000} s of silence`);
	expect(page.replace(/\s+/g, " ")).toContain(
		`${RECORDS_MAX} records and ${BYTES_MAX.toLocaleString("en")} bytes fit into a session`,
	);
	expect(page).toContain(`\`"${PROVE_LABEL}"\``);
});
