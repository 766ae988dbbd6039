import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { AdminServer } from "../../tools/cloud/admin/admin-server";
import type { Context } from "../../tools/cloud/admin/operation";
import { CloudClient } from "../../tools/cloud/client";
import { type CloudEvent, Events } from "../../tools/cloud/events";

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0)) await end();
});

/** An admin API whose product list is what `list` does. */
async function adminWith(list: () => Promise<never>) {
	const events = new Events(() => 0);
	const seen: CloudEvent[] = [];
	events.on((event) => seen.push(event));
	const store = { products: { list } };
	const server = new AdminServer({ context: { events, store } as unknown as Context, token: "t", port: 0 });
	const port = await server.open();
	ends.push(() => server.close());
	return { adminUrl: `http://127.0.0.1:${port}`, seen };
}

/** A server that takes requests, and does with them what `serve` does. */
async function listening(server: Server): Promise<string> {
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	ends.push(() => {
		server.closeAllConnections();
		server.close();
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it("a failure of the cloud's own is answered, and is an event", async () => {
	const { adminUrl, seen } = await adminWith(() => Promise.reject(new TypeError("the database is gone")));
	await expect(new CloudClient({ adminUrl, token: "t" }).call("QueryProductList", {})).rejects.toMatchObject({
		code: "state",
		detail: "InternalError",
	});
	expect(seen).toMatchObject([{ type: "error", where: "admin", reason: "TypeError: the database is gone" }]);
});

it("a client that went away in the middle is no failure", async () => {
	const stop = new AbortController();
	let asked = () => {};
	const running = new Promise<void>((resolve) => {
		asked = resolve;
	});
	let fail = (_error: Error) => {};
	const failing = new Promise<never>((_resolve, reject) => {
		fail = reject;
	});
	const { adminUrl, seen } = await adminWith(() => {
		asked();
		return failing;
	});
	const request = fetch(`${adminUrl}/api/v1/QueryProductList`, {
		method: "POST",
		headers: { Authorization: "Bearer t" },
		signal: stop.signal,
	});
	await running;
	stop.abort();
	await expect(request).rejects.toThrow();
	// The server has the end of the connection when another request, made after it, was answered.
	await fetch(`${adminUrl}/api/v1/openapi.json`).then((answer) => answer.text());
	fail(new Error("too late"));
	await fetch(`${adminUrl}/api/v1/openapi.json`).then((answer) => answer.text());
	expect(seen).toEqual([]);
});

it("a cloud that doesn't answer, or stops in its answer, is left after some time", async () => {
	const silent = await listening(createServer(() => {}));
	const halting = await listening(createServer((_request, response) => response.write("{")));
	for (const adminUrl of [silent, halting]) {
		await expect(new CloudClient({ adminUrl, token: "t" }, 100).call("QueryProductList", {})).rejects.toMatchObject({
			code: "admin",
			message: `the cloud at ${adminUrl} did not answer within 0.1 s`,
		});
	}
});
