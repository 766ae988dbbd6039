import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { noteSecretsOf } from "../../lib/transcript";
import type { World } from "./world";

/** What all devices of a product have burned. */
export interface ProductSecret {
	productKey: string;
	productSecret: string;
}

/** How a registration goes; what is not given is right. */
export interface RegisterOptions extends IClientOptions {
	kind?: string;
	securemode?: string;
	method?: string;
	random?: string;
	/** In place of all of the client id's extension. */
	extension?: string;
	/** Behind what the extension has anyway. */
	more?: string;
	tls?: boolean;
	upperCase?: boolean;
}

/** A product whose devices may register. */
export async function productOf(
	world: World,
	fields: { NodeType?: number; AuthType?: "secret" | "x509" | "id2"; DynamicRegistration?: boolean } = {},
): Promise<ProductSecret> {
	const ProductName = `product${Math.random().toString(36).slice(2, 10)}`;
	const { Data } = await world.admin.call("CreateProduct", { ProductName, DynamicRegistration: true, ...fields });
	return { productKey: Data.ProductKey, productSecret: Data.ProductSecret };
}

/** The proof by product secret, made here by hand and not with the cloud's own code. */
export function proof(
	{ productKey, productSecret }: ProductSecret,
	deviceName: string,
	random: string,
	method: string,
) {
	const content = `deviceName${deviceName}productKey${productKey}random${random}`;
	return createHmac(method.replace("hmac", ""), productSecret).update(content).digest("hex");
}

/** A connection for dynamic registration, and what it is told. */
export class Registrant {
	readonly client: MqttClient;
	readonly messages: { topic: string; body: Record<string, string> }[] = [];
	/** Resolves when the connection has ended. */
	readonly ended: Promise<void>;
	readonly #wake = new Set<() => void>();

	constructor(client: MqttClient) {
		this.client = client;
		client.on("message", (topic, payload) => {
			const body = JSON.parse(payload.toString()) as Record<string, string>;
			noteSecretsOf(body);
			this.messages.push({ topic, body });
			for (const wake of this.#wake) wake();
		});
		this.ended = new Promise((resolve) => client.once("close", () => resolve()));
	}

	/** What comes on a topic. */
	async told(topic = "/ext/register"): Promise<Record<string, string>> {
		for (;;) {
			const found = this.messages.find((one) => one.topic === topic);
			if (found) return found.body;
			await new Promise<void>((resolve, reject) => {
				const timer = setTimeout(() => reject(new Error(`nothing on ${topic}`)), 20_000);
				this.#wake.add(() => {
					clearTimeout(timer);
					resolve();
				});
			});
		}
	}
}

function optionsOf(
	world: World,
	product: ProductSecret,
	deviceName: string,
	{
		kind = "register",
		securemode = kind === "register" ? "2" : "-2",
		method = "hmacsha256",
		random = "123",
		more = "",
		extension,
		tls = true,
		upperCase = false,
		...rest
	}: RegisterOptions,
): IClientOptions {
	const sign = proof(product, deviceName, random, method);
	const given = `securemode=${securemode},authType=${kind},random=${random},signmethod=${method}${more}`;
	return {
		protocol: tls ? "mqtts" : "mqtt",
		host: "127.0.0.1",
		port: world.cloud.ports.device,
		...(tls && { ca: readFileSync(world.cloud.caFile) }),
		clientId: `mac|${extension ?? given}|`,
		username: `${deviceName}&${product.productKey}`,
		password: upperCase ? sign.toUpperCase() : sign,
		keepalive: 0,
		reconnectPeriod: 0,
		protocolVersion: 4,
		...rest,
	};
}

/** Opens a connection for dynamic registration; rejects with MQTT.js's error, whose `code` is CONNACK's, when refused. */
export function register(
	world: World,
	product: ProductSecret,
	deviceName: string,
	options: RegisterOptions = {},
): Promise<Registrant> {
	const registrant = new Registrant(mqtt.connect(optionsOf(world, product, deviceName, options)));
	const { client } = registrant;
	return new Promise((resolve, reject) => {
		client.once("connect", () => resolve(registrant));
		client.once("error", reject);
		client.once("close", () => reject(new Error("closed")));
	});
}

/** Registers, takes what is told and disconnects. */
export async function registered(
	world: World,
	product: ProductSecret,
	deviceName: string,
	options: RegisterOptions = {},
): Promise<Record<string, string>> {
	const registrant = await register(world, product, deviceName, options);
	const told = await registrant.told(options.kind === "regnwl" ? "/ext/regnwl" : "/ext/register");
	await registrant.client.endAsync();
	return told;
}

/** CONNACK's return code of a refused registration. */
export async function refused(
	world: World,
	product: ProductSecret,
	deviceName: string,
	options: RegisterOptions = {},
): Promise<number> {
	const error: unknown = await register(world, product, deviceName, options).then(
		() => undefined,
		(error: unknown) => error,
	);
	if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "number")
		return error.code;
	throw new Error(`not refused by CONNACK: ${String(error)}`);
}

/** MQTT.js's options of the second connection of a device that registered without pre-registration. */
export function byToken(
	{ clientId, deviceToken }: Record<string, string>,
	options: { authType?: string; securemode?: string } = {},
): IClientOptions {
	const { authType = "connwl", securemode = "-2" } = options;
	return { clientId: `${clientId}|securemode=${securemode},authType=${authType}|`, password: deviceToken ?? "" };
}

/** Posts a form to the cloud over HTTPS; answers status and body as text. */
export function post(
	world: World,
	form: Readonly<Record<string, string>>,
	headers: Readonly<Record<string, string>> = {},
	tail = "",
): Promise<{ status: number; text: string }> {
	return new Promise((resolve, reject) => {
		const asked = request(
			`https://127.0.0.1:${world.cloud.ports.device}/auth/register/device`,
			{
				method: "POST",
				ca: readFileSync(world.cloud.caFile),
				headers: { "Content-Type": "application/x-www-form-urlencoded", ...headers },
			},
			(answer) => {
				let text = "";
				answer.on("data", (part: Buffer) => (text += part.toString()));
				answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
			},
		);
		asked.on("error", reject);
		asked.end(`${new URLSearchParams(form).toString()}${tail}`);
	});
}
