import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Events } from "../events";
import type { About } from "../listener/listener";
import { readBody } from "./body";
import type { HttpAnswer, Router } from "./router";

/** How long parts of a conversation may take, ms: real time, as it guards the process and is no rule of the platform. */
export interface HttpTimeouts {
	/** From the connection, or the answer before, to a request's last header. */
	readonly header: number;
	/** From there to the body's last byte; and for each 16 KB of the answer to be taken. */
	readonly body: number;
}

export interface HttpServerOptions {
	router: Router;
	events: Events;
	timeouts?: HttpTimeouts;
}

const TIMEOUTS: HttpTimeouts = Object.freeze({ header: 20_000, body: 30_000 });
/** Request line and headers, bytes. */
const HEADERS_MAX = 8192;
/** Requests on one connection whose answers are still to come (a client that sends ahead); more closes it. */
const AHEAD_MAX = 32;
const PIECE = 16_384;
/** How long a refused client may go on sending, ms. */
const LINGER = 1000;

/** What is known of a connection. */
interface Connection {
	readonly about: About;
	/** Requests without an answer. */
	open: number;
	timer: NodeJS.Timeout | undefined;
}

/**
 * HTTP/1.0 and 1.1 without a port: the sniffing listener hands connections in. Node's server parses, in its strict way; what
 * is bounded beyond its own bounds is bounded here, since Node looks after time-outs only for a server that listens.
 */
export class HttpServer {
	readonly #options: HttpServerOptions;
	readonly #timeouts: HttpTimeouts;
	readonly #server: Server;
	readonly #connections = new WeakMap<Duplex, Connection>();

	constructor(options: HttpServerOptions) {
		this.#options = options;
		this.#timeouts = options.timeouts ?? TIMEOUTS;
		const take = (request: IncomingMessage, response: ServerResponse) => void this.#take(request, response);
		this.#server = createServer({ maxHeaderSize: HEADERS_MAX, keepAliveTimeout: 0 }, take);
		// A body that is too long isn't asked for first.
		this.#server.on("checkContinue", take);
		this.#server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => this.#broken(error, socket));
	}

	/** Takes a connection, nothing of which has been consumed. */
	handle(stream: Duplex, about: About): void {
		const connection: Connection = { about, open: 0, timer: undefined };
		this.#connections.set(stream, connection);
		stream.on("close", () => clearTimeout(connection.timer));
		this.#await(stream, connection, this.#timeouts.header, "no whole request in time");
		this.#server.emit("connection", stream);
	}

