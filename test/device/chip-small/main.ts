// What fits into the one slot of a board with 1 MB: one way to be somebody (a device secret), one transport (MQTT over TLS),
// and of the platform's modules only those. No vault: who it is stands in the program's config, which a test gives.
import TLSSocket from "embedded:io/socket/tcp/tls";
import * as crypto from "hal/crypto";
import { resetReason, ticks } from "hal/system";
import { encode } from "hal/text";
import Timer from "hal/timer";
import { mqttLogin } from "identity/login";
import config from "mc/config";
import Client from "mqtt/client";

const text = (name: string): string => String(config[name] ?? "");
const productKey = text("productKey");
const deviceName = text("deviceName");
const [host, address, port] = [text("host"), text("address"), Number(text("port"))];
const RETRY = 2_000;

function connect(): void {
	const deviceSecret = crypto.Key.from(encode(text("deviceSecret")));
	const client = new Client({
		socket: { io: TLSSocket, host, address, port, secure: { roots: [text("root")] } },
		login: () => mqttLogin({ kind: "device-secret", productKey, deviceName, deviceSecret }, "tls", crypto),
		onOnline() {
			client.publish(`/${productKey}/${deviceName}/user/update`, `{"uptime":${ticks()}}`, 1, (error) =>
				console.log(error ? `not published: ${error}` : "published"),
			);
		},
		onOffline(error) {
			console.log(`offline: ${error}`);
			Timer.set(connect, RETRY);
		},
	});
}

console.log(`started after ${resetReason()}`);
connect();
