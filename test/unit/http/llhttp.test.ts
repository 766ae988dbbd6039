// Against Node's own parser, llhttp: what we take for an answer it takes for the same one.
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { Duplex } from "node:stream";
import { describe, expect, test } from "vitest";
import { bad, good } from "./answers";
import { generator, read } from "./support";

const SEED = Number(process.env["LINKXS_SEED"] ?? 7230);

/** A connection whose server has said `answer`, in pieces, and closed it. */
class Said extends Duplex {
	readonly #pieces: Buffer[];

	constructor(answer: string, random: (below: number) => number) {
		super();
		this.#pieces = [];
		const bytes = Buffer.from(answer, "latin1");
		for (let at = 0; at < bytes.length; ) {
			const next = at + 1 + random(60);
			this.#pieces.push(bytes.subarray(at, next));
			at = next;
		}
	}
	override _read(): void {
		this.push(this.#pieces.shift() ?? null);
	}
	override _write(_chunk: unknown, _encoding: string, done: () => void): void {
		done();
	}
}

interface Heard {
	status: number;
	version: string;
	headers: IncomingMessage["headers"];
	body: string;
	complete: boolean;
}

/** What llhttp makes of an answer; undefined when it refuses it. */
function hear(answer: string, method: string, random: (below: number) => number): Promise<Heard | undefined> {
	return new Promise((resolve) => {
		const asked: ClientRequest = request({
			method,
			joinDuplicateHeaders: true,
			createConnection: () => new Said(answer, random) as never,
		});
		asked.on("error", () => resolve(undefined));
		asked.on("response", (response) => {
			const parts: Buffer[] = [];
			response.on("data", (part: Buffer) => parts.push(part));
			response.on("error", () => {});
			response.on("close", () => {
				const { statusCode = 0, httpVersion, headers, complete } = response;
				const body = Buffer.concat(parts).toString("latin1");
				resolve({ status: statusCode, version: httpVersion, headers, body, complete });
			});
		});
		asked.end();
	});
}

const WANTED = ["etag", "content-range", "x-a", "x-b", "content-length"];

/** A valid answer of any shape. */
function generate(random: (below: number) => number): string {
	const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
	const word = (most: number) => Array.from({ length: random(most) }, () => pick([..."aZ09-_.~\xe9"])).join("");
	const name = (text: string) => [...text].map((letter) => (random(2) ? letter.toUpperCase() : letter)).join("");
	const blank = () => pick(["", " ", "\t", "  \t"]);
	const version = pick(["1.1", "1.1", "1.0"]);
	const status = pick([200, 200, 206, 204, 304, 301, 404, 500]);
	const lines = [`HTTP/${version} ${status} ${word(12)}`];
	for (let i = random(8); i > 0; i -= 1) {
		const field = pick(["etag", "content-range", "x-a", "x-b", "server", "x-long"]);
		lines.push(`${name(field)}:${blank()}${word(field === "x-long" ? 500 : 40)}${blank()}`);
	}
	const none = status === 204 || status === 304;
	const body = none ? "" : Array.from({ length: random(700) }, () => String.fromCharCode(random(256))).join("");
	const interim = random(6) === 0 ? "HTTP/1.1 103 Early Hints\r\nX-A: early\r\n\r\n" : "";
	const framing = none ? 3 : random(version === "1.0" ? 2 : 3);
	if (framing === 0)
		lines.splice(
			1 + random(lines.length),
			0,
			`${name("content-length")}:${pick(["", " ", "   "])}${body.length}${pick(["", " "])}`,
		);
	if (framing !== 2) return `${interim}${lines.join("\r\n")}\r\n\r\n${body}`;
	lines.push(`${name("transfer-encoding")}: ${name("chunked")}`);
	let chunks = "";
	for (let at = 0; at < body.length; ) {
		const size = 1 + random(200);
		const chunk = body.slice(at, at + size);
		at += size;
		chunks += `${name(chunk.length.toString(16))}${pick(["", "", ";a=b", ";c"])}\r\n${chunk}\r\n`;
	}
	const trailers = random(3) === 0 ? "X-Trailer: 1\r\n" : "";
	return `${interim}${lines.join("\r\n")}\r\n\r\n${chunks}0\r\n${trailers}\r\n`;
}

test(`generated answers, LINKXS_SEED=${SEED}`, async () => {
	const random = generator(SEED);
	const count = process.env["LINKXS_ALL"] ? 20_000 : 1_000;
	for (let n = 0; n < count; n += 1) {
		const answer = generate(random);
		const ours = read(answer, { wanted: WANTED, size: 1024, ends: "clean", chunk: () => 1 + random(100) });
		const theirs = await hear(answer, "GET", random);
		const [head] = ours.heads;
		const told = {
			status: head?.status,
			version: head?.version,
			body: ours.body,
			complete: ours.end === "end",
			fields: WANTED.map((name) => head?.header(name)),
		};
		expect(
			theirs && { ...theirs, fields: WANTED.map((name) => theirs.headers[name]) },
			JSON.stringify(answer),
		).toMatchObject(told);
	}
}, 120_000);

/** What RFC 9112 allows and llhttp is stricter about. */
const REFUSED_BY_LLHTTP = [
	"a later minor version",
	"two equal lengths",
	"white space around values", // a TAB before a length
	"chunk extensions", // white space before the semicolon
	"trailers", // one named Content-Length
];

describe("the cases of reader.shared.test.ts", () => {
	const random = generator(1);
	test("good ones are taken, for the same", async () => {
		const refused: string[] = [];
		for (const [name, answer] of good) {
			const ours = read(answer, { ends: "clean" });
			const theirs = await hear(answer, "GET", random);
			if (theirs === undefined || !theirs.complete) refused.push(name);
			else expect(theirs, name).toMatchObject({ status: ours.heads[0]?.status, body: ours.body, complete: true });
		}
		expect(refused).toEqual(REFUSED_BY_LLHTTP);
	});
	test("bad ones are refused, but for an empty line first", async () => {
		const taken: string[] = [];
		for (const [name, answer] of bad) if ((await hear(answer, "GET", random))?.complete) taken.push(name);
		expect(taken).toEqual(["an empty line first"]);
	});
});
