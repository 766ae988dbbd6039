// The reference firmware: a device with what was burned into its key-value storage reports a property and takes orders.
// Lines that `npm start` waits for: `I link online`, `W link offline: CODE …`, `I main report N acknowledged`.

import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import KeyValue from "embedded:storage/key-value";
import { platformRoots } from "certificates/roots";
import Network from "hal/network";
import { lastWords, memory, resetReason, ticks } from "hal/system";
import { decode } from "hal/text";
import Timer from "hal/timer";
import Device from "link/device";
import { readSettings, type Settings } from "link/settings";
import Log from "log/log";
import type { SocketOptions } from "mqtt/client";

const log = new Log("main");

/** Milliseconds between two reports; a property set of `interval` (seconds) changes it. */
let interval = 10_000;
let reports = 0;

function settings(): Settings {
	const store = KeyValue.open({ path: "link", mode: "r", format: "string" });
	try {
		return readSettings(store);
	} finally {
		store.close();
	}
}

function transport({ place, root }: Settings): SocketOptions {
	if (place.security === "tcp") return { io: TCP };
	return { io: TLSSocket, secure: { roots: root === undefined ? platformRoots() : [root] } };
}

function setProperties(params: Record<string, unknown>): void {
	log.info(`property set ${JSON.stringify(params)}`);
	const seconds = params["interval"];
	if (seconds === undefined) return;
	if (typeof seconds !== "number" || !(seconds >= 1 && seconds <= 86_400))
		throw new RangeError("interval: 1 to 86,400 s");
	interval = seconds * 1000;
	if (timer) Timer.schedule(timer, interval, interval);
}

async function report(): Promise<void> {
	reports += 1;
	const number = reports;
	try {
		await device?.report({ uptime: Math.round(ticks() / 1000), memory: memory().chunks + memory().slots });
		log.info(`report ${number} acknowledged`);
	} catch (error) {
		log.warn(`report ${number} failed: ${(error as Error).message}`);
	}
}

const last = lastWords();
log.info(`started after ${resetReason()}${last ? `: ${last.message}` : ""}`);

const found = settings();
const { identity } = found;
let device: Device | undefined;
let timer: Timer | undefined;

function start(): Device {
	const device = new Device({ ...found, transport: transport(found), log, onPropertySet: setProperties });
	log.info(`${identity.deviceName} of ${identity.productKey} at ${device.endpoint.host}:${device.endpoint.port}`);
	device.subscribe(device.topic("get"), ({ topic, payload }) => {
		log.info(`${topic} ${decode(payload)}`);
		device.publish(device.topic("update"), `{"echo":${JSON.stringify(decode(payload))}}`);
	});
	timer = Timer.set(report, 0, interval);
	return device;
}

new Network({
	// The device connects again by itself after a loss.
	onOnline() {
		device ??= start();
	},
	onOffline(error) {
		log.warn(`no network: ${error.message}`);
	},
});
