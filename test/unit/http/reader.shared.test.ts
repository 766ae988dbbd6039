import { BUFFER_MIN, Reader } from "http/reader";
import { describe, expect, test } from "test/expect";
import { bad, good } from "./answers";
import { ANY, latin1, Notes, read, summary, textOf } from "./support";

describe("an answer", () => {
	for (const [name, answer, heads, body] of good) {
		test(name, () => {
			const got = read(answer, { ends: "clean" });
			expect(summary(got)).toBe(JSON.stringify([[heads], body, "end"]));
		});
	}
});

describe("a typed error for", () => {
	for (const [name, answer, code] of bad) {
		test(name, () => {
			expect(read(answer).end).toBe(code);
			expect(read(answer, { chunk: 1 }).end).toBe(code);
		});
	}
});

test("split at any byte it is the same", () => {
	for (const [name, answer] of good) {
		const whole = summary(read(answer, { ends: "clean" }));
		for (let at = 1; at < answer.length; at += answer.length > 400 ? 7 : 1) {
			let first = true;
			const chunk = (left: number) => {
				const size = first ? at : left;
				first = false;
				return size;
			};
			expect([name, at, summary(read(answer, { chunk, ends: "clean" }))]).toEqual([name, at, whole]);
		}
	}
}, 60_000);

test("in pieces of any size it is the same", () => {
	for (const [name, answer] of good) {
		const whole = summary(read(answer, { ends: "clean" }));
		for (const chunk of [1, 2, 3, 5, 7, 64, 255, 256]) {
			expect([name, chunk, summary(read(answer, { chunk, ends: "clean" }))]).toEqual([name, chunk, whole]);
			expect(summary(read(answer, { chunk, size: 1024, ends: "clean" }))).toBe(whole);
		}
	}
}, 60_000);

test("cut at any byte it's never taken for whole", () => {
	for (const [name, answer] of good) {
		const clean = read(answer).end !== "end"; // only the stream's end ends it
		const head = answer.lastIndexOf("\r\n\r\n") + 4;
		for (let length = 0; length < answer.length; length += 1) {
			const part = answer.slice(0, length);
			expect([name, length, read(part, { ends: "cut" }).end]).toEqual([name, length, "truncated"]);
			const end = clean && length >= head ? "end" : "truncated";
			expect([name, length, read(part, { ends: "clean" }).end]).toEqual([name, length, end]);
		}
		if (clean) expect(read(answer, { ends: "cut" }).end).toBe("truncated");
	}
}, 60_000);

