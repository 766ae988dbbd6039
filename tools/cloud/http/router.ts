import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Transport } from "../events";

/** Methods that the sniffing listener lets through. HEAD is answered as GET is, without the body. */
export type Method = "GET" | "POST";

/** A request whose body has come whole. */
export interface HttpRequest {
	readonly method: Method;
	/** As it was asked for, still in percent-encoding, without the query. */
	readonly path: string;
	/** What the `*` of the route's path stands for; empty for a path without one. */
	readonly rest: string;
	readonly query: URLSearchParams;
	/** Names in lower case. */
	readonly headers: IncomingHttpHeaders;
	/** As it was sent: a stock SDK may have put a NUL behind its text, see `textOf`. */
	readonly body: Buffer;
	readonly transport: Transport;
	readonly remote: string;
}

/** What goes back. Headers of its own go over those that the server makes. */
export type HttpAnswer = {
	/** Default 200. */
	readonly status?: number;
	readonly headers?: Readonly<Record<string, string>>;
} & (
	| { /** Sent compact, its keys in their order: the C SDK finds `code` only as the first. */ readonly json: object }
	| { /** A stream goes out in chunks, unless `headers` has a Content-Length. */ readonly body: Uint8Array | Readable }
);

/** Answers a request. What it throws is told as 500 without a reason; the event has the reason. */
export type HttpHandler = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>;

export interface RouteOptions {
	/** The largest body, bytes; default 4,096. More is refused with 413 before the handler is asked. */
	readonly limit?: number;
}

/** A path's handler, and what of the path its `*` stands for. */
export interface Route {
	readonly handler: HttpHandler;
	readonly limit: number;
	readonly rest: string;
}

const BODY_MAX = 4096;

/** Which handler a path has. Paths are told apart byte by byte; one that ends in `/*` takes all below it. */
export class Router {
	readonly #routes = new Map<string, { handler: HttpHandler; limit: number }>();

	/** @throws {TypeError} for a path that has a handler. */
	on(method: Method, path: string, handler: HttpHandler, options: RouteOptions = {}): this {
		const key = `${method} ${path}`;
		if (!path.startsWith("/")) throw new TypeError(`${path}: a path begins with /`);
		if (this.#routes.has(key)) throw new TypeError(`${key} has a handler already`);
		this.#routes.set(key, { handler, limit: options.limit ?? BODY_MAX });
		return this;
	}

	/** The exact path's handler, else that of the longest `…/*` above it. */
	find(method: string, path: string): Route | undefined {
		const exact = this.#routes.get(`${method} ${path}`);
		if (exact) return { ...exact, rest: "" };
		for (let end = path.lastIndexOf("/"); end >= 0; end = end === 0 ? -1 : path.lastIndexOf("/", end - 1)) {
			const above = this.#routes.get(`${method} ${path.slice(0, end)}/*`);
			if (above) return { ...above, rest: path.slice(end + 1) };
		}
		return undefined;
	}

	/** The methods that this path has a handler for. */
	methods(path: string): Method[] {
		return (["GET", "POST"] as const).filter((method) => this.find(method, path) !== undefined);
	}
}
