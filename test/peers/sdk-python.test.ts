import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { World } from "../cloud/lib/world";
import { Peer } from "./peer-process";

/**
 * Alibaba's own Python SDK (PyPI aliyun-iot-linkkit 1.2.13), unchanged, against the local cloud. It needs paho-mqtt
 * before 2. Both go into a virtual environment under build/, made once.
 */
const folder = fileURLToPath(new URL("../../build/test/python-sdk", import.meta.url));
const python = join(folder, "bin", "python");
const program = fileURLToPath(new URL("sdk-python-device.py", import.meta.url));

/** Why the tests cannot run, or undefined. */
function prepare(): string | undefined {
	const ready = join(folder, "ready");
	if (existsSync(ready)) return undefined;
	if (spawnSync("python3", ["--version"]).status !== 0) return "Python 3 is missing";
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	const made = spawnSync("python3", ["-m", "venv", folder], { encoding: "utf8" });
	if (made.status !== 0) return `no virtual environment can be made (Debian: python3-venv): ${made.stdout.trim()}`;
	const packages = ["paho-mqtt==1.6.1", "crcmod==1.7", "setuptools<81", "aliyun-iot-linkkit==1.2.13"];
	for (const one of packages) {
		const installed = spawnSync(python, ["-m", "pip", "install", "--quiet", one], { encoding: "utf8" });
		if (installed.status !== 0) return `${one} cannot be installed: ${installed.stderr.trim().split("\n").at(-1)}`;
	}
	writeFileSync(ready, "");
	return undefined;
}

const lacking = prepare();
if (lacking) process.stderr.write(`skipped: the Python SDK against the cloud, because ${lacking}\n`);

/** The model that the SDK wants as a file: one property, one event, one service. */
const TSL = {
	events: [
		{ identifier: "post", outputData: [{ identifier: "temperature" }] },
		{ identifier: "alarm", outputData: [{ identifier: "level" }] },
	],
	services: [
		{ identifier: "set", inputData: [{ identifier: "light" }] },
		{ identifier: "reboot", inputData: [] },
	],
};

describe.skipIf(lacking !== undefined)(
	"aliyun-iot-linkkit",
	() => {
		let world: World;
		beforeAll(async () => {
			world = await World.start();
			writeFileSync(join(folder, "tsl.json"), JSON.stringify(TSL));
		});
		afterAll(() => world.stop());

		const run = (device: object, secure: string, protocol: string) =>
			new Peer(python, [
				program,
				JSON.stringify({
					...device,
					port: world.cloud.ports.device,
					caFile: world.cloud.caFile,
					secure,
					protocol,
					tsl: join(folder, "tsl.json"),
				}),
			]);

		it.each([
			["TCP", "MQTT 3.1.1", "", "MQTTv311"],
			["TLS", "MQTT 3.1.1", "TLS", "MQTTv311"],
			["TCP", "MQTT 3.1", "", "MQTTv31"],
			["TLS", "MQTT 3.1", "TLS", "MQTTv31"],
		])(
			"connects, posts and receives over %s by %s",
			// The SDK's two threads write one TLS socket: now and then it breaks off by itself (BAD_LENGTH) and connects anew,
			// whatever the server does. Its publishes are spaced out; where that was not enough, it is given another try.
			{ timeout: 60_000, retry: 2 },
			async (_name, version, secure, protocol) => {
				const device = await world.device();
				const { productKey: ProductKey, deviceName: DeviceName } = device;
				const peer = run(device, secure, protocol);
				expect(await peer.saw("connect")).toBe(0);
				await world.event(
					"device.online",
					(one) =>
						one.deviceName === DeviceName &&
						version === `MQTT ${one.version}` &&
						one.transport === (secure ? "tls" : "tcp"),
				);
				expect(await peer.saw("subscribed")).toEqual([1]);
				expect(await peer.saw("post")).toBe(200);
				expect(await peer.saw("event")).toBe(200);
				const topic = `/${ProductKey}/${DeviceName}/user/get`;
				await world.admin.call("Pub", {
					ProductKey,
					TopicFullName: topic,
					MessageContent: Buffer.from("hello").toString("base64"),
					Qos: 1,
				});
				expect(await peer.saw("message")).toBe("hello");
				await new Promise((resolve) => setTimeout(resolve, 300));
				await world.admin.call("SetDeviceProperty", { ProductKey, DeviceName, Items: '{"light":1}' });
				expect(await peer.saw("props")).toEqual({ light: 1 });
				await new Promise((resolve) => setTimeout(resolve, 300));
				await world.admin.call("InvokeThingService", {
					ProductKey,
					DeviceName,
					Identifier: "reboot",
					Args: '{"in":5}',
				});
				expect(await peer.saw("service")).toEqual(["reboot", { in: 5 }]);
				expect(await peer.ended()).toBe(0);
				expect(world.cloud.events.since(0).filter((one) => one.type.endsWith("refused"))).toEqual([]);
			},
		);
	},
	60_000,
);
