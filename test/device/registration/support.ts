// What the tests of registration share: an enrolment over records in memory, and the way to the cloud's admin side.
import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import Enrolment, { type Enrolled, type EnrolmentOptions } from "enrolment/enrolment";
import { Key } from "hal/crypto";
import { decode, encode } from "hal/text";
import Post from "http/post";
import Device, { type DeviceOptions, type DeviceState } from "link/device";
import Log from "log/log";
import type { RegistrationError } from "registration/error";
import { FakeRecords } from "test/fake-records";
import { peer } from "test/peer";
import type { Changes } from "vault/records";
import { until } from "../mqtt/support";

export const secret = (text: string) => Key.from(encode(text));

/** POST to a server on the loopback. @returns its answer, which is JSON. */
export function ask<T>(port: number, path: string, body: object = {}): Promise<T> {
	return new Promise((resolve, reject) => {
		new Post({
			socket: { io: TCP, host: peer, port },
			path,
			type: "application/json",
			body: JSON.stringify(body),
			limit: 4096,
			onDone(error, status, answer) {
				if (error) reject(error);
				else if (status !== 200) reject(new Error(`${path}: ${status} ${decode(answer)}`));
				else resolve(JSON.parse(decode(answer)) as T);
			},
		});
	});
}

/** One enrolment, told whole: who it became, or the first error with its wait. */
export interface Outcome {
	readonly enrolled: Enrolled | undefined;
	readonly error: RegistrationError | undefined;
	readonly wait: number | undefined;
	readonly lines: readonly string[];
}

export async function enrol(records: FakeRecords, more: Partial<EnrolmentOptions> = {}): Promise<Outcome> {
	const lines: string[] = [];
	const log = new Log("test", { sink: (line) => lines.push(line) });
	let outcome: Outcome | undefined;
	const enrolment = new Enrolment({
		records,
		log,
		tcp: TCP,
		tls: TLSSocket,
		roots: [],
		onReady(enrolled) {
			outcome = { enrolled, error: undefined, wait: undefined, lines };
		},
		onFailed(error, wait) {
			outcome = { enrolled: undefined, error, wait, lines };
		},
		...more,
	});
	await until("an outcome", () => outcome !== undefined, 20_000);
	enrolment.close();
	if (outcome === undefined) throw new Error("no outcome");
	return outcome;
}

/** Connects as who it became. */
export function connect({ enrolled }: Outcome, more: Partial<DeviceOptions> = {}) {
	if (!enrolled) throw new Error("it's nobody");
	const states: DeviceState[] = [];
	const lines: string[] = [];
	const log = new Log("test", { sink: (line) => lines.push(line) });
	const device = new Device({ ...enrolled, log, onState: (state) => states.push(state), ...more });
	return { device, states, lines };
}

/** Connects and reports, which needs the platform to know it. */
export async function works(outcome: Outcome): Promise<void> {
	const { device } = connect(outcome);
	await device.report({ temperature: 21 });
	device.close();
}

/** Why the platform doesn't take it. */
export async function refusal(outcome: Outcome, more: Partial<DeviceOptions> = {}): Promise<DeviceState> {
	const { device, states } = connect(outcome, more);
	await until("a refusal", () => states.some(({ name }) => name === "offline"), 20_000);
	device.close();
	return states.find(({ name }) => name === "offline") as DeviceState;
}

/** Records of a device that belongs to a cloud on the loopback. */
export function records(port: number, root: string, changes: Changes): FakeRecords {
	return new FakeRecords({
		"link/host": "localhost",
		"link/address": peer,
		"link/port": String(port),
		"link/root": encode(root),
		...changes,
	});
}
