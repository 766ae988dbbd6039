import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Events } from "../../tools/cloud/events";
import { formOf, jsonOf, textOf } from "../../tools/cloud/http/body";
import { HttpServer } from "../../tools/cloud/http/http-server";
import { type HttpRequest, Router } from "../../tools/cloud/http/router";
import { Authority } from "../../tools/cloud/listener/authority";
import { Listener } from "../../tools/cloud/listener/listener";
import { generator } from "../unit/http/support";

const SEED = Number(process.env["LINKXS_SEED"] ?? 20261124);
const SECRET = "5e83f1a4c0ffee005e83f1a4c0ffee00";
const events = new Events(() => 0);
const router = new Router();
const seen: HttpRequest[] = [];
const listeners: Listener[] = [];
const ports: number[] = [];
let port: number;
let impatient: number;
let ca: string;

router
	.on("POST", "/echo", (request) => {
		seen.push(request);
		const { transport, body } = request;
		return { json: { code: 200, data: { transport, length: body.length, text: textOf(request) }, message: "success" } };
	})
	.on("GET", "/bytes", () => ({ body: new Uint8Array(100_000).fill(7), headers: { ETag: '"seven"' } }))
	.on("GET", "/stream", () => ({ body: Readable.from(["one", "two"]) }))
	.on("GET", "/files/*", ({ rest, query }) => ({ json: { rest, query: query.get("q") } }))
	.on("POST", "/large", ({ body }) => ({ status: 201, json: { length: body.length } }), { limit: 200_000 })
	.on("GET", "/broken", () => {
		throw new Error(`a failure about ${SECRET.slice(0, 4)}`);
	})
	.on("GET", "/breaks", () => ({
		body: Readable.from(
			(function* () {
				yield "begun";
				throw new Error("in the middle");
			})(),
		),
	}));

beforeAll(async () => {
	const folder = mkdtempSync(join(tmpdir(), "linkxs-http-"));
	const authority = new Authority(folder, () => Date.now());
	const identity = await authority.server(["localhost"], ["127.0.0.1"]);
	ca = (await authority.root()).certificate;
	rmSync(folder, { recursive: true });
	// The second one is impatient.
	for (const timeouts of [
		{ header: 20_000, body: 20_000 },
		{ header: 400, body: 400 },
	]) {
		const http = new HttpServer({ router, events, timeouts });
		const handle = http.handle.bind(http);
		const handlers = { "http-get": handle, "http-post": handle };
		const nobody = { clientAuthorities: async () => [], takeSharedKey: () => undefined };
		const listener = new Listener({ ports: [0], lan: false, identity, events, handlers, ...nobody });
		listeners.push(listener);
		ports.push(...(await listener.open()));
	}
	[port = 0, impatient = 0] = ports;
});
afterAll(() => Promise.all(listeners.map((listener) => listener.close())));

const open = (to = port): Socket => connect(to, "127.0.0.1");

/** Writes pieces, each when the one before is on its way; answers all that comes until the cloud closes. */
function ask(pieces: readonly (string | Uint8Array)[], socket: Socket = open()): Promise<string> {
	return new Promise((resolve) => {
		const parts: Buffer[] = [];
		socket.on("data", (part) => parts.push(part));
		socket.on("close", () => resolve(Buffer.concat(parts).toString("latin1")));
		socket.on("error", () => {});
		const [first, ...more] = pieces;
		const next = () => {
			const piece = more.shift();
			if (piece !== undefined) socket.write(piece, () => setImmediate(next));
		};
		if (first !== undefined) socket.write(first, () => setImmediate(next));
	});
}

const post = (path: string, body: string, headers = "Connection: close\r\n"): string =>
	`POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const get = (path: string, headers = "Connection: close\r\n"): string =>
	`GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;

/** The reason of the next refusal; ask before what causes it. */
const refusal = async (): Promise<string> => {
	const event = await events.next((one) => one.type === "connection.refused");
	return event.type === "connection.refused" ? event.reason : "";
};

