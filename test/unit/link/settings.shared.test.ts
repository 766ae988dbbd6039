import * as crypto from "hal/crypto";
import { encode } from "hal/text";
import { mqttLogin } from "identity/login";
import { readSettings } from "link/settings";
import { describe, expect, test } from "test/expect";

const burned = { productKey: "pk", deviceName: "device", deviceSecret: "secret" };
const read = (values: Readonly<Record<string, string>>) => readSettings({ read: (key) => values[key] });

describe("what was burned", () => {
	test("is who the device is, by default on the platform in cn-shanghai, over TLS", () => {
		const { identity, place, root } = read(burned);
		expect([identity.productKey, identity.deviceName, root]).toEqual(["pk", "device", undefined]);
		expect(place).toEqual({ region: "cn-shanghai", security: "tls" });
		const bytes = { ...identity, deviceSecret: encode("secret") };
		expect(mqttLogin(identity, "tls", crypto)).toEqual(mqttLogin(bytes, "tls", crypto));
	});
	test("may be another place", () => {
		expect(read({ ...burned, region: "us-west-1" }).place).toEqual({ region: "us-west-1", security: "tls" });
		const { place, root } = read({ ...burned, host: "h", port: "1884", securemode: "3", root: "PEM" });
		expect([place, root]).toEqual([{ host: "h", port: 1884, security: "tcp" }, "PEM"]);
	});
	test("shows no secret", () => {
		expect(JSON.stringify(read(burned))).not.toContain('secret":"s');
		expect(String(read(burned).identity.deviceSecret)).not.toContain("secret");
	});
	for (const key of ["productKey", "deviceName", "deviceSecret"]) {
		test(`without ${key} is an error that names it`, () => {
			expect(() => read({ ...burned, [key]: "" })).toThrow(key);
		});
	}
	test("of an unknown region is an error", () => expect(() => read({ ...burned, region: "moon" })).toThrow("region"));
});
