import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Region } from "link/endpoint";
import { replaceFile } from "../lib/durable-file";
import { AdminServer, newToken } from "./admin/admin-server";
import { type Clock, systemClock } from "./clock";
import { describe } from "./describe";
import { CloudError } from "./errors";
import { type CloudEvent, Events } from "./events";
import { HttpServer } from "./http/http-server";
import { Router } from "./http/router";
import { Journal } from "./journal";
import { LIMITS, type Limits } from "./limits";
import { lanAddresses, platformNames } from "./listener/addresses";
import { Authority } from "./listener/authority";
import { Listener } from "./listener/listener";
import { Gate } from "./mqtt/gate/gate";
import { RegisterWay } from "./mqtt/gate/register";
import { SecretWay } from "./mqtt/gate/secret";
import { TokenWay } from "./mqtt/gate/token";
import { MqttServer } from "./mqtt/mqtt-server";
import { Switchboard } from "./mqtt/switchboard";
import { createProofs } from "./proofs";
import { registrationRoute } from "./registration/http";
import { Registrar } from "./registration/registrar";
import { openDatabase } from "./store/database";
import { Store } from "./store/store";
import { Platform } from "./thing/platform";
import { SubDevices } from "./thing/sub-devices";
import { Waiting } from "./thing/waiting";

export interface CloudOptions {
	/** Folder with all that the cloud keeps; made if it isn't there. One cloud at a time. */
	state: string;
	/** Ports; 0 (the default of both) gives a free one. `device` may be several, all of which speak everything. */
	ports?: { device?: number | readonly number[]; admin?: number };
	/** The time that the platform's rules go by. */
	clock?: Clock;
	/** Binds every address of the machine for devices, not the loopback alone; the admin side never leaves the loopback. */
	lan?: boolean;
	/** The region that this cloud stands for: who asks by TLS for a host of another is refused. Default cn-shanghai. */
	region?: Region;
	/** The platform's limits, where others are wanted. */
	limits?: Partial<Limits>;
	/** Takes log lines. */
	log?: (line: string) => void;
	/** Takes events from the very first on. */
	onEvent?: (event: CloudEvent) => void;
}

/** A running cloud. */
export interface Cloud {
	/** `device` is the first of `devices`. */
	ports: { device: number; devices: readonly number[]; admin: number };
	/** The admin API's bearer token. */
	token: string;
	/** Where the admin API is: http://127.0.0.1:port */
	adminUrl: string;
	/** The certificate (PEM) that devices take as their root. */
	caFile: string;
	/** The file that says all of this to other programs. */
	file: string;
	events: Events;
	/** Drops all connections, writes what waits. Harmless twice. */
	close(): Promise<void>;
}

/** What `cloud.json` in the state folder says (readable by its owner alone: it has the token). */
export interface CloudFile {
	pid: number;
	ports: Cloud["ports"];
	adminUrl: string;
	token: string;
	caFile: string;
	/** Names and addresses that devices can use. */
	hosts: string[];
}