describe("answers", () => {
	it("compact JSON with its keys in order, the length spelled as the C SDK looks for it", async () => {
		const answer = await ask([post("/echo", "a=1")]);
		expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
		expect(answer).toMatch(/\r\nContent-Length: \d+\r\n/);
		expect(answer.slice(answer.indexOf("\r\n\r\n") + 4)).toBe(
			'{"code":200,"data":{"transport":"tcp","length":3,"text":"a=1"},"message":"success"}',
		);
	});

	it("the same over TLS", async () => {
		const socket = connectTls({ port, host: "127.0.0.1", servername: "localhost", ca });
		expect(await ask([post("/echo", "a=1")], socket)).toContain('"transport":"tls"');
		expect(seen.at(-1)?.remote).toMatch(/^127\.0\.0\.1:\d+$/);
	});

	it("several requests on one connection; HTTP/1.0 closes by itself", async () => {
		const answer = await ask([post("/echo", "1", ""), post("/echo", "2", ""), post("/echo", "3")]);
		expect(answer.match(/"text":"."/g)).toEqual(['"text":"1"', '"text":"2"', '"text":"3"']);
		expect(await ask(["POST /echo HTTP/1.0\r\nContent-Length: 1\r\n\r\n4"])).toContain('"text":"4"');
	});

	it("a pipelined batch is answered in its order", async () => {
		const batch = Array.from({ length: 20 }, (_, i) => post("/echo", `n${i}`, ""));
		const answer = await ask([batch.join("") + post("/echo", "last")]);
		expect(answer.match(/"text":"n?\w+"/g)).toEqual([...batch.map((_, i) => `"text":"n${i}"`), '"text":"last"']);
	});

	it("bytes with their headers, streams in chunks, HEAD without a body", async () => {
		const bytes = await ask([get("/bytes")]);
		expect(bytes).toContain('\r\nETag: "seven"\r\n');
		expect(bytes.slice(bytes.indexOf("\r\n\r\n") + 4)).toBe("\x07".repeat(100_000));
		const stream = await ask([get("/stream")]);
		expect(stream).toContain("Transfer-Encoding: chunked");
		expect(stream).toMatch(/3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/);
		const head = await ask([get("/files/x", ""), get("/bytes").replace("GET", "HEAD")]);
		expect(head).toMatch(/Content-Length: 100000\r\n.*\r\n\r\n$/s);
	});

	it("paths: exact, below, absolute form, the query apart", async () => {
		expect(await ask([get("/files/a/b?q=%C3%A4")])).toContain('{"rest":"a/b","query":"ä"}'.replace("ä", "\xc3\xa4"));
		expect(await ask([get("http://host:1/files/c?q=d")])).toContain('{"rest":"c","query":"d"}');
		expect(() => router.on("GET", "/bytes", () => ({ json: {} }))).toThrow(TypeError);
		expect(() => router.on("GET", "bytes", () => ({ json: {} }))).toThrow(TypeError);
	});

	it("a body in chunks, a body that waits for 100, one that comes byte by byte", async () => {
		const chunked =
			"POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
		expect(await ask([chunked])).toContain('"text":"abc"');
		const waits = post("/echo", "abc", "Connection: close\r\nExpect: 100-continue\r\n");
		expect(await ask([waits])).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
		expect(await ask([...post("/echo", "abc")])).toContain('"text":"abc"');
	});

	it("what the C SDK sends: a NUL behind the text, counted in", async () => {
		expect(await ask([post("/echo", "a=1&b=\0")])).toContain('"length":7,"text":"a=1&b="');
		expect([...formOf({ body: Buffer.from("a=1&a=2&b=%26+x\0\0") })]).toEqual([
			["a", "2"],
			["b", "& x"],
		]);
		expect(jsonOf({ body: Buffer.from('{"a":1}\0') })).toEqual({ a: 1 });
		for (const bad of ["", "[]", "null", "1", "{"]) expect(jsonOf({ body: Buffer.from(bad) })).toBeUndefined();
	});
});

