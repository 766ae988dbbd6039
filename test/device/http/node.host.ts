// Node's http and https servers, and a raw one that says what no server should.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecure } from "node:https";
import { type AddressInfo, createServer as createRaw, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { Authority } from "../../lib/certificates";
import { bad } from "../../unit/http/answers";

const LARGE = 1_048_576;
/** The n-th byte of a large body. */
const byteAt = (at: number) => (at * 7 + (at >> 8)) & 255;
const large = Buffer.alloc(LARGE, 0);
for (let at = 0; at < LARGE; at++) large[at] = byteAt(at);

function sum(parts: readonly Buffer[]): number {
	let sum = 0x811c9dc5 | 0;
	for (const part of parts) for (const byte of part) sum = Math.imul(sum ^ byte, 0x01000193);
	return sum;
}

let connections = 0;

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
	const parts: Buffer[] = [];
	for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
	const body = Buffer.concat(parts);
	const { socket } = response;
	switch (request.url?.split("?")[0]) {
		case "/echo":
			response.writeHead(200, { "Content-Length": body.length, "X-Method": request.method });
			return void response.end(body);
		case "/headers":
			return void response.end(JSON.stringify(request.headers));
		case "/sum":
			return void response.end(JSON.stringify({ length: body.length, sum: sum(parts) }));
		case "/connections":
			return void response.end(String(connections));
		case "/chunked":
			for (const word of ["one ", "two ", "three"]) response.write(word);
			response.addTrailers({ "X-Trailer": "yes" });
			return void response.end();
		case "/trailers":
			response.writeHead(200, { Trailer: "X-Sum" });
			response.write("body");
			response.addTrailers({ "X-Sum": "1" });
			return void response.end();
		case "/interim":
			response.writeContinue();
			response.writeEarlyHints({ link: "</x>; rel=preload" });
			return void response.end("after all");
		case "/204":
		case "/304":
			response.writeHead(Number(request.url.slice(1)), { ETag: '"a"' });
			return void response.end();
		case "/redirect":
			response.writeHead(302, { Location: "http://elsewhere.example/x" });
			return void response.end("go there");
		case "/large":
			response.writeHead(200, { "Content-Length": LARGE });
			return void response.end(large);
		case "/file": {
			const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
			const headers = { ETag: '"v1"', "Accept-Ranges": "bytes" };
			if (!range || (request.headers["if-range"] ?? '"v1"') !== '"v1"') {
				response.writeHead(200, { ...headers, "Content-Length": 1000 });
				return void response.end(large.subarray(0, 1000));
			}
			const from = Number(range[1]);
			if (from >= 1000) {
				response.writeHead(416, { ...headers, "Content-Range": "bytes */1000" });
				return void response.end();
			}
			const to = Math.min(999, range[2] ? Number(range[2]) : 999);
			response.writeHead(206, {
				...headers,
				"Content-Range": `bytes ${from}-${to}/1000`,
				"Content-Length": to + 1 - from,
			});
			return void response.end(large.subarray(from, to + 1));
		}
		case "/many-headers":
			for (let i = 0; i < 40; i++) response.setHeader(`X-${i}`, "x".repeat(i === 7 ? 900 : 30));
			return void response.end("fine");
		case "/until-close":
			socket?.end("HTTP/1.1 200 OK\r\n\r\nuntil the end");
			return;
		case "/dies":
			response.writeHead(200, { "Content-Length": 1000 });
			response.write("x".repeat(500), () => socket?.destroy());
			return;
		case "/resets":
			response.writeHead(200, { "Content-Length": 1000 });
			response.write("x".repeat(500), () => {
				if (socket instanceof TLSSocket) socket.destroy();
				else socket?.resetAndDestroy();
			});
			return;
		case "/dies-in-chunk":
			response.write("x".repeat(500), () => socket?.destroy());
			return;
		case "/stalls":
			response.writeHead(200, { "Content-Length": 1000 });
			response.write("x".repeat(500));
			return;
		case "/silent":
			return;
		case "/byte-by-byte": {
			const answer =
				'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: "b"\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n';
			for (const letter of answer) {
				socket?.write(letter);
				await new Promise((resolve) => setImmediate(resolve));
			}
			return;
		}
		case "/close-after":
			// An answer that says nothing of it, and then the end: the kept connection is dead.
			response.end("kept?", () => socket?.destroy());
			return;
		default:
			response.writeHead(404);
			response.end("no such path");
	}
}

const listen = (server: Server): Promise<number> =>
	new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));

export async function start() {
	const folder = mkdtempSync(join(tmpdir(), "linkxs-http-"));
	const authority = Authority.root(folder, { name: "Test Root" });
	const certificate = authority.issue({ name: "localhost" });
	const sockets = new Set<Socket>();
	const keep = (socket: Socket) => {
		connections++;
		sockets.add(socket);
		socket.on("error", () => socket.destroy());
		socket.on("close", () => sockets.delete(socket));
	};
	const handle = (request: IncomingMessage, response: ServerResponse) =>
		void serve(request, response).catch(() => response.destroy());
	const plain = createServer({ keepAliveTimeout: 60_000 }, handle).on("connection", keep);
	const secure = createSecure({ key: certificate.key, cert: certificate.pem, keepAliveTimeout: 60_000 }, handle);
	secure.on("secureConnection", keep);
	// Answers the n-th connection with the n-th wrong answer, and half closes.
	let next = 0;
	const raw = createRaw({ allowHalfOpen: true }, (socket) => {
		keep(socket);
		const answer = bad[next++ % bad.length]?.[1] ?? "";
		socket.once("data", () => socket.end(Buffer.from(answer, "latin1")));
	});
	// Takes nothing of what is sent, and answers at last.
	const deaf = createRaw((socket) => {
		keep(socket);
		socket.pause();
	});
	const ports = await Promise.all([plain, secure, raw, deaf].map((server) => listen(server)));
	return {
		config: {
			plain: ports[0],
			secure: ports[1],
			raw: ports[2],
			deaf: ports[3],
			root: authority.certificate.pem,
			bad: bad.map(([name, , code]) => [name, code]),
			largeSum: sum([large]),
		},
		stop: () => {
			for (const socket of sockets) socket.destroy();
			for (const server of [plain, secure, raw, deaf]) server.close();
			rmSync(folder, { recursive: true });
		},
	};
}
