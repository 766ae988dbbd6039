// One device, one secret, and every way to be refused by the local cloud: what the device's state says, and how long it
// stays away.
import config from "mc/config";
import { describe, expect, test } from "test/expect";
import { peer } from "test/peer";
import type { Changes } from "vault/records";
import { until } from "../mqtt/support";
import { ask, connect, enrol, records, secret } from "../registration/support";

interface Config {
	readonly port: number;
	readonly root: string;
	readonly productKey: string;
	readonly secrets: Readonly<Record<string, string>>;
	readonly adminPort: number;
}

const { port, root, productKey, secrets, adminPort } = config as unknown as Config;

const admin = (action: string, DeviceName: string) =>
	ask(adminPort, `/${action}`, { ProductKey: productKey, DeviceName });

/** A device with what was burned, and its states. */
async function device(name: string, more: Changes = {}) {
	const outcome = await enrol(
		records(port, root, {
			"identity/productKey": productKey,
			"identity/deviceName": name,
			"identity/deviceSecret": secret(secrets[name] ?? ""),
			...more,
		}),
	);
	return connect(outcome, { random: () => 0.5 });
}

type Connected = Awaited<ReturnType<typeof device>>;

/** The state that it was refused in. */
async function refused({ device, states }: Connected) {
	const found = () => states.find((state) => state.name === "offline" && state.refusal !== undefined);
	await until("a refusal", () => found() !== undefined);
	device.close();
	const state = found();
	if (state?.name !== "offline") throw new Error("not offline");
	return { refusal: state.refusal, wait: state.wait };
}

describe("a device is refused, and stays away for half a minute and more:", () => {
	test("a wrong secret", async () => {
		const wrong = await device("wrong-secret", { "identity/deviceSecret": secret("not it") });
		expect(await refused(wrong)).toEqual({ refusal: "credentials", wait: 60_000 });
	});
	test("a disabled device, also while it's online, until it's enabled", async () => {
		const online = await device("disabled");
		await online.device.report({});
		await admin("DisableThing", "disabled");
		expect(await refused(online)).toEqual({ refusal: "disabled", wait: 90_000 });
		expect(await refused(await device("disabled"))).toEqual({ refusal: "disabled", wait: 60_000 });
		await admin("EnableThing", "disabled");
		const again = await device("disabled");
		await again.device.report({});
		again.device.close();
	});
	test("a deleted device, also while it's online, and when its name is another's", async () => {
		const online = await device("deleted");
		await online.device.report({});
		await admin("DeleteDevice", "deleted");
		expect(await refused(online)).toEqual({ refusal: "voided", wait: 90_000 });
		expect(await refused(await device("deleted"))).toEqual({ refusal: "credentials", wait: 60_000 });
		await admin("RegisterDevice", "deleted");
		expect(await refused(await device("deleted"))).toEqual({ refusal: "credentials", wait: 60_000 });
	});
	test("a device whose region isn't the cloud's", async () => {
		const host = `${productKey}.iot-as-mqtt.eu-central-1.aliyuncs.com`;
		const { refusal, wait } = await refused(
			await device("another-region", { "link/host": host, "link/address": peer }),
		);
		expect(["credentials", "parameters"].includes(refusal ?? "")).toBe(true);
		expect(wait).toBe(60_000);
		const right = `${productKey}.iot-as-mqtt.cn-shanghai.aliyuncs.com`;
		const home = await device("another-region", { "link/host": right, "link/address": peer });
		await home.device.report({});
		home.device.close();
	});
});
