import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auths, provision } from "../../tools/start/provision";
import { World } from "../cloud/lib/world";
import { FakeRecords } from "../lib/fake-records";

let world: World;
beforeAll(async () => {
	world = await World.start();
});
afterAll(() => world.stop());

/** The first device of a way, and what was burned into it. */
async function burned(auth: (typeof auths)[number], vault = new FakeRecords()) {
	const [device] = await provision(world.admin, auth, 1);
	if (!device) throw new Error("no device");
	await device.burn(vault);
	return { vault, deviceName: device.deviceName };
}

test("sixty devices stay who they are, beyond the first page of them", async () => {
	const names = async () => {
		const devices = await provision(world.admin, "device", 60);
		const vaults = devices.map(() => new FakeRecords());
		for (const [index, device] of devices.entries()) await device.burn(vaults[index] as FakeRecords);
		return devices.map(({ deviceName }) => deviceName);
	};
	const first = await names();
	const { Data } = await world.admin.call("QueryProductList", {});
	const count = () => Data.List.ProductInfo.find((it) => it.ProductName === "linkxs-start")?.DeviceCount;
	expect(new Set(first).size).toBe(60);
	expect(await names()).toEqual(first);
	expect(count()).toBe(60);
});

describe.each(auths)("--auth %s", (auth) => {
	test("burns what its way needs, and no more", async () => {
		const { vault } = await burned(auth);
		const wanted = {
			device: ["deviceName", "deviceSecret", "productKey"],
			product: ["deviceName", "productKey", "productSecret"],
			"product-nwl": ["deviceName", "productKey", "productSecret", "registration"],
			x509: ["certificate", "privateKey"],
			id2: ["carrierKey", "deviceName", "id2", "productKey", "productSecret"],
		}[auth];
		expect(vault.names("identity")).toEqual(wanted.map((name) => `identity/${name}`));
	});

	test("another identity leaves nothing behind", async () => {
		const vault = new FakeRecords();
		vault.write({ "identity/deviceToken": "of another", "identity/timestamp": "1", "network/1/ssid": "kept" });
		await burned(auth, vault);
		expect(vault.has("identity/deviceToken")).toBe(false);
		expect(vault.text("network/1/ssid")).toBe("kept");
	});

	test("a device that has been it before stays as it is", async () => {
		const { vault, deviceName } = await burned(auth);
		const results = { product: "identity/deviceSecret", "product-nwl": "identity/deviceToken" } as const;
		// What the cloud would give it in the meantime.
		if (auth === "product" || auth === "product-nwl") vault.write({ [results[auth]]: "given" });
		const before = vault.names("identity");
		expect(await burned(auth, vault)).toEqual({ vault, deviceName });
		expect(vault.names("identity")).toEqual(before);
	});
});

test("the certificate is the device's own", async () => {
	const { vault } = await burned("x509");
	const certificate = new X509Certificate(Buffer.from(vault.bytes("identity/certificate") ?? []));
	expect(certificate.keyUsage).toContain("1.3.6.1.5.5.7.3.2"); // for clients
});
