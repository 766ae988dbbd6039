// MQTT on the device against mosquitto: plain, TLS, TLS with a client certificate.
import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import config from "mc/config";
import { expect, test } from "test/expect";
import { peer } from "test/peer";
import { brokerSuite } from "./broker-suite";
import { until, Witness } from "./support";

interface Config {
	readonly plain: number;
	readonly tls: number;
	readonly mutual: number;
	readonly root: string;
	readonly certificate: string;
	readonly key: string;
}

const { plain, tls, mutual, root, certificate, key } = config as unknown as Config;
const where = { host: "localhost", address: peer };

brokerSuite("mosquitto", { io: TCP, ...where, port: plain });
brokerSuite("mosquitto over TLS", { io: TLSSocket, ...where, port: tls, secure: { roots: [root] } });
brokerSuite("mosquitto with client certificates", {
	io: TLSSocket,
	...where,
	port: mutual,
	secure: { roots: [root], certificate, key },
});

test("mosquitto without the client certificate that it wants: no connection, a typed error", async () => {
	const socket = { io: TLSSocket, ...where, port: mutual, secure: { roots: [root] } };
	const it = new Witness(0, { socket, reconnect: () => undefined });
	await until("an end", () => it.ends.length > 0);
	expect([it.online, it.ends]).toEqual([0, ["tls"]]);
});

test("mosquitto under a root that isn't trusted: no connection, a typed error", async () => {
	const socket = { io: TLSSocket, ...where, port: tls, secure: { roots: [certificate] } };
	const it = new Witness(0, { socket, reconnect: () => undefined });
	await until("an end", () => it.ends.length > 0);
	expect([it.online, it.ends]).toEqual([0, ["tls"]]);
});
