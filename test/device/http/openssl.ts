// The client over TLS against `openssl s_server`.
import TLSSocket from "embedded:io/socket/tcp/tls";
import Client from "http/client";
import config from "mc/config";
import { expect, test } from "test/expect";
import { peer } from "test/peer";
import { ask, told } from "./support";

const { www, http, root } = config as unknown as { www: number; http: number; root: string };

const client = (port: number): Client =>
	new Client({
		socket: { io: TLSSocket, host: "localhost", address: peer, port, secure: { roots: [root] } },
		timeout: 5_000,
	});

test("-WWW: bodies until the connection's end", async () => {
	const it = client(www);
	expect(await told(it, "/hello.txt")).toBe("200 hello from OpenSSL");
	const large = await ask(it, "/large.bin", { limit: 100_000 }, false);
	expect([large.error, large.bytes]).toEqual([undefined, 100_000]);
	it.close();
}, 20_000);

test("-HTTP: whatever a file says", async () => {
	const it = client(http);
	const whole = await ask(it, "/whole.http", { wanted: ["etag"] });
	expect([whole.text, whole.fields]).toEqual(["whole", ['"o"']]);
	expect(await told(it, "/chunks.http")).toBe("200 chunks");
	const short = await ask(it, "/short.http");
	expect([short.error?.code, short.text]).toEqual(["truncated", "short"]);
	it.close();
}, 20_000);
