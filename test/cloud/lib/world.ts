import { createHmac } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import type { Actions } from "../../../tools/cloud/admin/actions";
import { CloudClient } from "../../../tools/cloud/client";
import { type Cloud, type CloudOptions, createCloud } from "../../../tools/cloud/cloud";
import type { CloudEvent } from "../../../tools/cloud/events";
import { keepOutput, noteSecret } from "../../lib/transcript";

/** A device's identity. */
export interface Triple {
	productKey: string;
	deviceName: string;
	deviceSecret: string;
}

/** How a test's device connects; what is not given is right. */
export interface ConnectOptions extends IClientOptions {
	tls?: boolean;
	clientIdText?: string;
	extension?: string;
	method?: string;
	timestamp?: string | undefined;
	host?: string;
	upperCase?: boolean;
}

/** One authority for the tests' clouds: making RSA keys takes most of a cloud's first start. */
const AUTHORITY = fileURLToPath(new URL("../../../build/test/cloud-authority-2", import.meta.url));

function keepAuthority(folder: string): void {
	const copy = `${AUTHORITY}.${process.pid}`;
	mkdirSync(dirname(AUTHORITY), { recursive: true });
	cpSync(folder, copy, { recursive: true });
	try {
		renameSync(copy, AUTHORITY);
	} catch {
		// Another test process was faster.
		rmSync(copy, { recursive: true, force: true });
	}
}

/** A cloud of a test's own, its admin client, and the clients that were connected to it. */
export class World {
	readonly cloud: Cloud;
	readonly admin: CloudClient;
	readonly state: string;
	readonly #clients: MqttClient[] = [];

	private constructor(cloud: Cloud, state: string) {
		this.cloud = cloud;
		this.state = state;
		this.admin = new CloudClient(cloud);
		noteSecret("admin token", cloud.token);
		cloud.events.on((event) => keepOutput("cloud-events", JSON.stringify(event)));
	}

	static async start(options: Partial<CloudOptions> = {}): Promise<World> {
		const state = options.state ?? mkdtempSync(join(tmpdir(), "linkxs-cloud-"));
		if (options.state === undefined && existsSync(AUTHORITY)) cpSync(AUTHORITY, join(state, "ca"), { recursive: true });
		const world = new World(await createCloud({ ...options, state }), state);
		if (!existsSync(AUTHORITY)) keepAuthority(join(state, "ca"));
		return world;
	}

	/** Ends clients and cloud; removes the state unless `keep`. */
	async stop(keep = false): Promise<void> {
		for (const client of this.#clients) client.end(true);
		await this.cloud.close();
		if (!keep) rmSync(this.state, { recursive: true, force: true });
	}

	async product(request: Partial<Actions["CreateProduct"]["request"]> = {}): Promise<string> {
		const answer = await this.admin.call("CreateProduct", {
			ProductName: `product${Math.random().toString(36).slice(2, 10)}`,
			...request,
		});
		return answer.ProductKey;
	}

	async device(productKey?: string, name?: string): Promise<Triple> {
		const { Data } = await this.admin.call("RegisterDevice", {
			ProductKey: productKey ?? (await this.product()),
			...(name !== undefined && { DeviceName: name }),
		});
		return { productKey: Data.ProductKey, deviceName: Data.DeviceName, deviceSecret: Data.DeviceSecret };
	}

	/** MQTT.js's options for a device, signed here by hand and not with the cloud's own code. */
	options(device: Triple, options: ConnectOptions = {}): IClientOptions {
		const {
			tls = false,
			clientIdText = "test",
			method = "hmacsha256",
			timestamp,
			host = "127.0.0.1",
			upperCase = false,
			...rest
		} = options;
		const { productKey, deviceName, deviceSecret } = device;
		const content = `clientId${clientIdText}deviceName${deviceName}productKey${productKey}${timestamp === undefined ? "" : `timestamp${timestamp}`}`;
		const hex = createHmac(method.replace("hmac", ""), deviceSecret).update(content).digest("hex");
		const extension =
			options.extension ??
			`securemode=${tls ? 2 : 3},signmethod=${method}${timestamp === undefined ? "" : `,timestamp=${timestamp}`}`;
		return {
			protocol: tls ? "mqtts" : "mqtt",
			host,
			port: this.cloud.ports.device,
			...(tls && { ca: readFileSync(this.cloud.caFile) }),
			clientId: `${clientIdText}|${extension}|`,
			username: `${deviceName}&${productKey}`,
			password: upperCase ? hex.toUpperCase() : hex,
			keepalive: 60,
			reconnectPeriod: 0,
			clean: true,
			protocolVersion: 4,
			...rest,
		};
	}

	/** Connects a device; rejects with MQTT.js's error, whose `code` is CONNACK's, when it is refused. */
	connect(device: Triple, options: ConnectOptions = {}): Promise<MqttClient> {
		const client = mqtt.connect(this.options(device, options));
		this.#clients.push(client);
		return new Promise((resolve, reject) => {
			client.once("connect", () => resolve(client));
			client.once("error", reject);
			client.once("close", () => reject(new Error("closed")));
		});
	}

	/** CONNACK's return code of a refused connection. */
	async refusal(device: Triple, options: ConnectOptions = {}): Promise<number> {
		const error: unknown = await this.connect(device, options).then(
			() => undefined,
			(error: unknown) => error,
		);
		if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "number")
			return error.code;
		throw new Error(`not refused by CONNACK: ${String(error)}`);
	}

