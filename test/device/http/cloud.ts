// The client against the local cloud's HTTP side: one port for TCP and TLS, a kept connection, refusals in JSON.
import TLSSocket from "embedded:io/socket/tcp/tls";
import Client from "http/client";
import config from "mc/config";
import { expect, test } from "test/expect";
import { peer } from "test/peer";
import { ask, client } from "./support";

const { port, root } = config as unknown as { port: number; root: string };

const roads: readonly [string, () => Client][] = [
	["TCP", () => client(port)],
	[
		"TLS",
		() =>
			new Client({
				socket: { io: TLSSocket, host: "localhost", address: peer, port, secure: { roots: [root] } },
			}),
	],
];

for (const [road, make] of roads) {
	test(`over ${road}: refusals, one after the other on one connection`, async () => {
		const http = make();
		const streams = new Set<unknown>();
		for (let i = 0; i < 3; i += 1) {
			const none = await ask(http, "/none", { wanted: ["content-type"] });
			expect([none.error, none.status, none.text, none.fields[0]]).toEqual([
				undefined,
				404,
				'{"code":404,"message":"not found"}',
				"application/json",
			]);
			streams.add(http.stream);
		}
		const wrong = await ask(http, "/auth/register/device", { wanted: ["allow"] });
		expect([wrong.status, wrong.fields[0]]).toEqual([405, "POST"]);
		// One that goes out whole before the answer comes: else the connection could not be kept.
		const long = await ask(http, "/auth/register/device", { method: "POST", body: new Uint8Array(5_000).fill(97) });
		expect(long.status).toBe(413);
		streams.add(http.stream);
		expect(streams.size).toBe(1);
		http.close();
	});
}
