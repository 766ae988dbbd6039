// The bench's firmware: what every client of the bench does (workload.ts), on XS with modules/mqtt. It prints the marks
// that the stopwatch waits for, and after the last message what it holds in memory.
import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import { memory, restart } from "hal/system";
import Timer from "hal/timer";
import type { Session } from "hal/tls";
import Client, { type SocketOptions } from "mqtt/client";
import { readSettings } from "./settings";

console.log("bench:js");
const settings = readSettings();
const payload = new Uint8Array(settings.payloadBytes).fill(0x78);
const login = () => settings;
const mark = (name: string): void => console.log(`bench:${name}`);

let client: Client;
let session: Session | undefined;
let done = 0;
/** The connection that is counted: without `resume` the only one. */
let counted = !settings.resume;

function socket(): SocketOptions {
	const { address, port, root } = settings;
	const where = { host: "localhost", address, port };
	if (root === "") return { io: TCP, ...where };
	return { io: TLSSocket, ...where, secure: { roots: [root], session } } as SocketOptions;
}

function connect(): void {
	if (counted) mark("connecting");
	client = new Client({ socket, login, keepAlive: 300, clean: true, onOnline, onOffline });
}

function onOnline(): void {
	if (counted) mark("connected");
	if (settings.count > 0 || !counted) next();
	else finish();
}

function onOffline(error: Error): void {
	console.log(`offline: ${error}`);
}

function next(): void {
	client.publish(settings.topic, payload, 1, acknowledged);
}

function acknowledged(error?: Error): void {
	if (error) console.log(`not acknowledged: ${error}`);
	else if (counted) count();
	else again();
}

function count(): void {
	done++;
	if (done === 1) mark("first");
	if (done === settings.skip) mark("begin");
	if (settings.lap && done % settings.lap === 0) mark(`lap ${done}`);
	if (done < settings.count) next();
	else finish();
}

/** The first connection of two is done: keep its session, make the second one. */
function again(): void {
	session = (client.stream as TLSSocket | undefined)?.session();
	client.close();
	counted = true;
	mark("again");
	connect();
}

function finish(): void {
	mark("end");
	mark(`memory ${JSON.stringify(memory(true))}`);
	if (settings.hold) return;
	client.close();
	// Whoever waits for this run's end lets no reset happen: the simulator ends here.
	Timer.set(() => restart("done"), 20);
}

mark("main");
connect();