	/** Resolves when the cloud knows that the device has gone. */
	async offline({ productKey, deviceName }: Triple): Promise<void> {
		for (;;) {
			const { Data } = await this.admin.call("GetDeviceStatus", { ProductKey: productKey, DeviceName: deviceName });
			if (Data.Status !== "ONLINE") return;
			await new Promise((resolve) => setTimeout(resolve, 5));
		}
	}

	/** The first event of a kind, past or to come. */
	async event<Type extends CloudEvent["type"]>(
		type: Type,
		accepts: (event: CloudEvent & { type: Type }) => boolean = () => true,
	): Promise<CloudEvent & { type: Type }> {
		const found = await this.cloud.events.next(
			(event) => event.type === type && accepts(event as CloudEvent & { type: Type }),
			20_000,
			true,
		);
		return found as CloudEvent & { type: Type };
	}
}

/** The next message on a client. */
export function nextMessage(
	client: MqttClient,
	timeout = 20_000,
): Promise<{ topic: string; text: string; qos: number; dup: boolean }> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(new Error("no message")), timeout);
		client.once("message", (topic, payload, packet) => {
			clearTimeout(timer);
			resolve({ topic, text: payload.toString(), qos: packet.qos, dup: packet.dup });
		});
	});
}

/** Resolves when the client's connection ends. */
export function closed(client: MqttClient): Promise<void> {
	return new Promise((resolve) => {
		if (!client.connected) resolve();
		client.once("close", () => resolve());
	});
}

/** Subscribes; answers the granted codes (128 = refused), where MQTT.js would throw. */
export function subscribe(client: MqttClient, topic: string, qos: 0 | 1 | 2 = 0): Promise<number> {
	return new Promise((resolve, reject) => {
		client.subscribe(topic, { qos }, (error, granted, packet) => {
			const code = packet?.granted[0] ?? granted?.[0]?.qos;
			if (typeof code === "number") resolve(code);
			else reject(error ?? new Error("no SUBACK"));
		});
	});
}

/** A field of MQTT: two bytes of length, then the text. */
export function field(text: string): Buffer {
	return Buffer.concat([Buffer.from([text.length >> 8, text.length & 255]), Buffer.from(text)]);
}

/** A CONNECT packet byte by byte (keep alive 60 s, a session that is kept), for what MQTT.js would never send. */
export function connectPacket({ clientId = "", username = "", password = "" }: IClientOptions): Buffer {
	const body = Buffer.concat([
		field("MQTT"),
		Buffer.from([4, 0xc2, 0, 60]),
		field(clientId),
		field(username),
		field(String(password)),
	]);
	return Buffer.concat([Buffer.from([0x10, (body.length & 127) | 128, body.length >> 7]), body]);
}
