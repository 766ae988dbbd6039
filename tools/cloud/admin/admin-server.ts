import { randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { CloudError, type CloudErrorCode } from "../errors";
import { streamEvents } from "./event-stream";
import { openApi } from "./open-api";
import type { Context } from "./operation";
import { OPERATIONS } from "./operations";
import { validate } from "./validate";

/** The largest request body, bytes: a message of 256 KB in base64 with its other fields. */
const BODY_MAX = 400_000;

/** A new token: 32 random bytes as text. */
export function newToken(): string {
	return randomBytes(32).toString("base64url");
}

export interface AdminOptions {
	context: Context;
	token: string;
	/** 0 gives a free port. */
	port: number;
}

/**
 * The admin API on the loopback: POST /api/v1/<Action> with a JSON object, GET /api/v1/events (server-sent), GET
 * /api/v1/openapi.json. All but the last need `Authorization: Bearer <token>`.
 */
export class AdminServer {
	readonly #options: AdminOptions;
	readonly #server: Server;

	constructor(options: AdminOptions) {
		this.#options = options;
		this.#server = createServer(
			{ requestTimeout: 30_000, headersTimeout: 10_000, maxHeaderSize: 8192 },
			(request, response) => {
				this.#serve(request, response).catch((error: unknown) => this.#fail(response, error));
			},
		);
		this.#server.on("clientError", (_error, socket) => {
			if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
			socket.destroy();
		});
	}

	/** Binds; answers the port. Throws `listen`. */
	open(): Promise<number> {
		return new Promise((resolve, reject) => {
			this.#server.once("error", (cause: NodeJS.ErrnoException) => {
				reject(
					new CloudError("listen", `admin port ${this.#options.port} cannot be bound: ${cause.code}`, {
						cause,
						...(cause.code && { detail: cause.code }),
					}),
				);
			});
			this.#server.listen(this.#options.port, "127.0.0.1", () => {
				const address = this.#server.address();
				resolve(typeof address === "object" && address !== null ? address.port : 0);
			});
		});
	}

	/** Stops serving and ends every request and stream. */
	close(): Promise<void> {
		return new Promise((resolve) => {
			this.#server.close(() => resolve());
			this.#server.closeAllConnections();
		});
	}

	async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const url = new URL(request.url ?? "/", "http://localhost");
		const path = /^\/api\/v1\/([\w.]+)$/.exec(url.pathname)?.[1];
		if (path === undefined) return send(response, 404, problem("unknown", "NotFound", "the API lies under /api/v1/"));
		if (path === "openapi.json" && request.method === "GET") return send(response, 200, openApi());
		if (!this.#authorized(request)) {
			this.#options.context.events.emit({
				type: "admin.refused",
				remote: `${request.socket.remoteAddress}:${request.socket.remotePort}`,
				reason: "no token, or a wrong one",
			});
			response.setHeader("WWW-Authenticate", "Bearer");
			return send(
				response,
				401,
				problem("admin", "Unauthorized", "the Authorization header has no token, or a wrong one"),
			);
		}
		if (path === "events" && request.method === "GET")
			return streamEvents(request, response, url, this.#options.context.events);
		const operation = OPERATIONS.get(path);
		if (!operation)
			return send(response, 404, problem("unknown", "UnsupportedOperation", `there is no action ${path}`));
		if (request.method !== "POST") {
			response.setHeader("Allow", "POST");
			return send(response, 405, problem("invalid", "UnsupportedHTTPMethod", "actions are called by POST"));
		}
		const body = await readBody(request);
		validate(operation, body);
		const answer = await operation.run(body, this.#options.context);
		send(response, 200, { RequestId: randomUUID(), Success: true, ...answer });
	}

	#authorized(request: IncomingMessage): boolean {
		const given = Buffer.from(request.headers.authorization ?? "");
		const right = Buffer.from(`Bearer ${this.#options.token}`);
		return given.length === right.length && timingSafeEqual(given, right);
	}

	#fail(response: ServerResponse, error: unknown): void {
		if (error instanceof CloudError) {
			send(response, STATUS[error.code] ?? 500, problem(error.code, error.detail ?? error.code, error.message));
			return;
		}
		// A client that went away in the middle of its request is no failure of ours. (The request says nothing: it counts
		// as destroyed as soon as its body was read.)
		if (response.destroyed || response.socket?.destroyed !== false) return;
		this.#options.context.events.emit({ type: "error", where: "admin", reason: String(error) });
		send(response, 500, problem("state", "InternalError", "the cloud failed; its log says more"));
	}
}

/** HTTP status by error code. */
const STATUS: Readonly<Record<CloudErrorCode, number>> = Object.freeze({
	listen: 500,
	state: 500,
	invalid: 400,
	unknown: 404,
	exists: 409,
	refused: 409,
	offline: 409,
	timeout: 504,
	admin: 500,
});

function problem(kind: CloudErrorCode, code: string, message: string): Record<string, unknown> {
	return { RequestId: randomUUID(), Success: false, Code: code, ErrorMessage: message, Kind: kind };
}

function send(response: ServerResponse, status: number, body: unknown): void {
	if (response.headersSent) return void response.destroy();
	const text = JSON.stringify(body);
	response.writeHead(status, {
		"Content-Type": "application/json",
		"Content-Length": Buffer.byteLength(text),
		"Cache-Control": "no-store",
	});
	response.end(text);
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
	const parts: Buffer[] = [];
	let size = 0;
	for await (const part of request as AsyncIterable<Buffer>) {
		size += part.length;
		if (size > BODY_MAX)
			throw new CloudError("invalid", `the request has more than ${BODY_MAX} bytes`, { detail: "RequestTooLarge" });
		parts.push(part);
	}
	if (size === 0) return {};
	let value: unknown;
	try {
		value = JSON.parse(Buffer.concat(parts).toString("utf8"));
	} catch {
		throw new CloudError("invalid", "the request is not JSON", { detail: "InvalidJSON" });
	}
	if (typeof value !== "object" || value === null || Array.isArray(value))
		throw new CloudError("invalid", "the request is not a JSON object", { detail: "InvalidJSON" });
	return value as Record<string, unknown>;
}