	async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const stream: Duplex = request.socket;
		const connection = this.#connections.get(stream);
		if (!connection) return void stream.destroy();
		if (++connection.open > AHEAD_MAX) {
			this.#refused(connection, "too many requests without waiting for an answer");
			return void stream.destroy();
		}
		this.#await(stream, connection, this.#timeouts.body, "no whole body in time");
		response.on("close", () => {
			if (--connection.open === 0 && !stream.destroyed)
				this.#await(stream, connection, this.#timeouts.header, "no next request");
		});
		try {
			await this.#answer(request, response, connection);
		} catch (reason) {
			// A client that went away in the middle is no failure of ours.
			if (response.destroyed || stream.destroyed) return;
			this.#options.events.emit({ type: "error", where: "http", reason: String(reason) });
			if (response.headersSent) stream.destroy();
			else await send(response, { status: 500, json: { code: 500, message: "the cloud failed; its log says more" } });
		}
	}

	async #answer(request: IncomingMessage, response: ServerResponse, connection: Connection): Promise<void> {
		const { router } = this.#options;
		if (request.httpVersionMajor !== 1) {
			const answer = { status: 505, json: { code: 505, message: "HTTP/1.1 or 1.0" } };
			return this.#refuse(request, response, connection, answer);
		}
		const target = targetOf(request.url ?? "");
		const method = request.method === "HEAD" ? "GET" : (request.method ?? "");
		const route = target && router.find(method, target.path);
		if (!target || !route) {
			const allowed = target ? router.methods(target.path) : [];
			const [status, message] = allowed.length > 0 ? [405, "method not allowed"] : [404, "not found"];
			const headers = allowed.length > 0 ? { Allow: allowed.join(", ") } : {};
			return this.#refuse(request, response, connection, { status, headers, json: { code: status, message } });
		}
		if (request.headers.expect !== undefined && Number(request.headers["content-length"] ?? 0) <= route.limit)
			response.writeContinue();
		const body = await readBody(request, route.limit);
		if (body === undefined) {
			const json = { code: 413, message: `the body has more than ${route.limit} bytes` };
			return this.#refuse(request, response, connection, { status: 413, json });
		}
		const { transport, remote } = connection.about;
		const { headers } = request;
		const { path, query } = target;
		const asked = { method: method as "GET" | "POST", path, rest: route.rest, query, headers, body, transport, remote };
		clearTimeout(connection.timer);
		const answer = await route.handler(asked);
		const { socket } = request;
		const patience = () => this.#await(socket, connection, this.#timeouts.body, "the answer was not taken in time");
		patience();
		await send(response, answer, patience);
	}

	/** Answers and tells. */
	async #refuse(
		request: IncomingMessage,
		response: ServerResponse,
		connection: Connection,
		answer: HttpAnswer,
	): Promise<void> {
		const path = request.url?.split("?", 1)[0] ?? "";
		this.#refused(connection, `${request.method} ${printable(path)}: ${answer.status}`);
		// What the client still sends is read for a while: closing over unread bytes would lose it the answer.
		request.resume();
		const { socket } = request;
		setTimeout(() => request.complete || socket.destroy(), LINGER).unref();
		await send(response, answer);
	}

	/** What Node's parser refuses, or a connection that broke. */
	#broken(error: NodeJS.ErrnoException, stream: Duplex): void {
		const connection = this.#connections.get(stream);
		if (!connection || error.code === "ECONNRESET" || !stream.writable) return void stream.destroy();
		this.#refused(connection, error.code ?? error.message);
		// Behind an answer that is under way another one would be taken for a part of it.
		if (connection.open > 0) return void stream.destroy();
		const status = error.code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : "400 Bad Request";
		const body = JSON.stringify({ code: Number(status.slice(0, 3)), message: status.slice(4).toLowerCase() });
		const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
		stream.end(`${head}Connection: close\r\n\r\n${body}`);
		stream.resume();
		setTimeout(() => stream.destroy(), LINGER).unref();
	}

	#await(stream: Duplex, connection: Connection, ms: number, reason: string): void {
		clearTimeout(connection.timer);
		connection.timer = setTimeout(() => {
			// Silence between requests is how a kept connection ends.
			if (reason !== "no next request") this.#refused(connection, reason);
			stream.destroy();
		}, ms);
		connection.timer.unref();
	}

	#refused({ about: { remote, transport } }: Connection, reason: string): void {
		this.#options.events.emit({ type: "connection.refused", remote, transport, protocol: "HTTP", reason });
	}
}

/** Path and query of a request target in origin or absolute form (RFC 9112, 3.2). */
function targetOf(url: string): { path: string; query: URLSearchParams } | undefined {
	const origin = /^https?:\/\/[^/?#]*/i.exec(url)?.[0];
	const target = origin === undefined ? url : url.slice(origin.length) || "/";
	if (!target.startsWith("/")) return undefined;
	const mark = target.indexOf("?");
	if (mark < 0) return { path: target, query: new URLSearchParams() };
	return { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) };
}

/** A path for the log: without what moves a terminal's cursor, and without words so long that they may be a secret. */
function printable(path: string): string {
	const text = path.replace(/[^\x21-\x7e]/g, "?").replace(/[^/]{21,}/g, "…");
	return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** A large answer in pieces, so that its progress can be seen. */
function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
	for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

/** @param progress called for each piece that the client has taken. */
async function send(response: ServerResponse, answer: HttpAnswer, progress: () => void = () => {}): Promise<void> {
	const { status = 200, headers = {} } = answer;
	if ("json" in answer) {
		const text = JSON.stringify(answer.json);
		const length = Buffer.byteLength(text);
		response.writeHead(status, { "Content-Type": "application/json", "Content-Length": length, ...headers });
		response.end(text);
		return;
	}
	const { body } = answer;
	const length = body instanceof Uint8Array && { "Content-Length": body.length };
	response.writeHead(status, { "Content-Type": "application/octet-stream", ...length, ...headers });
	const source = body instanceof Uint8Array ? Readable.from(pieces(body), { objectMode: false }) : body;
	source.on("data", progress);
	await pipeline(source, response);
}
