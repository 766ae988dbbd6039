import type { IncomingMessage, ServerResponse } from "node:http";
import type { CloudEvent, Events } from "../events";

/** A comment line is sent this often, ms, so that both sides notice a dead connection. */
const HEARTBEAT = 15_000;
/** A reader with this many unread bytes is cut off. */
const UNREAD_MAX = 4 * 1024 * 1024;

/**
 * Serves the events as a server-sent stream. `Last-Event-ID` (or `?since=`) brings the kept events after that number
 * first; `?type=a,b` selects kinds.
 */
export function streamEvents(request: IncomingMessage, response: ServerResponse, url: URL, events: Events): void {
	const types = url.searchParams.get("type")?.split(",");
	const since = request.headers["last-event-id"] ?? url.searchParams.get("since");
	response.writeHead(200, {
		"Content-Type": "text/event-stream",
		"Cache-Control": "no-store",
		Connection: "keep-alive",
	});
	const write = (event: CloudEvent) => {
		if (types && !types.includes(event.type)) return;
		response.write(`id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
		if (response.writableLength > UNREAD_MAX) response.destroy();
	};
	response.write(": linkxs cloud\n\n");
	if (since !== undefined && since !== null) for (const event of events.since(Number(since) || 0)) write(event);
	const off = events.on(write);
	const heartbeat = setInterval(() => response.write(": \n\n"), HEARTBEAT);
	response.on("close", () => {
		off();
		clearInterval(heartbeat);
	});
}
