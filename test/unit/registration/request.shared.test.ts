// What a device says that asks for a secret of its own: FACTS' table of dynamic registration, its vectors.
import * as crypto from "hal/crypto";
import { encode } from "hal/text";
import { type RequestOptions, registrationForm, registrationLogin } from "registration/request";
import { describe, expect, test } from "test/expect";

const product = {
	productKey: "a123456789",
	deviceName: "device1",
	productSecret: crypto.Key.from(encode("productsecret")),
	clientId: "mac",
};
const request: RequestOptions = { kind: "register", product, random: "123" };
const SHA256 = "2D5B82765F57AEF232CE5D8D547F5AD0B6899A7A1AA73D18289F196A7DC9FDCB";
const SHA1 = "177E20E1053E355CDC4A52C1E2D93A5B47171C61";

describe("CONNECT of a registration", () => {
	test("with pre-registration", () => {
		expect(registrationLogin({ ...request, securemode: "-2", instanceId: "iot-1" }, crypto)).toEqual({
			clientId: "mac|securemode=2,authType=register,random=123,signmethod=hmacsha256|",
			userName: "device1&a123456789",
			password: SHA256,
		});
	});
	for (const [securemode, instanceId, extension] of [
		[undefined, undefined, "securemode=-2,authType=regnwl,random=123,signmethod=hmacsha1"],
		[undefined, "iot-1", "securemode=-2,authType=regnwl,random=123,signmethod=hmacsha1,instanceId=iot-1"],
		["2", undefined, "securemode=2,authType=regnwl,random=123,signmethod=hmacsha1"],
		["2", "iot-1", "securemode=2,authType=regnwl,random=123,signmethod=hmacsha1,instanceId=iot-1"],
	] as const) {
		test(`without it, securemode ${securemode}, instance ${instanceId}`, () => {
			const own = { ...product, signMethod: "hmacsha1" } as const;
			const login = registrationLogin({ ...request, kind: "regnwl", product: own, securemode, instanceId }, crypto);
			expect([login.clientId, login.password]).toEqual([`mac|${extension}|`, SHA1]);
		});
	}
});

describe("the form", () => {
	test("is what the platform's own SDK posts (STOCK-CLIENTS 1)", () => {
		expect(registrationForm(request, crypto)).toBe(
			`productKey=a123456789&deviceName=device1&random=123&sign=${SHA256}&signMethod=hmacsha256`,
		);
	});
	test("escapes what a device name may have, and signs it as it is", () => {
		const own = { ...product, deviceName: "a@b:c-d_.e", signMethod: "hmacmd5" } as const;
		const form = registrationForm({ ...request, product: own }, crypto);
		expect(form).toContain("&deviceName=a%40b%3Ac-d_.e&");
		expect(form).toContain(
			`&sign=${crypto
				.hex(crypto.hmac("MD5", encode("productsecret"), encode("deviceNamea@b:c-d_.eproductKeya123456789random123")))
				.toUpperCase()}&`,
		);
	});
});

describe("a request", () => {
	for (const [what, change] of [
		["an instance that ends the extension", { instanceId: "a|" }],
		["no random text", { random: "" }],
		["a random text with other characters", { random: "1,2" }],
		["a wrong name", { product: { ...product, deviceName: "x" } }],
		["an unknown sign method", { product: { ...product, signMethod: "x" as "hmacmd5" } }],
	] as const) {
		test(`with ${what} isn't made`, () => {
			expect(() => registrationLogin({ ...request, ...change }, crypto)).toThrow(RangeError);
			expect(() => registrationForm({ ...request, ...change }, crypto)).toThrow(RangeError);
		});
	}
});
