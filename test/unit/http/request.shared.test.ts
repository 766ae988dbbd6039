// What a request is checked for and becomes: on XS too, whose strings and typed arrays are others.
import { decode } from "hal/text";
import { Outgoing } from "http/outgoing";
import { authorityOf, checked, encodeHead, type RequestOptions } from "http/request";
import { describe, expect, test } from "test/expect";
import { latin1 } from "./support";

const request = (options: Partial<RequestOptions> = {}) => checked({ path: "/a?b=c", onDone: () => {}, ...options });
const head = (options: Partial<RequestOptions> = {}, kept = true) => decode(encodeHead(request(options), "h", kept));

describe("the head", () => {
	test("is line by line what was asked for", () => {
		expect(head()).toBe("GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n");
		expect(head({ method: "DELETE" }, false)).toBe("DELETE /a?b=c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
		expect(head({ method: "POST", headers: { "X-A": "1", b: "2\t3" }, body: "h\u00e9" })).toBe(
			"POST /a?b=c HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nb: 2\t3\r\nContent-Length: 3\r\n\r\n",
		);
		expect(head({ method: "PATCH", body: { read: () => undefined } })).toContain("\r\nTransfer-Encoding: chunked\r\n");
	});
	test("has its host as the URL would", () => {
		expect(authorityOf("x.example", 443, true)).toBe("x.example");
		expect(authorityOf("x.example", 80, true)).toBe("x.example:80");
		expect(authorityOf("::1", 80, false)).toBe("[::1]");
	});
});

describe("refused before anything is sent", () => {
	const refused = (options: object) => {
		try {
			request(options as Partial<RequestOptions>);
		} catch (error) {
			return (error as Error).name;
		}
		return "taken";
	};
	const broken = ["\r\n", "\r", "\n", "\0", "\x7f", "\x1f", "\u00e9", "\u4e2d", "\ud83d\ude00", "\ud800"];
	test("whatever could break a line, at either end and in the middle", () => {
		for (const text of broken) {
			for (const place of [`${text}a`, `a${text}a`, `a${text}`]) {
				expect([place, refused({ path: `/${place}` })]).toEqual([place, "RangeError"]);
				expect([place, refused({ method: place })]).toEqual([place, "RangeError"]);
				expect([place, refused({ headers: { "X-A": place } })]).toEqual([place, "RangeError"]);
				expect([place, refused({ headers: { [place]: "a" } })]).toEqual([place, "RangeError"]);
				expect([place, refused({ wanted: [place] })]).toEqual([place, "RangeError"]);
			}
		}
		for (const name of ["a b", "a:", "a\t", "(a", "a/b", "[a]", "{a}", '"a"', "a=b", "a@b", "a,b", "a;b", "a?b", "a<b"])
			expect([name, refused({ headers: { [name]: "x" } })]).toEqual([name, "RangeError"]);
		expect(refused({ headers: { "!#$%&'*+-.^_`|~azAZ09": "x" } })).toBe("taken");
	});
	test("fields of the client's own, in any case", () => {
		for (const name of ["HOST", "content-Length", "Transfer-encoding", "connection", "keep-alive", "TE", "upgrade"])
			expect([name, refused({ headers: { [name]: "x" } })]).toEqual([name, "RangeError"]);
	});
	test("what isn't of its type", () => {
		for (const options of [{ onDone: 1 }, { body: 1 }, { body: {} }]) expect(refused(options)).toBe("TypeError");
		for (const options of [
			{ path: 1 },
			{ method: 1 },
			{ headers: { a: 1 } },
			{ headers: { a: undefined } },
			{ limit: "x" },
		])
			expect(refused(options)).toBe("RangeError");
	});
});

describe("a body goes out as there's room", () => {
	/** What is written when each write takes at most `room` bytes. */
	const written = (options: Partial<RequestOptions>, room: number): string => {
		let text = "";
		const out = new Outgoing(latin1("HEAD\r\n\r\n"), request(options), () => new Uint8Array(32));
		for (let writes = 0; !out.done && writes < 5000; writes += 1) {
			let taken = 0;
			out.write((bytes, from) => {
				const count = Math.min(bytes.byteLength - from, room - taken);
				text += decode(bytes.subarray(from, from + count));
				taken += count;
				return bytes.byteLength - from - count;
			}, true);
		}
		return text;
	};
	const source = (text: string, length?: number) => {
		let at = 0;
		return {
			...(length === undefined ? {} : { length }),
			read(into: Uint8Array) {
				if (at === text.length) return undefined;
				const part = latin1(text.slice(at, at + into.byteLength));
				for (let i = 0; i < part.byteLength; i += 1) into[i] = part[i] as number;
				at += part.byteLength;
				return part.byteLength;
			},
		};
	};
	const text = "0123456789".repeat(12);
	test("byte by byte or all at once, it's the same", () => {
		for (const room of [1, 2, 7, 31, 32, 33, 10_000]) {
			expect(written({}, room)).toBe("HEAD\r\n\r\n");
			expect(written({ body: text }, room)).toBe(`HEAD\r\n\r\n${text}`);
			expect(written({ body: latin1(text.repeat(10)) }, room)).toBe(`HEAD\r\n\r\n${text.repeat(10)}`);
			expect(written({ body: source(text, 120) }, room)).toBe(`HEAD\r\n\r\n${text}`);
			const chunks = `16\r\n${text.slice(0, 22)}\r\n16\r\n${text.slice(22, 44)}\r\n16\r\n${text.slice(44, 66)}\r\n16\r\n${text.slice(66, 88)}\r\n16\r\n${text.slice(88, 110)}\r\na\r\n${text.slice(110)}\r\n0\r\n\r\n`;
			expect(written({ body: source(text) }, room)).toBe(`HEAD\r\n\r\n${chunks}`);
		}
	});
});
