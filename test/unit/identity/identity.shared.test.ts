import * as crypto from "hal/crypto";
import { encode } from "hal/text";
import { checkIdentity, clientIdOf, type Identity, type SignMethod } from "identity/identity";
import { mqttLogin } from "identity/login";
import { sign, signContent } from "identity/sign";
import { describe, expect, test } from "test/expect";

const identity: Identity = {
	kind: "device-secret",
	productKey: "pk",
	deviceName: "device",
	deviceSecret: encode("secret"),
	clientId: "12345",
	timestamp: "789",
};

// FACTS: computed for the document's example (DA 1107–1125).
const vectors: readonly (readonly [SignMethod, string | undefined, string])[] = [
	["hmacsha1", "789", "FAFD82A3D602B37FB0FA8B7892F24A477F851A14"],
	["hmacmd5", "789", "14B198324FE55E1D3C88F2E705E201EE"],
	["hmacsha256", "789", "6074A46A91B1EBB2CC4EA42790AD0E80202C9843859FC292E57C4EB19FAD9E57"],
	["hmacsha256", undefined, "C8CB3DCB7159682438E5FD9A9C34F398E41BB8EDB6F222795E307BAFEE151090"],
];

describe("the signature", () => {
	for (const [signMethod, timestamp, password] of vectors) {
		test(`by ${signMethod}${timestamp ? "" : " without a timestamp"} is the platform's`, () => {
			const { timestamp: _, ...rest } = identity;
			const login = mqttLogin({ ...rest, signMethod, ...(timestamp ? { timestamp } : {}) }, "tls", crypto);
			expect(login.password).toBe(password);
		});
	}
	test("is the same with a key that JavaScript can't read", () => {
		const deviceSecret = crypto.Key.from(encode("secret"));
		expect(mqttLogin({ ...identity, deviceSecret, signMethod: "hmacsha1" }, "tcp", crypto).password).toBe(
			vectors[0]?.[2],
		);
		deviceSecret.close();
	});
	test("of dynamic registration (FACTS) is made by the same function", () => {
		const content = signContent({ random: "123", productKey: "a123456789", deviceName: "device1" });
		expect(content).toBe("deviceNamedevice1productKeya123456789random123");
		expect(sign(crypto, "hmacsha1", encode("productsecret"), content)).toBe("177E20E1053E355CDC4A52C1E2D93A5B47171C61");
	});
	test("is over parameters sorted by name, without those that aren't there", () => {
		expect(signContent({ b: "2", a: "1", c: undefined })).toBe("a1b2");
	});
});

describe("CONNECT's fields", () => {
	test("over TLS", () => {
		expect(mqttLogin({ ...identity, signMethod: "hmacsha1" }, "tls", crypto)).toEqual({
			clientId: "12345|securemode=2,signmethod=hmacsha1,timestamp=789|",
			userName: "device&pk",
			password: "FAFD82A3D602B37FB0FA8B7892F24A477F851A14",
		});
	});
	test("over plain TCP, by default with HMAC-SHA256, no timestamp and a client id of the names", () => {
		const { clientId, userName } = mqttLogin(
			{ kind: "device-secret", productKey: "pk", deviceName: "device", deviceSecret: encode("secret") },
			"tcp",
			crypto,
		);
		expect([clientId, userName]).toEqual(["pk.device|securemode=3,signmethod=hmacsha256|", "device&pk"]);
	});
});

describe("an identity", () => {
	test("may have every character of a device name", () => {
		expect(checkIdentity({ ...identity, deviceName: "Az09-_@.:" })).toBeUndefined();
		expect(clientIdOf(identity)).toBe("12345");
	});
	for (const [what, change] of [
		["a product key with other characters", { productKey: "p&k" }],
		["no product key", { productKey: "" }],
		["a short device name", { deviceName: "abc" }],
		["a long device name", { deviceName: "x".repeat(33) }],
		["a device name with &", { deviceName: "device&" }],
		["an empty client id", { clientId: "" }],
		["a client id of 65 characters", { clientId: "x".repeat(65) }],
		["a client id with |", { clientId: "a|b" }],
		["an unknown sign method", { signMethod: "hmacsha512" as SignMethod }],
		["a client id of other letters", { clientId: "é" }],
		["a timestamp that ends the extension", { timestamp: "1|" }],
	] as const) {
		test(`with ${what} is refused`, () => {
			expect(() => mqttLogin({ ...identity, ...change }, "tls", crypto)).toThrow(RangeError);
		});
	}
	test("of an unknown kind is refused", () => {
		expect(() => checkIdentity({ ...identity, kind: "guess" as "device-secret" })).toThrow(TypeError);
	});
});
