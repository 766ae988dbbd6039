import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { expect } from "vitest";
import type { Actions } from "../../../tools/cloud/admin/actions";
import type { Clock } from "../../../tools/cloud/clock";
import { World } from "./world";

/** An X.509 device with what it is burned with. */
export interface Certified {
	productKey: string;
	deviceName: string;
	iotId: string;
	serialNumber: string;
	certificate: string;
	key: string;
	/** The same in files, for openssl. */
	certificateFile: string;
	keyFile: string;
}

type KeyType = NonNullable<Actions["RegisterDevice"]["request"]["KeyType"]>;

/** Registers a device of an X.509 product and downloads its certificate. */
export async function certified(world: World, productKey: string, keyType: KeyType = "EC256"): Promise<Certified> {
	const { Data } = await world.admin.call("RegisterDevice", { ProductKey: productKey, KeyType: keyType });
	return downloaded(world, { productKey, deviceName: Data.DeviceName, iotId: Data.IotId });
}

/** A cloud with a product of X.509 devices, one such device, and what checks its certificate in a file. */
export async function certifiedWorld(clock: Clock) {
	const world = await World.start({ clock });
	const productKey = await world.product({ AuthType: "x509" });
	const device = await certified(world, productKey);
	const { Data } = await world.admin.call("QueryDeviceCertAuthority", {});
	const authorityFile = join(world.state, "authority.pem");
	writeFileSync(authorityFile, Data.Certificate);
	return { world, productKey, device, authorityFile };
}

/** What QueryDeviceCert gives for a device. */
export async function downloaded(
	world: World,
	{ productKey, deviceName, iotId }: Pick<Certified, "productKey" | "deviceName" | "iotId">,
): Promise<Certified> {
	const { DeviceCertInfo: info } = await world.admin.call("QueryDeviceCert", { IotId: iotId });
	const certificateFile = join(world.state, `${info.CertSN}.pem`);
	const keyFile = join(world.state, `${info.CertSN}.key`);
	writeFileSync(certificateFile, info.Certificate);
	writeFileSync(keyFile, info.PrivateKey);
	return {
		productKey,
		deviceName,
		iotId,
		serialNumber: info.CertSN,
		certificate: info.Certificate,
		key: info.PrivateKey,
		certificateFile,
		keyFile,
	};
}

/** A connection by certificate, and all messages that came on it. */
export interface Connected {
	client: MqttClient;
	messages: { topic: string; text: string }[];
	/** The message on this topic, come or to come. */
	message(topic: string): Promise<string>;
}

/** MQTT.js's options of a connection under a name where a certificate is asked for: as our device connects at first. */
export function certifiedOptions(
	world: World,
	device: { certificate: string; key: string } | undefined,
	options: IClientOptions = {},
): IClientOptions {
	return {
		protocol: "mqtts",
		host: "127.0.0.1",
		port: world.cloud.ports.device,
		servername: "x509.localhost",
		ca: readFileSync(world.cloud.caFile),
		...(device && { cert: device.certificate, key: device.key }),
		clientId: "test|securemode=2|",
		username: "&",
		password: "",
		keepalive: 60,
		reconnectPeriod: 0,
		clean: true,
		protocolVersion: 4,
		...options,
	};
}

/** Connects; rejects with MQTT.js's error, whose `code` is CONNACK's. Whoever calls ends the client. */
export function connectBy(options: IClientOptions): Promise<Connected> {
	const client = mqtt.connect(options);
	const messages: Connected["messages"] = [];
	client.on("message", (topic, payload) => messages.push({ topic, text: payload.toString() }));
	const message = (topic: string) =>
		new Promise<string>((resolve) => {
			const look = () => {
				const found = messages.find((one) => one.topic === topic);
				if (found) resolve(found.text);
				else client.once("message", () => setImmediate(look));
			};
			look();
		});
	return new Promise((resolve, reject) => {
		client.once("connect", () => resolve({ client, messages, message }));
		client.once("error", (error) => {
			client.end(true);
			reject(error);
		});
		client.once("close", () => reject(new Error("closed")));
	});
}

/** CONNACK's return code of a connection that is refused. */
export async function refusalOf(options: IClientOptions): Promise<number> {
	const error: unknown = await connectBy(options).then(
		({ client }) => void client.end(true),
		(error: unknown) => error,
	);
	if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "number")
		return error.code;
	throw new Error(`not refused by CONNACK: ${String(error)}`);
}

/** Refused by CONNACK with this code, and the events say why. */
export async function expectRefusal(world: World, code: number, why: string, options: IClientOptions): Promise<void> {
	expect(await refusalOf(options)).toBe(code);
	const event = await world.event("device.refused", (one) => one.reason.includes(why));
	expect(event.returnCode).toBe(code);
}