describe("refusals", () => {
	it("an unknown path and a wrong method, told without what may be a secret", async () => {
		const told = refusal();
		expect(await ask([get(`/none/${SECRET}?secret=${SECRET}`)])).toMatch(/^HTTP\/1\.1 404 .*{"code":404,/s);
		expect(await told).toBe("GET /none/…: 404");
		const answer = await ask([post("/bytes", "")]);
		expect(answer).toMatch(/^HTTP\/1\.1 405 .*{"code":405,/s);
		expect(answer).toContain("Allow: GET\r\n");
		expect(
			await ask([
				"GET /files/ HTTP/1.1\r\nHost: x\r\n\r\n",
				"PUT /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
			]),
		).toContain("404");
		expect(await ask(["GET * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"])).toMatch(/^HTTP\/1\.1 404 /);
	});

	it("a body past the limit: 413 before it has come, and the next request on the connection goes on", async () => {
		const told = refusal();
		expect(await ask([post("/echo", "x".repeat(4097), ""), post("/echo", "after")])).toMatch(
			/^HTTP\/1\.1 413 .*"text":"after"/s,
		);
		expect(await told).toBe("POST /echo: 413");
		expect(await ask([post("/echo", "x".repeat(4096))])).toMatch(/^HTTP\/1\.1 200 /);
		expect(await ask([post("/large", "x".repeat(150_000))])).toMatch(/^HTTP\/1\.1 201 /);
		const waits = "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4097\r\n\r\n";
		expect(await ask([waits])).toMatch(/^HTTP\/1\.1 413 /);
		const head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
		expect(await ask([head, `2000\r\n${"x".repeat(0x2000)}`])).toMatch(/^HTTP\/1\.1 413 /);
	});

	it.each([
		["a header line of 10 KB", `GET /bytes HTTP/1.1\r\nX: ${"x".repeat(10_000)}\r\n\r\n`, 431],
		["HTTP/0.9, which has no version", "GET /bytes\r\n\r\n", 505],
		["HTTP/2 by its name", "GET /bytes HTTP/2.0\r\nHost: x\r\n\r\n", 505],
		["a version that isn't", "GET /bytes HTTP/3.7\r\n\r\n", 400],
		["a header that is none", "GET /bytes HTTP/1.1\r\nHost x\r\n\r\n", 400],
		["no host", "GET /bytes HTTP/1.1\r\n\r\n", 400],
		["two lengths", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400],
		["a negative length", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400],
		[
			"length and chunks at once",
			"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			400,
		],
		["a folded header", "POST /echo HTTP/1.1\r\nHost: x\r\n Content-Length: 0\r\n\r\n", 400],
		["a NUL in a header", "POST /echo HTTP/1.1\r\nHost: x\0\r\nContent-Length: 0\r\n\r\n", 400],
	])("%s", async (_name, request, status) => {
		expect(await ask([request])).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
	});

	it("a chunk that is none ends the connection", async () => {
		const told = refusal();
		await ask(["POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"]);
		expect(await told).toMatch(/^HPE_/);
	});

	it("slow headers, a slow body and silence end the connection", async () => {
		let told = refusal();
		expect(await ask(["GET /bytes HTTP/1.1\r\n"], open(impatient))).toBe("");
		expect(await told).toBe("no whole request in time");
		told = refusal();
		expect(await ask(["POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"], open(impatient))).toBe("");
		expect(await told).toBe("no whole body in time");
		// A kept connection ends without a word.
		expect(await ask([get("/files/1", "")], open(impatient))).toContain('"rest":"1"');
	});

	it("a client that sends drop by drop does not live longer", async () => {
		const socket = open(impatient);
		const told = refusal();
		const drops = setInterval(() => socket.write("X: y\r\n"), 50);
		expect(await ask(["GET /bytes HTTP/1.1\r\n"], socket)).toBe("");
		clearInterval(drops);
		expect(await told).toBe("no whole request in time");
	});

	it("a hundred requests ahead of their answers", async () => {
		const told = refusal();
		await ask([get("/stream", "").repeat(100)]);
		expect(await told).toBe("too many requests without waiting for an answer");
	});

	it("a handler that fails: 500 without the reason, which the events have; a stream that breaks off", async () => {
		const failed = events.next((one) => one.type === "error");
		const answer = await ask([get("/broken")]);
		expect(answer).toMatch(/^HTTP\/1\.1 500 .*{"code":500,/s);
		expect(answer).not.toContain("failure about");
		expect(await failed).toMatchObject({ where: "http", reason: expect.stringContaining("a failure about") });
		expect(await ask([get("/breaks")])).not.toMatch(/0\r\n\r\n$/);
	});

	it("a client that leaves in the middle is no error", async () => {
		const before = events.since(0).filter((one) => one.type === "error").length;
		for (const request of ["POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", get("/bytes")]) {
			const socket = open();
			await new Promise((resolve) => socket.write(request, resolve));
			socket.resetAndDestroy();
			await new Promise((resolve) => socket.on("close", resolve));
		}
		expect(await ask([get("/files/2")])).toContain('"rest":"2"');
		expect(events.since(0).filter((one) => one.type === "error").length).toBe(before);
	});

	it("good requests with bytes changed, cut and doubled: the next good one is answered, nothing is called an error", async () => {
		const random = generator(SEED);
		const good = [post("/echo", "a=1&b=2", ""), get("/files/x", ""), post("/large", "x".repeat(300), "X-A: b\r\n")];
		for (let batch = 0; batch < 40; batch++) {
			const spoilt = Array.from({ length: 10 }, () => {
				const bytes = Buffer.from(good[random(good.length)] + (good[random(good.length)] ?? ""), "latin1");
				for (let n = random(4); n >= 0; n--) bytes[4 + random(bytes.length - 4)] = random(256);
				return bytes.subarray(0, random(3) ? bytes.length : random(bytes.length));
			});
			await Promise.all(
				spoilt.map((bytes) => {
					const socket = open();
					const answered = ask([bytes], socket);
					socket.end();
					return answered;
				}),
			);
		}
		expect(await ask([get("/files/after")]), `seed ${SEED}`).toContain('"rest":"after"');
		expect(
			events
				.since(0)
				.filter(
					(one) =>
						one.type === "error" && !one.reason.includes("failure about") && !one.reason.includes("in the middle"),
				),
		).toEqual([]);
	}, 60_000);

	it("no event has a secret", async () => {
		await ask([post("/echo", `sign=${SECRET}`)]);
		await ask([post("/none", `sign=${SECRET}`, `Connection: close\r\nAuthorization: ${SECRET}\r\n`)]);
		expect(JSON.stringify(events.since(0))).not.toContain(SECRET);
	});
});
