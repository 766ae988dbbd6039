// A gateway registers the devices behind it and adds them to its topology, with their own signatures.
import TLSSocket from "embedded:io/socket/tcp/tls";
import { hex, hmac } from "hal/crypto";
import { encode } from "hal/text";
import Device from "link/device";
import type { LinkError } from "link/error";
import SubDevices from "link/sub-devices";
import Log from "log/log";
import config from "mc/config";
import { afterEach, beforeEach, describe, expect, test } from "test/expect";
import { peer } from "test/peer";
import { secret } from "../registration/support";

interface Config {
	readonly port: number;
	readonly root: string;
	readonly gateway: { readonly productKey: string; readonly deviceName: string; readonly deviceSecret: string };
	readonly productKey: string;
	readonly secrets: Readonly<Record<string, string>>;
}

const { port, root, gateway, productKey, secrets } = config as unknown as Config;
const names = Object.keys(secrets);

let device: Device | undefined;
let subDevices: SubDevices;

beforeEach(() => {
	device = new Device({
		identity: { kind: "device-secret", ...gateway, deviceSecret: secret(gateway.deviceSecret) },
		place: { host: "localhost", address: peer, port },
		transport: { io: TLSSocket, secure: { roots: [root] } },
		log: new Log("test", { sink: () => {} }),
	});
	subDevices = new SubDevices({ gateway: device, ...gateway });
});
afterEach(() => {
	subDevices.close();
	device?.close();
});

async function codeOf(promise: Promise<unknown>): Promise<string> {
	try {
		await promise;
		return "none";
	} catch (error) {
		return (error as LinkError).code;
	}
}

describe("a gateway", () => {
	test("is given its sub-devices' secrets as keys, also when the answer comes in pieces", async () => {
		for (const count of [1, 8]) {
			const asked = names.slice(0, count).map((deviceName) => ({ productKey, deviceName }));
			const grants = await subDevices.register(asked);
			expect(grants.map(({ deviceName }) => deviceName)).toEqual(names.slice(0, count));
			for (const { deviceName, deviceSecret } of grants) {
				expect(hex(hmac("SHA256", deviceSecret, encode("x")))).toBe(
					hex(hmac("SHA256", encode(secrets[deviceName] ?? ""), encode("x"))),
				);
			}
		}
	});
	test("adds them to its topology by their own signatures, and not by another's", async () => {
		const [grant, other] = await subDevices.register(
			names.slice(0, 2).map((deviceName) => ({ productKey, deviceName })),
		);
		if (!grant || !other) throw new Error("no grants");
		for (const signMethod of ["hmacmd5", "hmacsha1", "hmacsha256"] as const) {
			await subDevices.addTopology([{ ...grant, signMethod, clientId: "mac" }], "1611711");
		}
		const wrong = { ...grant, deviceSecret: other.deviceSecret };
		expect(await codeOf(subDevices.addTopology([wrong]))).toBe("refused");
	});
	test("is refused what it asks for strangers", async () => {
		expect(await codeOf(subDevices.register([{ productKey, deviceName: "stranger" }]))).toBe("refused");
	});
});
