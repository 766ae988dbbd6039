// Where the vault's records say that the platform is.
import { encode } from "hal/text";
import { mqttEndpoint, registrationEndpoint } from "link/endpoint";
import { placeOf, portOf, rootsOf } from "link/place";
import { describe, expect, test } from "test/expect";
import { FakeRecords } from "test/fake-records";
import type { Changes } from "vault/records";

const place = (changes: Changes) => placeOf(new FakeRecords(changes));

describe("a place", () => {
	test("is the platform's first region unless something else was burned", () => {
		expect(place({})).toEqual({ region: "cn-shanghai", port: undefined, security: "tls", address: undefined });
		expect(mqttEndpoint(place({}), "pk")).toEqual({
			host: "pk.iot-as-mqtt.cn-shanghai.aliyuncs.com",
			port: 1883,
			security: "tls",
		});
	});
	test("is another region, or a host, which goes before that", () => {
		expect(place({ "link/region": "eu-central-1" })).toMatchObject({ region: "eu-central-1" });
		const burned = { "link/region": "eu-central-1", "link/host": "h", "link/port": "1884", "link/address": "::1" };
		expect(mqttEndpoint(place({ ...burned, "link/security": "tcp" }), "pk")).toEqual({
			host: "h",
			port: 1884,
			security: "tcp",
			address: "::1",
		});
	});
	for (const changes of [
		{ "link/region": "moon" },
		{ "link/port": "0" },
		{ "link/port": "65536" },
		{ "link/port": "1e3" },
		{ "link/port": "01883" },
		{ "link/security": "dtls" },
	]) {
		test(`isn't ${JSON.stringify(changes)}`, () => expect(() => place(changes)).toThrow(RangeError));
	}
});

test("a port of another record, and a root certificate, may be missing", () => {
	const records = new FakeRecords({ "link/authPort": "8443", "link/root": encode("PEM") });
	expect([portOf(records, "authPort"), portOf(records, "port"), rootsOf(records)]).toEqual([
		8443,
		undefined,
		[encode("PEM")],
	]);
	expect([rootsOf(new FakeRecords()), rootsOf(new FakeRecords({ "link/root": "" }))]).toEqual([undefined, undefined]);
});

describe("the endpoint", () => {
	test("of certificates and of ID² is in one region (DA 627, 807)", () => {
		const shanghai = { region: "cn-shanghai" } as const;
		expect(mqttEndpoint(shanghai, "pk", "x509").host).toBe("x509.itls.cn-shanghai.aliyuncs.com");
		expect(mqttEndpoint(shanghai, "pk", "id2").host).toBe("pk.itls.cn-shanghai.aliyuncs.com");
		expect(mqttEndpoint(shanghai, "pk", "token").host).toBe("pk.iot-as-mqtt.cn-shanghai.aliyuncs.com");
		for (const kind of ["x509", "id2"] as const) {
			expect(() => mqttEndpoint({ region: "cn-beijing" }, "pk", kind)).toThrow(RangeError);
			expect(mqttEndpoint({ host: "own" }, "pk", kind).host).toBe("own");
		}
	});
	test("of registration over HTTPS is a host of its own, or beside MQTT", () => {
		const at = (...args: Parameters<typeof registrationEndpoint>) => {
			const { host, port } = registrationEndpoint(...args);
			return `${host}:${port}`;
		};
		expect(at({ region: "us-west-1" })).toBe("iot-auth.us-west-1.aliyuncs.com:443");
		expect(at({ host: "own" })).toBe("own:1883");
		expect(at({ host: "own", port: 1884 }, { port: 8443 })).toBe("own:8443");
		expect(at({ region: "us-west-1" }, { host: "auth" })).toBe("auth:443");
		expect(registrationEndpoint({ host: "own", address: "::1", security: "tcp" })).toMatchObject({
			address: "::1",
			security: "tcp",
		});
		expect(() => at({ host: "own" }, { port: 0 })).toThrow(RangeError);
		expect(() => at({ host: "" })).toThrow(RangeError);
		expect(() => at({ region: "moon" as "us-west-1" })).toThrow(RangeError);
	});
});
