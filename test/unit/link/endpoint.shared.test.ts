import * as crypto from "hal/crypto";
import { encode } from "hal/text";
import { isRegion, mqttEndpoint, type Place, regions } from "link/endpoint";
import { thirdPartyLogin } from "link/login";
import { customTopic, topicsOf } from "link/topics";
import { describe, expect, test } from "test/expect";

describe("an endpoint", () => {
	for (const region of regions) {
		test(`of ${region}`, () => {
			expect(mqttEndpoint({ region }, "pk")).toEqual({
				host: `pk.iot-as-mqtt.${region}.aliyuncs.com`,
				port: 1883,
				security: "tls",
			});
		});
	}
	test("of an instance of one's own", () => {
		expect(mqttEndpoint({ host: "cloud.example", port: 8883, security: "tcp" }, "pk")).toEqual({
			host: "cloud.example",
			port: 8883,
			security: "tcp",
		});
	});
	for (const place of [
		{ region: "mars" },
		{ host: "" },
		{ host: "h", port: 0 },
		{ host: "h", port: 65_536 },
		{ host: "h", port: 1.5 },
	]) {
		test(`${JSON.stringify(place)} is none`, () => {
			expect(() => mqttEndpoint(place as Place, "pk")).toThrow(RangeError);
		});
	}
	test("names are regions or not", () => expect([isRegion("us-west-1"), isRegion("moon")]).toEqual([true, false]));
});

test("what a client of a third party needs (7.1.5)", () => {
	const identity = {
		kind: "device-secret",
		productKey: "pk",
		deviceName: "device",
		deviceSecret: encode("secret"),
		clientId: "12345",
		timestamp: "789",
		signMethod: "hmacsha1",
	} as const;
	expect(thirdPartyLogin(identity, { region: "cn-shanghai" }, crypto)).toEqual({
		host: "pk.iot-as-mqtt.cn-shanghai.aliyuncs.com",
		port: 1883,
		security: "tls",
		clientId: "12345|securemode=2,signmethod=hmacsha1,timestamp=789|",
		userName: "device&pk",
		password: "FAFD82A3D602B37FB0FA8B7892F24A477F851A14",
	});
});

test("topics", () => {
	expect(topicsOf("pk", "dn")).toEqual({
		propertyPost: "/sys/pk/dn/thing/event/property/post",
		propertyPostReply: "/sys/pk/dn/thing/event/property/post_reply",
		propertySet: "/sys/pk/dn/thing/service/property/set",
		propertySetReply: "/sys/pk/dn/thing/service/property/set_reply",
		error: "/ext/error/pk/dn",
	});
	expect([customTopic("pk", "dn", "get"), customTopic("pk", "dn", "pub", "")]).toEqual([
		"/pk/dn/user/get",
		"/pk/dn/pub",
	]);
});
