// The client over a stream and a clock that the test holds. What it does over real ones is in test/device/http.
import Client, { type ClientOptions, type RequestOptions, type Source } from "http/client";
import { HttpError } from "http/error";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeStream } from "../../lib/fake-stream";
import { clock } from "../../lib/hal/clock";
import { latin1, textOf } from "./support";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
const HEAD = "GET /a HTTP/1.1\r\nHost: h:1\r\n\r\n";

beforeEach(() => {
	clock.reset();
	FakeStream.made = [];
	FakeStream.refuse = undefined;
});

function start(options: Partial<ClientOptions> = {}) {
	const notes: string[] = [];
	const client = new Client({
		socket: { io: FakeStream, host: "h", port: 1 },
		onException: (error) => notes.push(`exception ${(error as Error).message}`),
		...options,
	});
	const ask = (more: Partial<RequestOptions> = {}) =>
		client.request({
			path: "/a",
			onResponse: ({ status }) => notes.push(`head ${status}`),
			onBody: (data) => void notes.push(`body ${textOf(data)}`),
			onDone: (error) => notes.push(error ? `! ${error.message}` : "done"),
			...more,
		});
	return { client, notes, ask };
}

/** What was written since the last time, as one text. */
const sent = () => FakeStream.last.written.splice(0).map(textOf).join("");
const receive = (text: string) => FakeStream.last.receive(latin1(text));
const failure = (code: string, name = "Error", more: object = {}) =>
	Object.assign(new Error(code), { name, code, ...more });

/** A client whose first request was answered, so that its connection is kept. */
function kept(options: Partial<ClientOptions> = {}) {
	const started = start(options);
	started.ask();
	FakeStream.last.open();
	receive(OK);
	sent();
	started.notes.length = 0;
	return started;
}

/** A source of texts; "" is nothing yet, undefined the end. */
class Texts implements Source {
	asked = 0;
	rewound = 0;
	#texts: (string | undefined)[];
	readonly length?: number;
	constructor(texts: readonly (string | undefined)[], length?: number) {
		this.#texts = [...texts];
		if (length !== undefined) this.length = length;
	}
	read(into: Uint8Array): number | undefined {
		const text = this.#texts[this.asked++];
		if (text === undefined) return undefined;
		into.set(latin1(text).subarray(0, into.byteLength));
		return text.length;
	}
}

class Again extends Texts {
	rewind(): void {
		this.rewound += 1;
		this.asked = 0;
	}
}

