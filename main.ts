// The reference firmware: brings the network up, becomes who its vault says it is, reports a property and takes orders.
// Whoever has the cable tells it who it is and where its cloud is (`npx linkxs burn`).
// Lines that `npm start` waits for: `I link online`, `W link offline: CODE …`, `I main report N acknowledged`.

import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import UDP from "embedded:io/socket/udp";
import FlashStorage from "embedded:storage/flash";
import { platformRoots } from "certificates/roots";
import Enrolment, { type Enrolled } from "enrolment/enrolment";
import consoleSerial from "hal/console";
import * as crypto from "hal/crypto";
import networkInterface from "hal/interface";
import { deriveKey, lastWords, memory, resetReason, restart, ticks, uniqueId } from "hal/system";
import { decode } from "hal/text";
import Timer from "hal/timer";
import Device, { type DeviceState } from "link/device";
import Log from "log/log";
import config from "mc/config";
import Network from "network/network";
import { takeFactory } from "nvs/import";
import Provisioning from "provisioning/provisioning";
import { openRecords } from "vault/unreadable";

const log = new Log("main");

/** Milliseconds between two reports; a property set of `interval` (seconds) changes it. */
let interval = 10_000;
let reports = 0;
let device: Device | undefined;
let timer: Timer | undefined;
let enrolment: Enrolment | undefined;

function setProperties(params: Record<string, unknown>): void {
	log.info(`property set ${JSON.stringify(params)}`);
	const { interval: seconds } = params;
	if (seconds === undefined) return;
	if (typeof seconds !== "number" || !(seconds >= 1 && seconds <= 86_400))
		throw new RangeError("interval: 1 to 86,400 s");
	interval = seconds * 1000;
	if (timer) Timer.schedule(timer, interval, interval);
}

async function report(): Promise<void> {
	const number = ++reports;
	try {
		await device?.report({ uptime: Math.round(ticks() / 1000), memory: memory().chunks + memory().slots });
		log.info(`report ${number} acknowledged`);
	} catch (error) {
		log.warn(`report ${number} failed: ${(error as Error).message}`);
	}
}

/** A certificate of another time: perhaps it's the clock that is wrong. */
function checkClock(state: DeviceState): void {
	const { detail } = state.name === "offline" ? state.error : {};
	if (detail === "expired" || detail === "not-yet-valid") network.checkTime();
}

/** Told again when the platform has other names for it, or something else was burned. */
function connect(enrolled: Enrolled): void {
	device?.close();
	Timer.clear(timer);
	const it = new Device({ ...enrolled, storage: vault, log, onPropertySet: setProperties, onState: checkClock });
	const { productKey, deviceName } = enrolled.identity;
	log.info(`${deviceName} of ${productKey} at ${it.endpoint.host}:${it.endpoint.port}`);
	it.subscribe(it.topic("get"), ({ topic, payload }) => {
		log.info(`${topic} ${decode(payload)}`);
		it.publish(it.topic("update"), `{"echo":${JSON.stringify(decode(payload))}}`);
	});
	device = it;
	timer = Timer.set(report, 0, interval);
}

log.info(`started after ${[resetReason(), lastWords()?.message].filter(Boolean).join(": ")}`);

const flash = FlashStorage.open({ path: "vault" });
const vault = openRecords({ flash, crypto, deriveKey }, (why) => log.warn(`${why}: burn the device anew`));
takeFactory({ flash: FlashStorage.open({ path: "factory" }), records: vault, log });

const serial = consoleSerial();
if (serial) {
	const info = { firmware: "reference", version: "1.0.0", board: String(config["name"]), uniqueId: uniqueId() };
	const onProvisioned = () => restart("provisioned");
	new Provisioning({ serial, records: vault, info, log, onWritten: () => enrolment?.restart(), onProvisioned });
}

const streams = { tcp: TCP, tls: TLSSocket, roots: platformRoots };
const network = new Network({
	interface: networkInterface(),
	records: vault,
	udp: { io: UDP },
	log,
	// The device connects again by itself after a loss.
	onOnline: () => (enrolment ??= new Enrolment({ records: vault, log, ...streams, onReady: connect })),
	onTime: () => (device?.online ? undefined : enrolment?.restart()),
	onOffline: (error) => log.warn(`no network: ${error.message}`),
});