describe("bodies that aren't there", () => {
	test("HEAD has none, whatever its header says", () => {
		for (const line of ["Content-Length: 5", "Transfer-Encoding: chunked", "X: y"]) {
			const got = read(`HTTP/1.1 200 OK\r\n${line}\r\n\r\n`, { head: true });
			expect([got.end, got.body, got.reader.reusable]).toEqual(["end", "", true]);
		}
		expect(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", { head: true, limit: 0 }).heads[0]?.length).toBe(5);
	});
	test("204 and 304 have none either", () => {
		for (const status of [204, 304]) {
			for (const line of ["Content-Length: 5", "Transfer-Encoding: chunked"])
				expect(read(`HTTP/1.1 ${status} x\r\n${line}\r\n\r\n`).end).toBe("end");
		}
	});
});

describe("wanted fields", () => {
	const answer = [
		"HTTP/1.1 206 Partial Content",
		'ETag: "a-1"',
		"Set-Cookie: one",
		"Content-Range: bytes 0-4/10",
		"set-cookie: two",
		"X-Latin: d\xe9j\xe0",
		"Empty:",
		"Content-Length: 5",
		"Connection: keep-alive, x-test",
		"",
		"hello",
	].join("\r\n");
	const wanted = ["etag", "set-cookie", "content-range", "x-latin", "empty", "missing", "content-length", "connection"];

	test("are kept, in the order of their lines", () => {
		const [response] = read(answer, { wanted, chunk: 3 }).heads;
		expect(wanted.map((name) => response?.header(name))).toEqual([
			'"a-1"',
			"one, two",
			"bytes 0-4/10",
			"d\xe9j\xe0",
			"",
			undefined,
			"5",
			"keep-alive, x-test",
		]);
		expect(response?.header("ETag")).toBe('"a-1"');
	});
	test("others are not", () => {
		const [response] = read(answer, { wanted: ["etag"] }).heads;
		expect(() => response?.header("set-cookie")).toThrow(RangeError);
	});
	test("of an interim answer are forgotten", () => {
		const early = `HTTP/1.1 103 Early Hints\r\nETag: early\r\nConnection: close\r\n\r\n${answer}`;
		const got = read(early, { wanted: ["etag"] });
		expect(got.heads[0]?.header("etag")).toBe('"a-1"');
		expect(got.reader.reusable).toBe(true);
	});
	test("must fit the buffer", () => {
		const long = `HTTP/1.1 200 OK\r\nX: ${"x".repeat(300)}\r\nContent-Length: 0\r\n\r\n`;
		expect(read(long, { wanted: ["x"] }).end).toBe("header-too-long");
		expect(read(long, { wanted: ["y", "xx"] }).end).toBe("end");
		expect(read(long, { wanted: ["x"], size: 512 }).heads[0]?.header("x")?.length).toBe(300);
	});
	test("a line as long as the buffer fits, one byte more doesn't", () => {
		const line = (length: number) => `X: ${"x".repeat(length - 5)}\r\n`;
		const answer = (length: number) => `HTTP/1.1 200 OK\r\n${line(length)}Content-Length: 0\r\n\r\n`;
		for (const chunk of [1, 256]) {
			expect(read(answer(256), { wanted: ["x"], chunk }).end).toBe("end");
			expect(read(answer(257), { wanted: ["x"], chunk }).end).toBe("header-too-long");
			expect(read(answer(257), { chunk }).end).toBe("end");
		}
	});
});

describe("limits", () => {
	test("of the header count status line, interim answers and trailers", () => {
		const answer = (pad: number) => `HTTP/1.1 200 OK\r\nX: ${"x".repeat(pad)}\r\nContent-Length: 0\r\n\r\n`;
		const spare = 1000 - answer(0).length;
		for (const chunk of [1, 7, 256]) {
			expect(read(answer(spare), { header: 1000, chunk }).end).toBe("end");
			expect(read(answer(spare + 1), { header: 1000, chunk }).end).toBe("header-too-long");
		}
		const trailers = (pad: number) =>
			`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ${"x".repeat(pad)}\r\n\r\n`;
		const room = 1000 - trailers(0).length + 3;
		for (const chunk of [1, 7, 256]) {
			expect(read(trailers(room), { header: 1000, chunk }).end).toBe("end");
			expect(read(trailers(room + 1), { header: 1000, chunk }).end).toBe("header-too-long");
		}
	});
	test("of the body: what is within it comes, then the error", () => {
		const until = read("HTTP/1.1 200 OK\r\n\r\nhello", { limit: 4, chunk: 3 });
		expect([until.body, until.end]).toEqual(["hell", "body-too-long"]);
		expect(read("HTTP/1.1 200 OK\r\n\r\nhell", { limit: 4, ends: "clean" }).end).toBe("end");
		const length = read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", { limit: 4 });
		expect([length.heads.length, length.body, length.end]).toEqual([1, "", "body-too-long"]);
		const chunks = read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n", { limit: 4 });
		expect([chunks.body, chunks.end]).toEqual(["he", "body-too-long"]);
	});
	test("of the buffer and of the header have their own", () => {
		expect(() => new Reader(new Notes(), BUFFER_MIN - 1, 8192)).toThrow(RangeError);
		expect(() => new Reader(new Notes(), BUFFER_MIN, 127)).toThrow(RangeError);
		expect(() => new Reader(new Notes(), Number.NaN, 8192)).toThrow(RangeError);
	});
});

describe("whether another answer may follow", () => {
	const reusable = (head: string, rest = "") => read(`${head}\r\n\r\n${rest}`, { ends: "clean" }).reader.reusable;
	test("HTTP/1.1: unless it says close", () => {
		expect(reusable("HTTP/1.1 200 OK\r\nContent-Length: 0")).toBe(true);
		expect(reusable("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close")).toBe(false);
		expect(reusable("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x,\tclose")).toBe(false);
		expect(reusable("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: closed")).toBe(true);
	});
	test("HTTP/1.0: only if it says keep-alive", () => {
		expect(reusable("HTTP/1.0 200 OK\r\nContent-Length: 0")).toBe(false);
		expect(reusable("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive")).toBe(true);
		expect(reusable("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\nConnection: close")).toBe(false);
	});
	test("not behind a body that the stream's end ended, nor before more bytes", () => {
		expect(reusable("HTTP/1.1 200 OK", "hello")).toBe(false);
		expect(reusable("HTTP/1.1 200 OK\r\nContent-Length: 2", "hello")).toBe(false);
		expect(reusable("HTTP/1.1 200 OK\r\nContent-Length: 5", "hell")).toBe(false);
	});
});

describe("a pause", () => {
	const answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";

	test("holds everything back; the piece stays as it is until it ends", () => {
		const pieces: string[] = [];
		let held: Uint8Array | undefined;
		const notes = new Notes();
		const reader = new Reader(notes, 256, 8192);
		notes.onData = (data) => {
			pieces.push(textOf(data));
			held = data;
			reader.paused = true;
		};
		reader.begin(ANY);
		const bytes = latin1(answer);
		reader.space(bytes.byteLength).set(bytes);
		expect(reader.filled(bytes.byteLength)).toBeUndefined();
		expect([pieces, notes.end]).toEqual([["he"], undefined]);
		expect(textOf(held as Uint8Array)).toBe("he");
		reader.paused = false;
		expect(reader.resume()).toBeUndefined();
		expect([pieces, notes.end]).toEqual([["he", "llo"], undefined]);
		reader.paused = false;
		expect(reader.resume()).toBeUndefined();
		expect(notes.end).toBe("end");
	});
});

describe("from its callbacks", () => {
	const answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
	const fill = (reader: Reader, text: string) => {
		const bytes = latin1(text);
		reader.space(bytes.byteLength).set(bytes);
		return reader.filled(bytes.byteLength);
	};
	for (const callback of ["onHead", "onData", "onEnd"] as const) {
		test(`${callback} may forget it, or begin the next`, () => {
			const notes = new Notes();
			const reader = new Reader(notes, 256, 8192);
			notes[callback] = () => reader.forget();
			reader.begin(ANY);
			expect(fill(reader, answer)).toBeUndefined();
			notes[callback] = () => reader.begin({ ...ANY, limit: 2 });
			reader.begin({ ...ANY, limit: 5 });
			expect(fill(reader, answer)).toBeUndefined();
			expect(fill(reader, answer)).toBe(callback === "onHead" ? undefined : "body-too-long");
		});
	}
	test("bytes that nobody waits for are left alone", () => {
		const notes = new Notes();
		const reader = new Reader(notes, 256, 8192);
		expect(fill(reader, answer)).toBeUndefined();
		expect(notes.heads).toEqual([]);
	});
});

test("what came is wiped when the next answer begins, or none", () => {
	const notes = new Notes();
	let view = new Uint8Array(0);
	notes.onData = (data) => {
		view = data as Uint8Array<ArrayBuffer>;
	};
	const reader = new Reader(notes, 256, 8192);
	for (const end of [() => reader.forget(), () => reader.begin(ANY)]) {
		reader.begin(ANY);
		const bytes = latin1("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
		reader.space(bytes.byteLength).set(bytes);
		reader.filled(bytes.byteLength);
		expect(textOf(view)).toBe("secret");
		end();
		expect(textOf(view)).toBe("\0\0\0\0\0\0");
	}
});
