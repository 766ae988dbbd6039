// "No secret in any output": tests note the secrets that they make, the run's output is kept (transcript-hook.mjs), and
// the two are compared when all tests have run.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { formsOf, LEAST } from "./secrets";

export { noteSecret, noteSecretsOf } from "./secret-notes.mjs";

/** Output of this process that nobody else prints, the cloud's events say. */
export function keepOutput(source: string, line: string): void {
	const folder = process.env["LINKXS_TRANSCRIPT"];
	if (folder === undefined) return;
	mkdirSync(folder, { recursive: true });
	appendFileSync(join(folder, `${source}-${process.pid}.txt`), `${line}\n`, { mode: 0o600 });
}

export interface Leak {
	/** The file in the transcript, its line, and the secret's name and form; never the secret. */
	readonly file: string;
	readonly line: number;
	readonly secret: string;
	readonly form: string;
}

interface Needle {
	readonly bytes: Buffer;
	readonly secret: string;
	readonly form: string;
}

/** The hash of LEAST bytes that move over a text: a polynomial modulo 2^32. */
const FACTOR = 0x01000193;
const LEAVING = Array.from({ length: LEAST - 1 }).reduce<number>((power) => Math.imul(power, FACTOR), 1);

function hashOf(bytes: Uint8Array): number {
	let hash = 0;
	for (let i = 0; i < LEAST; i++) hash = (Math.imul(hash, FACTOR) + (bytes[i] as number)) | 0;
	return hash;
}

/** Three pieces of a secret in every form: whoever cuts it short, or breaks it into lines, keeps one of them. */
function needlesOf(noted: string): Map<number, Needle[]> {
	const needles = new Map<number, Needle[]>();
	for (const line of new Set(noted.split("\n"))) {
		const [secret, base64] = line.split("\t");
		if (!secret || !base64) continue;
		const value = Buffer.from(base64, "base64");
		if (value.length < LEAST) continue;
		for (const { name: form, bytes: whole } of formsOf(value)) {
			const middle = (whole.length - LEAST) >> 1;
			for (const start of [0, middle, whole.length - LEAST]) {
				const bytes = whole.subarray(start, start + LEAST);
				const hash = hashOf(bytes);
				const same = needles.get(hash) ?? [];
				if (!same.some((it) => it.bytes.equals(bytes))) needles.set(hash, [...same, { bytes, secret, form }]);
			}
		}
	}
	return needles;
}

/** Colours may stand in the middle of a word. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that's what they are made of
const colours = /\x1b\[[0-9;]*m/g;

/**
 * The places of the transcript in which a noted secret is.
 *
 * @param noted what `noteSecret` wrote.
 */
export function leaksIn(folder: string, noted: string): Leak[] {
	const needles = needlesOf(noted);
	if (needles.size === 0 || !existsSync(folder)) return [];
	const maybe = new Uint8Array(1 << 20);
	for (const hash of needles.keys()) maybe[hash & 0xfffff] = 1;
	const leaks: Leak[] = [];
	for (const file of readdirSync(folder).sort()) {
		const raw = readFileSync(join(folder, file)).toString("latin1").replace(colours, "");
		leaks.push(...leaksOf(file, Buffer.from(raw, "latin1"), needles, maybe));
	}
	return leaks;
}

function leaksOf(file: string, text: Buffer, needles: Map<number, Needle[]>, maybe: Uint8Array): Leak[] {
	const leaks: Leak[] = [];
	const told = new Set<string>();
	let line = 1;
	let hash = 0;
	for (let end = 0; end < text.length; end++) {
		const byte = text[end] as number;
		if (byte === 10) line++;
		if (end >= LEAST) hash = (hash - Math.imul(text[end - LEAST] as number, LEAVING)) | 0;
		hash = (Math.imul(hash, FACTOR) + byte) | 0;
		if (maybe[hash & 0xfffff] === 0 || end < LEAST - 1) continue;
		for (const { bytes, secret, form } of needles.get(hash) ?? []) {
			const at = `${line} ${secret} ${form}`;
			if (told.has(at) || !text.subarray(end + 1 - LEAST, end + 1).equals(bytes)) continue;
			told.add(at);
			leaks.push({ file, line, secret, form });
		}
	}
	return leaks;
}
