// Answers spoilt at random: whatever comes, the reader ends in one of its codes, and how the bytes were cut is all the same.
import { bad, good } from "./answers";
import { generator, latin1, type Notes, read, summary } from "./support";

const CODES = [
	undefined,
	"end",
	"status-line",
	"version",
	"header",
	"header-too-long",
	"encoding",
	"length",
	"chunk",
	"body-too-long",
];
/** What HTTP's syntax is made of, and what breaks it. */
const PIECES = [
	"\r\n",
	"\r",
	"\n",
	"\0",
	" ",
	"\t",
	":",
	";",
	",",
	"0",
	"5",
	"f",
	"-",
	"\xff",
	"\r\n\r\n",
	"Content-Length: 3\r\n",
	"Transfer-Encoding: chunked\r\n",
	"Connection: close\r\n",
	"HTTP/1.1 200 OK\r\n",
	"HTTP/1.1 100 Continue\r\n\r\n",
	"0\r\n\r\n",
	"ffffffff",
	"x".repeat(300),
];

/** Reads `count` spoilt answers. @returns what is wrong with the reader, or how many answers ended in each way. */
export function fuzz(seed: number, count: number): Record<string, number> {
	const random = generator(seed);
	const answers = [...good.map(([, answer]) => answer), ...bad.map(([, answer]) => answer)].filter(
		({ length }) => length < 2000,
	);
	const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
	const ends: Record<string, number> = {};
	for (let n = 0; n < count; n += 1) {
		let text = pick(answers);
		for (let i = random(4); i >= 0; i -= 1) text = spoil(text, random, pick(PIECES), pick(answers));
		const bytes = latin1(text);
		const limit = random(3) === 0 ? random(20) : 1000;
		const wanted = random(2) === 0 ? [] : ["x", "content-length"];
		const options = { limit, wanted, head: random(8) === 0, header: 512 + random(8) * 100 };
		const whole = read(bytes, options);
		check(whole, limit, text);
		const pieces = read(bytes, { ...options, chunk: () => 1 + random(40) });
		const told = (notes: Notes) =>
			summary(notes) + (notes.heads[0] && wanted.map((name) => notes.heads[0]?.header(name)));
		if (told(pieces) !== told(whole))
			throw new Error(`in pieces ${told(pieces)}, whole ${told(whole)}: ${JSON.stringify(text)}`);
		ends[whole.end ?? "more"] = (ends[whole.end ?? "more"] ?? 0) + 1;
	}
	return ends;
}

function spoil(text: string, random: (below: number) => number, piece: string, other: string): string {
	// Mostly behind the status line: else nothing else would be seen.
	const at = Math.min(text.length, (random(6) === 0 ? 0 : 17) + random(text.length + 1));
	switch (random(6)) {
		case 0:
			return text.slice(0, at);
		case 1:
			return text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at + 1);
		case 2:
			return text.slice(0, at) + text.slice(at + 1 + random(4));
		case 3:
			return text.slice(0, at) + other.slice(random(other.length));
		default:
			return text.slice(0, at) + piece + text.slice(at);
	}
}

function check({ end, body, heads, reader }: ReturnType<typeof read>, limit: number, text: string): void {
	const fail = (what: string) => {
		throw new Error(`${what}: ${JSON.stringify(text)}`);
	};
	if (!CODES.includes(end)) fail(`ended with ${end}`);
	if (body.length > limit) fail(`${body.length} bytes of at most ${limit}`);
	if (heads.length > 1 || (end === "end" && heads.length !== 1)) fail(`${heads.length} heads`);
	if (end !== "end" && reader.reusable) fail("reusable");
}