/** Starts a cloud. Throws CloudError `state` or `listen`. */
export async function createCloud(options: CloudOptions): Promise<Cloud> {
	const state = resolve(options.state);
	const clock = options.clock ?? systemClock;
	try {
		mkdirSync(state, { recursive: true, mode: 0o700 });
	} catch (cause) {
		throw new CloudError("state", `the folder ${state} cannot be made`, { cause });
	}
	const file = join(state, "cloud.json");
	await refuseSecond(file, state);
	const events = new Events(() => clock.now());
	const journal = new Journal(join(state, "events.ndjson"));
	events.on((event) => journal.add(event));
	const { log, onEvent } = options;
	if (log) events.on((event) => log(describe(event)));
	if (onEvent) events.on(onEvent);

	const lan = options.lan === true ? lanAddresses() : [];
	const authority = new Authority(join(state, "ca"), () => Date.now());
	const identity = await authority.server(
		["localhost", "x509.localhost", ...platformNames()],
		["127.0.0.1", "::1", ...lan],
	);
	const limits: Limits = { ...LIMITS, ...options.limits };
	const store = new Store(
		await openDatabase(join(state, "cloud.db")),
		clock,
		(error) => events.emit({ type: "error", where: "database", reason: String(error) }),
		limits,
	);
	const waiting = new Waiting(clock);
	const switchboard = new Switchboard(store, events, clock);
	const region = options.region ?? "cn-shanghai";
	const registrar = new Registrar(store, events, limits);
	const subDevices = new SubDevices({ store, events, limits, registrar });
	const platform = new Platform({ store, events, clock, switchboard, waiting, subDevices });
	const router = new Router();
	let origin = "";
	const proofs = createProofs({
		state,
		store,
		events,
		clock,
		switchboard,
		authority,
		router,
		origin: () => origin,
	});
	const ways = [...proofs.ways, new SecretWay(store), new RegisterWay(registrar), new TokenWay(store)];
	const gate = new Gate(ways, region);
	const mqtt = new MqttServer({
		store,
		events,
		clock,
		switchboard,
		gate,
		onUplink: (uplink) => platform.receive(uplink),
	});
	registrationRoute(router, registrar, events, region);
	const http = new HttpServer({ router, events });
	const { device = 0 } = options.ports ?? {};
	const listener = new Listener({
		ports: typeof device === "number" ? [device] : device,
		lan: options.lan === true,
		identity,
		events,
		clientAuthorities: () => proofs.clientAuthorities(),
		takeSharedKey: (identity) => proofs.takeSharedKey(identity),
		handlers: {
			mqtt: (stream, about) => mqtt.handle(stream, about),
			"http-get": (stream, about) => http.handle(stream, about),
			"http-post": (stream, about) => http.handle(stream, about),
		},
	});
	const token = newToken();
	const admin = new AdminServer({
		context: { store, events, clock, switchboard, waiting, ...proofs.context },
		token,
		port: options.ports?.admin ?? 0,
	});

	let closing: Promise<void> | undefined;
	const close = () => {
		closing ??= (async () => {
			waiting.close();
			await mqtt.close();
			await Promise.all([listener.close(), admin.close()]);
			await proofs.close();
			await store.close();
			events.emit({ type: "cloud.stopped" });
			journal.flush();
			rmSync(file, { force: true });
		})();
		return closing;
	};
	try {
		const devices = await listener.open();
		const ports = { device: devices[0] ?? 0, devices, admin: await admin.open() };
		const adminUrl = `http://127.0.0.1:${ports.admin}`;
		const cloud: Cloud = { ports, token, adminUrl, caFile: authority.caFile, file, events, close };
		const hosts = ["localhost", ...lan];
		origin = `https://${hostOf(lan[0] ?? "localhost")}:${ports.device}`;
		await proofs.resume();
		writeCloudFile(cloud, hosts);
		events.emit({ type: "cloud.started", hosts, port: ports.device, adminUrl, state });
		return cloud;
	} catch (error) {
		await close();
		throw error;
	}
}

/** A host as it stands in an address. */
function hostOf(host: string): string {
	return host.includes(":") ? `[${host}]` : host;
}

function writeCloudFile({ ports, adminUrl, token, caFile, file }: Cloud, hosts: string[]): void {
	const content: CloudFile = { pid: process.pid, ports, adminUrl, token, caFile, hosts };
	replaceFile(file, `${JSON.stringify(content, null, "\t")}\n`, 0o600);
}

/** Two clouds over one database would each believe that they alone know who is connected. */
async function refuseSecond(file: string, state: string): Promise<void> {
	let known: CloudFile;
	try {
		known = JSON.parse(readFileSync(file, "utf8")) as CloudFile;
		const answer = await fetch(`${known.adminUrl}/api/v1/QueryProductList`, {
			method: "POST",
			headers: { Authorization: `Bearer ${known.token}` },
			signal: AbortSignal.timeout(1000),
		});
		if (!answer.ok) return;
	} catch {
		// No file, or one that a crash left behind: nobody answers with that token.
		return;
	}
	throw new CloudError("state", `a cloud already runs with the state folder ${state} (process ${known.pid})`);
}