describe("a request", () => {
	test("connects, is written, and its answer is told in order", () => {
		const { client, notes, ask } = start();
		expect([FakeStream.made.length, client.busy]).toEqual([0, false]);
		ask();
		expect([FakeStream.made.length, client.busy, client.stream]).toEqual([1, true, FakeStream.last]);
		expect(FakeStream.last.options).toMatchObject({ host: "h", port: 1, nodelay: true });
		FakeStream.last.open();
		expect(sent()).toBe(HEAD);
		for (const letter of OK) receive(letter);
		expect(notes).toEqual(["head 200", "body h", "body i", "done"]);
		expect([client.busy, FakeStream.last.closed]).toEqual([false, false]);
	});

	test("carries method, fields and body; a small body goes with its head", () => {
		const { ask } = start();
		ask({ method: "POST", headers: { Accept: "a/b", "X-Y": "" }, body: "a=1" });
		FakeStream.last.open();
		expect(FakeStream.last.written.map(textOf)).toEqual([
			"POST /a HTTP/1.1\r\nHost: h:1\r\nAccept: a/b\r\nX-Y: \r\nContent-Length: 3\r\n\r\na=1",
		]);
	});

	test("says that there's no body where one would be expected", () => {
		const { ask } = start({ keep: 0 });
		ask({ method: "PUT" });
		FakeStream.last.open();
		expect(sent()).toBe("PUT /a HTTP/1.1\r\nHost: h:1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
	});

	test("waits for room, byte by byte if need be", () => {
		const { ask, notes } = start();
		ask({ method: "PUT", body: new Uint8Array(2000).fill(97) });
		let text = "";
		FakeStream.last.open(1);
		while (text.length < 2050) {
			text += sent();
			FakeStream.last.options.onWritable(text.length < 60 ? 1 : 500);
		}
		text += sent();
		expect(text).toBe(`PUT /a HTTP/1.1\r\nHost: h:1\r\nContent-Length: 2000\r\n\r\n${"a".repeat(2000)}`);
		receive(OK);
		expect(notes.at(-1)).toBe("done");
	});

	test("has the host's port where it isn't the scheme's, and brackets around IPv6", () => {
		const hosts: [object, string][] = [
			[{ host: "x.example", port: 80 }, "x.example"],
			[{ host: "x.example", port: 443 }, "x.example:443"],
			[{ host: "x.example", port: 443, secure: {} }, "x.example"],
			[{ host: "::1", port: 8080 }, "[::1]:8080"],
			[{ host: "[::1]", port: 80 }, "[::1]"],
		];
		for (const [more, host] of hosts) {
			const { ask } = start({ socket: { io: FakeStream, ...more } });
			ask();
			FakeStream.last.open();
			expect(sent()).toContain(`Host: ${host}\r\n`);
		}
	});

	test("to HEAD has no body to wait for", () => {
		const { ask, notes } = start();
		ask({ method: "HEAD" });
		FakeStream.last.open();
		receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
		expect(notes).toEqual(["head 200", "done"]);
	});

	test("needs none of the optional callbacks", () => {
		const { client } = start({ onException: undefined as never });
		let done = 0;
		client.request({ path: "/", onDone: () => done++ });
		FakeStream.last.open();
		receive(OK);
		expect(done).toBe(1);
	});
});

describe("misuse is thrown before anything is sent", () => {
	const base = { path: "/", onDone: () => {} };
	const bad: [string, object][] = [
		["no onDone", { onDone: undefined }],
		["no path", { path: undefined }],
		["a path without /", { path: "a" }],
		["an empty path", { path: "" }],
		["a space in the path", { path: "/a b" }],
		["CR LF in the path", { path: "/a\r\nX: y" }],
		["NUL in the path", { path: "/a\0" }],
		["a path beyond ASCII", { path: "/\xe4" }],
		["DEL in the path", { path: "/\x7f" }],
		["a method that is none", { method: "GET /x" }],
		["an empty method", { method: "" }],
		["a method beyond ASCII", { method: "G\xcaT" }],
		["CONNECT", { method: "CONNECT" }],
		["a method of another type", { method: 1 }],
		["LF in a value", { headers: { "X-A": "a\nb" } }],
		["CR in a value", { headers: { "X-A": "a\rb" } }],
		["a value beyond ASCII", { headers: { "X-A": "\u4e2d" } }],
		["bytes for a value", { headers: { "X-A": new Uint8Array(3) } }],
		["a number for a value", { headers: { "X-A": 1 } }],
		["CR LF in a name", { headers: { "X\r\nY": "a" } }],
		["a colon in a name", { headers: { "X:": "a" } }],
		["an empty name", { headers: { "": "a" } }],
		...["Host", "content-length", "Transfer-Encoding", "Connection", "Expect", "Upgrade", "TE", "Trailer"].map(
			(name): [string, object] => [`its own ${name}`, { headers: { [name]: "a" } }],
		),
		["a name that can't be wanted", { wanted: ["a b"] }],
		["17 wanted names", { wanted: Array(17).fill("a") }],
		["no limit", { limit: Number.NaN }],
		["a negative limit", { limit: -1 }],
		["a body of another type", { body: 5 }],
		["a source that can't be read", { body: { length: 1 } }],
		["a source of negative length", { body: { length: -1, read: () => 0 } }],
		["a source of no whole length", { body: { length: 1.5, read: () => 0 } }],
	];
	test.each(bad)("%s", (_name, wrong) => {
		const { client } = start();
		expect(() => client.request({ ...base, ...wrong } as RequestOptions)).toThrow(/./);
		try {
			client.request({ ...base, ...wrong } as RequestOptions);
		} catch (error) {
			expect(["RangeError", "TypeError"]).toContain((error as Error).name);
		}
		expect([FakeStream.made.length, client.busy]).toEqual([0, false]);
	});
	test("TAB is fine in a value", () => {
		const { client } = start();
		client.request({ ...base, headers: { "X-A": "a\tb" } });
	});
	test("no error has a value in it, as that may be a secret", () => {
		const { client } = start();
		try {
			client.request({ ...base, headers: { "X-A": "geheim\n" } });
		} catch (error) {
			expect(String(error)).not.toContain("geheim");
		}
	});
	test.each([
		["no socket", {}],
		["a socket without io", { socket: { host: "h", port: 1 } }],
		["a small buffer", { buffer: 255 }],
		["a large buffer", { buffer: 2_000_000 }],
		["a small header", { header: 10 }],
		["no timeout", { timeout: 0 }],
		["a negative time to keep", { keep: -1 }],
	])("of the client: %s", (_name, wrong) => {
		const options = { socket: { io: FakeStream, host: "h", port: 1 }, ...wrong };
		expect(() => new Client(_name === "no socket" ? ({} as never) : (options as never))).toThrow(/./);
	});
	test("a host that is none, or a stream's own refusal; the next request may be right", () => {
		for (const host of ["", "a/b", "a b", "a\r\nb", "u@h", undefined, 5]) {
			const { client } = start({ socket: { io: FakeStream, host, port: 1 } });
			expect(() => client.request(base)).toThrow(RangeError);
			expect(client.busy).toBe(false);
		}
		const { client } = start();
		FakeStream.refuse = new TypeError("no");
		expect(() => client.request(base)).toThrow("no");
		FakeStream.refuse = undefined;
		client.request(base);
		expect(client.busy).toBe(true);
	});
	test("one request at a time, none after close()", () => {
		const { client, ask } = start();
		ask();
		expect(() => ask()).toThrow(expect.objectContaining({ code: "busy", name: "HttpError" }));
		client.close();
		expect(() => ask()).toThrow(expect.objectContaining({ code: "closed", retry: "never" }));
	});
});

describe("a kept connection", () => {
	test("serves the next request, from onDone too", () => {
		const { client, ask, notes } = start();
		ask({ onDone: () => ask({ path: "/b" }) });
		FakeStream.last.open();
		receive(OK);
		expect(sent()).toContain("GET /b ");
		receive(OK);
		ask({ path: "/c" });
		expect(sent()).toContain("GET /c ");
		receive(OK);
		expect([FakeStream.made.length, client.busy, notes.filter((note) => note === "done").length]).toEqual([
			1,
			false,
			2,
		]);
	});
	test.each([
		["the server says close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi"],
		["it's HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"],
		["there are bytes behind the answer", `${OK}HTTP/1.1 200 OK\r\n`],
		["there are more than the buffer took", `${OK}${"x".repeat(2000)}`],
	])("isn't one when %s", (_name, answer) => {
		const { ask, notes } = start();
		ask();
		FakeStream.last.open();
		receive(answer);
		expect([notes.at(-1), FakeStream.last.closed]).toEqual(["done", true]);
		ask();
		expect(FakeStream.made.length).toBe(2);
	});
	test("isn't kept past its time, nor at all with keep: 0", () => {
		kept({ keep: 5000 });
		clock.pass(4999);
		expect(FakeStream.last.closed).toBe(false);
		clock.pass(1);
		expect(FakeStream.last.closed).toBe(true);
		kept({ keep: 0 });
		expect(FakeStream.last.closed).toBe(true);
	});
	test("that the server closes, or says something on, is dropped without a word", () => {
		for (const end of [() => FakeStream.last.fail(), () => receive("HTTP/1.1 408 Request Timeout\r\n\r\n")]) {
			const { notes, ask } = kept();
			end();
			expect([FakeStream.last.closed, notes]).toEqual([true, []]);
			ask();
			FakeStream.last.open();
			receive(OK);
			expect(notes.at(-1)).toBe("done");
		}
	});

	describe("that turns out to be dead", () => {
		const ends: [string, () => void][] = [
			["closed", () => FakeStream.last.fail()],
			["reset", () => FakeStream.last.fail(failure("reset"))],
			["closed without notify", () => FakeStream.last.fail(failure("closed-without-notify", "TlsError"))],
		];
		test.each(ends)("%s: an idempotent request goes out once more, on a new one", (_name, end) => {
			const { ask, notes } = kept();
			ask();
			expect(sent()).toBe(HEAD);
			end();
			expect([FakeStream.made.length, notes]).toEqual([2, []]);
			FakeStream.last.open();
			expect(sent()).toBe(HEAD);
			receive(OK);
			expect(notes.at(-1)).toBe("done");
		});
		test("a write that throws: the same, from the event loop", () => {
			const { ask, notes } = kept();
			FakeStream.last.broken = new Error("EPIPE");
			ask();
			expect([FakeStream.made.length, notes]).toEqual([1, []]);
			clock.pass(0);
			expect(FakeStream.made.length).toBe(2);
			FakeStream.last.open();
			receive(OK);
			expect(notes.at(-1)).toBe("done");
		});
		test("not twice", () => {
			const { ask, notes } = kept();
			ask();
			FakeStream.last.fail();
			FakeStream.last.open();
			FakeStream.last.fail();
			expect([FakeStream.made.length, notes]).toEqual([2, ["! closed-by-server"]]);
		});
		test("not on a new connection, not a POST, but when it's said to be harmless", () => {
			const fresh = start();
			fresh.ask();
			FakeStream.last.open();
			FakeStream.last.fail();
			expect([FakeStream.made.length, fresh.notes]).toEqual([1, ["! closed-by-server"]]);
			const { ask, notes } = kept();
			ask({ method: "POST", body: "x" });
			FakeStream.last.fail();
			expect([FakeStream.made.length, notes]).toEqual([2, ["! closed-by-server"]]);
			ask({ method: "GET", idempotent: false });
			FakeStream.last.open();
			receive(OK);
			ask({ method: "POST", body: "x", idempotent: true });
			FakeStream.last.fail();
			expect(FakeStream.made.length).toBe(4);
		});
		test("not when something of the answer has come", () => {
			const { ask, notes } = kept();
			ask();
			receive("H");
			FakeStream.last.fail();
			expect([FakeStream.made.length, notes]).toEqual([1, ["! truncated: closed"]]);
		});
		test("with a source: if it wasn't asked, or can be rewound", () => {
			for (const [source, made] of [
				[new Texts(["abc", undefined]), 1],
				[new Again(["abc", undefined]), 2],
			] as const) {
				FakeStream.made = [];
				const { ask, notes } = kept();
				ask({ method: "PUT", body: source });
				clock.pass(0);
				FakeStream.last.fail();
				expect([FakeStream.made.length, notes]).toEqual([made, made === 1 ? ["! closed-by-server"] : []]);
				if (made === 1) continue;
				FakeStream.last.open();
				expect([source.rewound, sent().endsWith("\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]).toEqual([1, true]);
			}
			FakeStream.made = [];
			const { ask } = kept();
			ask({ method: "PUT", body: new Texts(["abc", undefined]) });
			FakeStream.last.fail();
			expect(FakeStream.made.length).toBe(2);
		});
		test("with a source that can't be rewound after all", () => {
			const { ask, notes } = kept();
			const source = new Again(["abc", undefined]);
			source.rewind = () => {
				throw new Error("bang");
			};
			ask({ method: "PUT", body: source });
			clock.pass(0);
			FakeStream.last.fail();
			expect([FakeStream.made.length, notes]).toEqual([1, ["! body"]]);
		});
		test("and there's no new one: an error", () => {
			const { ask, notes } = kept();
			ask();
			FakeStream.refuse = new Error("no sockets");
			FakeStream.last.fail();
			expect(notes).toEqual(["! network: no stream"]);
		});
	});
});

describe("a body from a source", () => {
	test("with a length: asked for no more than that, when there's room", () => {
		const { ask, notes } = start({ buffer: 256 });
		const rooms: number[] = [];
		let left = 600;
		ask({
			method: "PUT",
			body: {
				length: 600,
				read: (into) => {
					rooms.push(into.byteLength);
					into.fill(97);
					left -= into.byteLength;
					return into.byteLength;
				},
			},
		});
		FakeStream.last.open(100);
		expect(rooms).toEqual([256]); // what the head left room for has gone
		FakeStream.last.options.onWritable(10_000);
		expect([rooms, left]).toEqual([[256, 256, 88], 0]);
		expect(sent()).toBe(`PUT /a HTTP/1.1\r\nHost: h:1\r\nContent-Length: 600\r\n\r\n${"a".repeat(600)}`);
		receive(OK);
		expect(notes.at(-1)).toBe("done");
	});
	test("without one: in chunks", () => {
		const { ask } = start({ buffer: 256 });
		ask({ method: "PUT", body: new Texts(["abc", "x".repeat(246), undefined]) });
		FakeStream.last.open();
		expect(sent()).toBe(
			`PUT /a HTTP/1.1\r\nHost: h:1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nf6\r\n${"x".repeat(246)}\r\n0\r\n\r\n`,
		);
	});
	test("of no bytes", () => {
		const { ask } = start();
		const source = new Texts([], 0);
		ask({ method: "PUT", body: source });
		FakeStream.last.open();
		expect([source.asked, sent()]).toEqual([0, "PUT /a HTTP/1.1\r\nHost: h:1\r\nContent-Length: 0\r\n\r\n"]);
	});
	test("that has nothing yet takes its time, then goes on by more(), from the event loop", () => {
		const { client, ask, notes } = start({ timeout: 1000 });
		const source = new Texts(["a", "", "b", undefined]);
		ask({ method: "PUT", body: source });
		client.more(); // too early: harmless
		FakeStream.last.open();
		clock.pass(100_000);
		expect(notes).toEqual([]);
		client.more();
		expect(source.asked).toBe(2);
		clock.pass(0);
		expect(sent()).toContain("1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
		clock.pass(1000);
		expect(notes).toEqual(["! timeout: answer"]);
	});
	test("that goes on while there's no room counts as writing", () => {
		const { client, ask, notes } = start({ timeout: 1000 });
		ask({ method: "PUT", body: new Texts(["", "b", undefined]) });
		FakeStream.last.open(65);
		expect(sent().length).toBe(58);
		FakeStream.last.options.onWritable(0);
		client.more();
		clock.pass(1000);
		expect(notes).toEqual(["! timeout: send"]);
	});
	test.each([
		[
			"throws",
			() => ({
				read: () => {
					throw new Error("bang");
				},
			}),
			"bang",
		],
		["gives more than there's room for", () => ({ read: () => 10_000 }), "10000"],
		["gives no number", () => ({ read: () => Number.NaN }), "NaN"],
		["ends early", () => new Texts(["ab", undefined], 3), "1 bytes early"],
	])("that %s ends the request", (_name, source, why) => {
		const { client, notes } = start();
		let told: HttpError | undefined;
		client.request({
			method: "PUT",
			path: "/",
			body: source() as Source,
			onDone: (error) => {
				told = error;
			},
		});
		FakeStream.last.open();
		expect([told?.code, String(told?.cause), FakeStream.last.closed, notes]).toEqual([
			"body",
			expect.stringContaining(why),
			true,
			[],
		]);
	});
	test("that the server doesn't want to hear to its end: the answer counts, the connection doesn't", () => {
		const { ask, notes } = start();
		ask({ method: "PUT", body: new Texts(["a", ""]) });
		FakeStream.last.open();
		receive("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
		expect([notes, FakeStream.last.closed]).toEqual([["head 413", "done"], true]);
	});
	test("goes on while the answer comes already", () => {
		const { client, ask, notes } = start();
		ask({ method: "PUT", body: new Texts(["a", "", "b", undefined]) });
		FakeStream.last.open();
		receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh");
		client.more();
		clock.pass(0);
		receive("i");
		expect([notes.at(-1), FakeStream.last.closed]).toEqual(["done", false]);
	});
});

describe("a consumer that is slow", () => {
	function slow(options: Partial<ClientOptions> = {}) {
		const pieces: Uint8Array[] = [];
		const started = start({ buffer: 256, timeout: 1000, ...options });
		started.ask({
			onBody: (data) => {
				pieces.push(data);
				return false;
			},
		});
		FakeStream.last.open();
		return { ...started, pieces, text: () => pieces.map(textOf) };
	}
	test("holds a piece; nothing is read or told until resume(), and no time-out comes", () => {
		const { client, notes, pieces } = slow();
		receive("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
		receive("llo");
		clock.pass(100_000);
		expect([pieces.map(textOf), notes]).toEqual([["he"], ["head 200"]]);
		client.resume();
		expect(pieces.length).toBe(1); // not from within the call
		clock.pass(0);
		expect([textOf(pieces[1] as Uint8Array), notes]).toEqual(["llo", ["head 200"]]);
		client.resume();
		clock.pass(0);
		expect(notes).toEqual(["head 200", "done"]);
	});
	test("hears of the stream's end when it has taken what came before", () => {
		for (const [head, end] of [
			["Content-Length: 5", "done"],
			["X: until the end", "done"],
			["Content-Length: 6", "! truncated: closed"],
		] as const) {
			const { client, notes } = slow();
			receive(`HTTP/1.1 200 OK\r\n${head}\r\n\r\nhello`);
			FakeStream.last.fail();
			expect(notes).toEqual(["head 200"]);
			client.resume();
			clock.pass(0);
			expect(notes).toEqual(["head 200", end]);
		}
	});
	test("never takes for whole what a stream had left unread at its end, against its contract", () => {
		const { client, notes } = slow();
		receive(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(500)}`);
		FakeStream.last.fail();
		for (let i = 0; i < 3; i++) {
			client.resume();
			clock.pass(0);
		}
		expect(notes).toEqual(["head 200", "! truncated: closed"]);
	});
	test("hears of what is wrong behind a piece once it has taken that", () => {
		const { client, notes } = slow();
		receive("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhixx");
		client.resume();
		clock.pass(0);
		expect(notes).toEqual(["head 200", "! chunk"]);
	});
	test("may resume within onBody, or without a pause", () => {
		const { client, notes, ask } = start();
		client.resume();
		ask({
			onBody: () => {
				client.resume();
				return false;
			},
		});
		FakeStream.last.open();
		receive(OK);
		expect(notes).toEqual(["head 200", "done"]);
	});
	test("that holds a piece is not woken by more()", () => {
		const { client, ask, notes } = start();
		let pieces = 0;
		ask({
			method: "PUT",
			body: new Texts(["a", "", "b", undefined]),
			onBody: () => {
				pieces += 1;
				return false;
			},
		});
		FakeStream.last.open();
		receive("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n");
		client.more();
		clock.pass(0);
		expect([pieces, notes]).toEqual([1, ["head 200"]]);
		for (let i = 0; i < 2; i++) {
			client.resume();
			clock.pass(0);
		}
		expect([pieces, notes.at(-1)]).toEqual([2, "done"]);
	});
});

describe("time-outs", () => {
	test("of connecting", () => {
		const { notes, ask } = start({ timeout: 1000 });
		ask();
		clock.pass(999);
		expect(notes).toEqual([]);
		clock.pass(1);
		expect([notes, FakeStream.last.closed]).toEqual([["! timeout: connect"], true]);
	});
	test("of writing: from the last bytes on", () => {
		const { notes, ask } = start({ timeout: 1000 });
		ask({ method: "PUT", body: new Uint8Array(3000) });
		FakeStream.last.open(100);
		clock.pass(900);
		FakeStream.last.options.onWritable(100);
		clock.pass(900);
		expect(notes).toEqual([]);
		clock.pass(100);
		expect(notes).toEqual(["! timeout: send"]);
	});
	test("of the answer's head, whatever drips in", () => {
		const { notes, ask } = start({ timeout: 1000 });
		ask();
		FakeStream.last.open();
		for (const letter of "HTTP/1.1 200 OK") {
			receive(letter);
			clock.pass(66);
		}
		clock.pass(10);
		expect(notes).toEqual(["! timeout: answer"]);
	});
	test("of the body: from the last bytes on", () => {
		const { notes, ask } = start({ timeout: 1000 });
		ask();
		FakeStream.last.open();
		receive("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nh");
		clock.pass(900);
		receive("i");
		clock.pass(999);
		expect(notes).toEqual(["head 200", "body h", "body i"]);
		clock.pass(1);
		expect(notes.at(-1)).toBe("! timeout: body");
	});
	test("no timer is left when nothing is under way", () => {
		const { client, ask } = kept({ keep: 5000 });
		clock.pass(86_400_000 * 3);
		ask();
		client.close();
		clock.pass(86_400_000);
		const other = start();
		other.ask({ onDone: () => other.client.close() });
		clock.pass(30_000);
		expect(other.client.busy).toBe(false);
	});
	describe("of the whole request", () => {
		const TOTAL = { total: 5000 };
		const CHUNKS = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

		test("of chunks with padded extensions, of which each byte comes in time", () => {
			const { notes, ask } = start({ timeout: 1000 });
			ask(TOTAL);
			FakeStream.last.open();
			receive(CHUNKS);
			const chunk = `1;${"x".repeat(100)}\r\na\r\n`;
			for (let at = 0; !FakeStream.last.closed; at++) {
				receive(chunk[at % chunk.length] as string);
				clock.pass(900);
			}
			expect([notes, clock.now]).toEqual([["head 200", "! timeout: total"], 5400]);
		});

		test.each<[string, (ask: (more: Partial<RequestOptions>) => void) => void, string[]]>([
			["connecting", (ask) => ask(TOTAL), []],
			[
				"writing",
				(ask) => {
					ask({ ...TOTAL, method: "PUT", body: new Uint8Array(3000) });
					FakeStream.last.open(100);
				},
				[],
			],
			[
				"a source that has nothing",
				(ask) => {
					ask({ ...TOTAL, method: "PUT", body: new Texts([""]) });
					FakeStream.last.open();
				},
				[],
			],
			[
				"the answer's head",
				(ask) => {
					ask(TOTAL);
					FakeStream.last.open();
				},
				[],
			],
			[
				"the body",
				(ask) => {
					ask(TOTAL);
					FakeStream.last.open();
					receive(CHUNKS);
				},
				["head 200"],
			],
			[
				"a consumer that holds a piece",
				(ask) => {
					ask({ ...TOTAL, onBody: () => false });
					FakeStream.last.open();
					receive(OK);
				},
				["head 200"],
			],
		])("is over at its time in %s", (_name, begin, before) => {
			const { client, notes, ask } = start({ timeout: 100_000 });
			begin(ask);
			clock.pass(4999);
			expect(notes).toEqual(before);
			clock.pass(1);
			expect(notes).toEqual([...before, "! timeout: total"]);
			expect([client.busy, FakeStream.last.closed]).toEqual([false, true]);
			clock.pass(1_000_000);
			expect(notes.length).toBe(before.length + 1);
		});

		test("is the request's, not the next one's, and goes on when it is sent again", () => {
			const { notes, ask } = kept({ timeout: 100_000, keep: 100_000 });
			ask(TOTAL);
			receive(OK);
			clock.pass(50_000);
			ask();
			clock.pass(50_000);
			receive(OK);
			expect(notes).toEqual(["head 200", "body hi", "done", "head 200", "body hi", "done"]);
			ask(TOTAL);
			clock.pass(3000);
			FakeStream.last.fail();
			FakeStream.last.open();
			clock.pass(1999);
			expect([notes.length, FakeStream.made.length]).toEqual([6, 2]);
			clock.pass(1);
			expect(notes.at(-1)).toBe("! timeout: total");
			ask();
			clock.pass(50_000);
			FakeStream.last.open();
			receive(OK);
			expect(notes.at(-1)).toBe("done");
		});

		test("is gone with a request that is given up", () => {
			const { client, notes, ask } = start({ timeout: 100_000 });
			ask(TOTAL);
			client.cancel();
			clock.pass(3000);
			ask();
			clock.pass(50_000);
			expect([notes, client.busy]).toEqual([[], true]);
		});

		test("counts for bytes that come at the time itself, before a timer", () => {
			const { notes, ask } = start();
			ask(TOTAL);
			FakeStream.last.open();
			clock.now += 5000;
			receive(OK);
			expect(notes).toEqual(["! timeout: total"]);
		});

		test("may be tried again later, and is ms", () => {
			const errors: (HttpError | undefined)[] = [];
			const { ask } = start();
			ask({ ...TOTAL, onDone: (error) => errors.push(error) });
			clock.pass(5000);
			expect(errors).toMatchObject([{ code: "timeout", detail: "total", retry: "later" }]);
			for (const total of [0, -1, Number.NaN]) expect(() => ask({ total })).toThrow(RangeError);
		});
	});

	test("begin anew with each request", () => {
		const { notes, ask } = kept({ timeout: 1000 });
		clock.pass(900);
		ask();
		clock.pass(900);
		receive(OK);
		expect(notes.at(-1)).toBe("done");
	});
});

describe("ends of the stream", () => {
	const error = (end: unknown, answer = ""): HttpError | undefined => {
		const { client } = start();
		let told: HttpError | undefined;
		client.request({
			path: "/",
			onDone: (error) => {
				told = error ?? new HttpError("busy");
			},
		});
		if (answer !== "before") {
			FakeStream.last.open();
			if (answer) receive(answer);
		}
		FakeStream.last.fail(end);
		return told;
	};
	const begun = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh";
	test.each([
		["no connection", failure("refused"), "before", "network", "refused", "later"],
		[
			"no certificate that's trusted",
			failure("unknown-issuer", "TlsError", { retry: "never" }),
			"before",
			"tls",
			"unknown-issuer",
			"never",
		],
		[
			"a certificate whose time will come",
			failure("clock-not-set", "TlsError", { retry: "later" }),
			"before",
			"tls",
			"clock-not-set",
			"later",
		],
		["TLS that says nothing of a retry", failure("alert", "TlsError"), "before", "tls", "alert", "later"],
		["a TLS error to be tried at once", failure("alert", "TlsError", { retry: "now" }), "", "tls", "alert", "now"],
		["closed before the answer", failure("closed"), "", "closed-by-server", undefined, "now"],
		[
			"closed without notify before it",
			failure("closed-without-notify", "TlsError"),
			"",
			"closed-by-server",
			"closed-without-notify",
			"now",
		],
		[
			"the stream below TLS",
			failure("stream", "TlsError", { cause: failure("reset") }),
			"",
			"network",
			"reset",
			"later",
		],
		["an end without a reason", null, "", "network", undefined, "later"],
		["closed in the answer", failure("closed"), begun, "truncated", "closed", "later"],
		["reset in the answer", failure("reset"), begun, "truncated", "reset", "later"],
		["TLS broken in the answer", failure("bad-record", "TlsError"), begun, "tls", "bad-record", "later"],
		["reset in a body until the end", failure("reset"), "HTTP/1.1 200 OK\r\n\r\nh", "truncated", "reset", "later"],
		[
			"a body until the end, cut by TLS without notify",
			failure("closed-without-notify", "TlsError"),
			"HTTP/1.1 200 OK\r\n\r\nh",
			"truncated",
			"closed-without-notify",
			"later",
		],
		["an end without a reason there", null, "HTTP/1.1 200 OK\r\n\r\nh", "truncated", "network", "later"],
	])("%s", (_name, end, answer, code, detail, retry) => {
		expect(error(end, answer)).toMatchObject({ code, detail, retry });
	});
	test("a clean one ends a body without a length", () => {
		const { notes, ask } = start();
		ask();
		FakeStream.last.open();
		receive("HTTP/1.0 200 OK\r\n\r\nhi");
		FakeStream.last.fail();
		expect(notes).toEqual(["head 200", "body hi", "done"]);
	});
	test("a platform without sockets: told from the event loop", () => {
		const { notes, ask, client } = start();
		FakeStream.refuse = new Error("no sockets");
		ask();
		expect([notes, client.busy]).toEqual([[], true]);
		clock.pass(0);
		expect([notes, client.busy]).toEqual([["! network: no stream"], false]);
	});
	test("an answer that is none ends the connection", () => {
		const { notes, ask } = start();
		ask();
		FakeStream.last.open();
		receive("SSH-2.0\r\n");
		expect([notes, FakeStream.last.closed]).toEqual([["! status-line"], true]);
		ask({ limit: 1 });
		FakeStream.last.open();
		receive(OK);
		expect(notes.slice(1)).toEqual(["head 200", "! body-too-long"]);
	});
});

describe("silence", () => {
	test("after close(), which may be called twice, in any state", () => {
		const states: (() => ReturnType<typeof start>)[] = [
			() => start(),
			() => {
				const it = start();
				it.ask();
				return it;
			},
			() => {
				const it = start();
				it.ask();
				FakeStream.last.open();
				receive("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nh");
				it.notes.length = 0;
				return it;
			},
			() => kept(),
		];
		for (const state of states) {
			FakeStream.made = [];
			const { client, notes } = state();
			client.close();
			client.close();
			client.cancel();
			client.resume();
			client.more();
			const [stream] = FakeStream.made;
			if (stream) {
				expect(stream.closed).toBe(true);
				stream.options.onWritable(100);
				stream.receive(latin1(OK));
				stream.fail();
			}
			clock.pass(1_000_000);
			expect([notes, client.stream]).toEqual([[], undefined]);
		}
	});
	test("after cancel(): of that request; the next one has a connection of its own", () => {
		const { client, notes, ask } = start();
		client.cancel(); // there's none
		ask();
		FakeStream.last.open();
		client.cancel();
		ask();
		FakeStream.last.open();
		receive(OK);
		expect([FakeStream.made.length, notes]).toEqual([2, ["head 200", "body hi", "done"]]);
		client.cancel(); // none is under way: the connection is kept
		expect(FakeStream.last.closed).toBe(false);
	});
	test.each(["onResponse", "onBody", "onDone"])("when %s cancels, closes or asks again", (callback) => {
		for (const how of ["cancel", "close"] as const) {
			const { client, notes, ask } = start();
			ask({ [callback]: () => client[how]() });
			FakeStream.last.open();
			receive(`${OK}`);
			expect(notes.filter((note) => note === "done")).toEqual([]);
			expect(FakeStream.last.closed).toBe(how === "close" || callback !== "onDone");
		}
		const { client, notes, ask } = start();
		ask({
			[callback]: () => {
				client.cancel();
				ask();
			},
		});
		FakeStream.last.open();
		receive(OK);
		FakeStream.last.open();
		receive(OK);
		expect(notes.at(-1)).toBe("done");
	});
	test("of a wrong answer whose head was cancelled", () => {
		const { client, notes, ask } = start();
		ask({ limit: 1, onResponse: () => client.cancel() });
		FakeStream.last.open();
		receive(OK);
		expect(notes).toEqual([]);
	});
});

test("what callbacks throw harms nobody", () => {
	const bang = () => {
		throw new Error("bang");
	};
	const { client, notes, ask } = start();
	ask({ onResponse: bang, onBody: bang, onDone: bang });
	FakeStream.last.open();
	receive(OK);
	expect(notes).toEqual(Array(3).fill("exception bang"));
	ask();
	receive(OK);
	expect([notes.at(-1), client.busy]).toEqual(["done", false]);
	const mute = new Client({ socket: { io: FakeStream, host: "h", port: 1 } });
	mute.request({ path: "/", onDone: bang });
	FakeStream.last.open();
	receive(OK);
	expect(mute.busy).toBe(false);
});

test("a socket that is a function is asked for each connection", () => {
	let asked = 0;
	const { ask } = start({ socket: () => ({ io: FakeStream, host: `h${++asked}`, port: 80 }), keep: 0 });
	for (const host of ["h1", "h2"]) {
		ask();
		FakeStream.last.open();
		expect(sent()).toContain(`Host: ${host}\r\n`);
		receive(OK);
	}
});

test("a stream that promised more than it has, or takes less than it says", () => {
	const { notes, ask } = start();
	ask();
	FakeStream.last.open(0);
	FakeStream.last.options.onWritable(1000);
	const stream = FakeStream.last;
	const read = stream.read.bind(stream);
	stream.read = () => 0;
	receive(OK);
	stream.read = read;
	receive("");
	expect(notes.at(-1)).toBe("done");
});

test("a stream that tells after each write how much may follow", () => {
	const { ask } = start();
	const rooms = [10, 0];
	ask({ path: "/abcdefghijklmnopqrstuvwxyz" });
	FakeStream.last.write = function (this: FakeStream, data: Uint8Array) {
		this.written.push(data.slice());
		return rooms.shift() as never;
	};
	FakeStream.last.open(20);
	expect(FakeStream.last.written.map(textOf)).toEqual(["GET /abcdefghijklmno", "pqrstuvwxy"]);
});

test("a small body is copied, and the copy is wiped: when it was written, or never will be", () => {
	const { client, ask } = start();
	const views: Uint8Array[] = [];
	for (const room of [1000, 10]) {
		ask({ method: "POST", body: "secret" });
		FakeStream.last.write = (data: Uint8Array) => void views.push(new Uint8Array(data.buffer));
		FakeStream.last.open(room);
		if (room === 10) client.cancel();
		else receive("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
	}
	expect([views.length, views.map((view) => view.every((byte) => byte === 0))]).toEqual([2, [true, true]]);
});

test("a secret in an answer can be wiped where it lies, and is gone when the answer is", () => {
	const views: Uint8Array[] = [];
	const { ask } = start();
	ask({ onBody: (data) => void views.push(data) });
	FakeStream.last.open();
	receive("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
	expect(views.map(textOf)).toEqual(["\0\0\0\0\0\0"]);
});
