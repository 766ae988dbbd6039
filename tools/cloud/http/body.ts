import type { IncomingMessage } from "node:http";
import type { HttpRequest } from "./router";

/** The body of a request, or undefined as soon as it has more than `limit` bytes. Rejects when the client goes away. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
	// The length was checked to be a number, and the only one, by Node's parser.
	if (Number(request.headers["content-length"] ?? 0) > limit) return undefined;
	const parts: Buffer[] = [];
	let size = 0;
	return new Promise((resolve, reject) => {
		// Not `for await`: leaving that would destroy the connection before the answer is sent.
		request.on("data", (part: Buffer) => {
			size += part.length;
			if (size > limit) resolve(undefined);
			else parts.push(part);
		});
		request.on("end", () => resolve(Buffer.concat(parts)));
		request.on("error", reject);
		request.on("close", () => reject(new Error("closed before the body's end")));
	});
}

/** A body as text, without the NULs that the C SDK counts into it when the application passes strlen + 1. */
export function textOf({ body }: Pick<HttpRequest, "body">): string {
	let end = body.length;
	while (end > 0 && body[end - 1] === 0) end--;
	return body.toString("utf8", 0, end);
}

/** A form (application/x-www-form-urlencoded, whatever the Content-Type says), a name given twice being its last. */
export function formOf(request: Pick<HttpRequest, "body">): Map<string, string> {
	return new Map(new URLSearchParams(textOf(request)));
}

/** A JSON object, or undefined when the body is none. */
export function jsonOf(request: Pick<HttpRequest, "body">): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(textOf(request));
		return typeof value === "object" && value !== null && !Array.isArray(value)
			? (value as Record<string, unknown>)
			: undefined;
	} catch {
		return undefined;
	}
}
