// What CONNECT says in each way (FACTS), and which way the vault's records tell.
import * as crypto from "hal/crypto";
import { decode, encode } from "hal/text";
import {
	checkIdentity,
	type Id2Identity,
	type Identity,
	type TokenIdentity,
	type X509Identity,
} from "identity/identity";
import { deviceLogin, identifyLogin, mqttLogin } from "identity/login";
import type { IdentityRecords } from "identity/records";
import { signRegistration } from "identity/sign";
import { topologyEntry } from "identity/sub-device";
import { wayOf } from "identity/way";
import { describe, expect, test } from "test/expect";
import { FakeRecords } from "test/fake-records";
import type { Changes } from "vault/records";

const key = (text: string) => crypto.Key.from(encode(text));
const names = { productKey: "pk", deviceName: "device" } as const;
const token: TokenIdentity = { kind: "token", ...names, clientId: "c1", deviceToken: key("token") };
const x509: X509Identity = { kind: "x509", ...names, certificate: encode("PEM"), privateKey: key("private") };
const id2: Id2Identity = { kind: "id2", ...names, productSecret: key("productsecret") };

describe("CONNECT of a device", () => {
	test("with a token has that as its password, still a key (DA 1130)", () => {
		const { clientId, userName, password } = mqttLogin(token, "tls", crypto);
		expect([clientId, userName]).toEqual(["c1|securemode=-2,authType=connwl|", "device&pk"]);
		expect(password).toBe(token.deviceToken);
	});
	test("as the device says it has the same in a key of that connection's own", () => {
		const opened = (key: string | crypto.Key) => {
			if (typeof key === "string") return key;
			const bytes = new Uint8Array(key.byteLength);
			key.copyTo(bytes);
			key.close();
			return decode(bytes);
		};
		const own = { kind: "device-secret", ...names, deviceSecret: key("secret") } as const;
		for (const signMethod of ["hmacmd5", "hmacsha1", "hmacsha256"] as const) {
			for (const identity of [
				{ ...own, signMethod },
				{ ...id2, signMethod },
			]) {
				const { password, ...rest } = deviceLogin(identity, "tls", crypto.Key);
				const { password: text, ...same } = mqttLogin(identity, "tls", crypto);
				expect([typeof password, opened(password), rest]).toEqual(["object", text, same]);
			}
		}
		expect(opened(deviceLogin(token, "tls", crypto.Key).password)).toBe("token");
		expect(token.deviceToken.byteLength).toBe(5);
		expect(deviceLogin(x509, "tls", crypto.Key)).toEqual(mqttLogin(x509, "tls", crypto));
		expect(() => deviceLogin(token, "tcp", crypto.Key)).toThrow(RangeError);
	});
	test("with a certificate and names says them, and no password (DA 691)", () => {
		expect(mqttLogin({ ...x509, clientId: "mac", timestamp: "132323232" }, "tls", crypto)).toEqual({
			clientId: "mac|securemode=2,signmethod=hmacsha1,timestamp=132323232|",
			userName: "device&pk",
			password: "",
		});
		expect(mqttLogin({ ...x509, signMethod: "hmacsha256" }, "tls", crypto).clientId).toBe(
			"pk.device|securemode=2,signmethod=hmacsha256|",
		);
	});
	test("with a certificate and no names says nobody's", () => {
		expect(identifyLogin("mac")).toEqual({ clientId: "mac|securemode=2|", userName: "&", password: "" });
	});
	test("with ID² says so, in either spelling (DA 811)", () => {
		const login = mqttLogin(id2, "tls", crypto);
		expect(login.clientId).toBe("pk.device|securemode=8,signmethod=hmacsha256,timestamp=2524608000000,authtype=id2|");
		expect(login.userName).toBe("device&pk");
		expect(login.password).toBe(
			crypto
				.hex(
					crypto.hmac(
						"SHA256",
						encode("productsecret"),
						encode("clientIdpk.devicedeviceNamedeviceproductKeypktimestamp2524608000000"),
					),
				)
				.toUpperCase(),
		);
		const own = { ...id2, clientId: "c", signMethod: "hmacsha1", spelling: "authype", instanceId: "iot-1" } as const;
		expect(mqttLogin(own, "tls", crypto).clientId).toBe(
			"c|securemode=8,signmethod=hmacsha1,timestamp=2524608000000,authype=id2,instanceId=iot-1|",
		);
	});
	for (const identity of [token, x509, id2] as readonly Identity[]) {
		test(`as ${identity.kind} isn't made for plain TCP`, () => {
			expect(() => mqttLogin(identity, "tcp", crypto)).toThrow(RangeError);
		});
	}
	for (const [what, identity] of [
		["a token's client id of 129 characters", { ...token, clientId: "x".repeat(129) }],
		["an instance that ends the extension", { ...id2, instanceId: "a," }],
		["an unknown sign method", { ...id2, signMethod: "md5" as "hmacmd5" }],
		["a timestamp that ends the extension", { ...x509, timestamp: "|" }],
		["no name", { ...x509, deviceName: "" }],
		["no client id", { ...token, clientId: "" }],
	] as const) {
		test(`with ${what} is refused`, () => {
			expect(() => checkIdentity(identity)).toThrow(RangeError);
		});
	}
});

test("what a registration signs is FACTS's", () => {
	const asked = { productKey: "a123456789", deviceName: "device1", random: "123" };
	expect(signRegistration(crypto, "hmacsha256", key("productsecret"), asked)).toBe(
		"2D5B82765F57AEF232CE5D8D547F5AD0B6899A7A1AA73D18289F196A7DC9FDCB",
	);
});

describe("a sub-device's consent", () => {
	const sub = { ...names, deviceSecret: encode("secret"), clientId: "12345" };
	test("is its signature over the client id as it's submitted (STOCK-CLIENTS, fact 9)", () => {
		expect(topologyEntry({ ...sub, signMethod: "hmacsha1" }, "789", crypto)).toEqual({
			...names,
			clientId: "12345",
			timestamp: "789",
			signmethod: "hmacSha1",
			sign: "FAFD82A3D602B37FB0FA8B7892F24A477F851A14",
		});
	});
	test("is by HMAC-SHA256 unless it says otherwise", () => {
		const { sign, signmethod } = topologyEntry(sub, "789", crypto);
		expect([sign, signmethod]).toEqual([
			"6074A46A91B1EBB2CC4EA42790AD0E80202C9843859FC292E57C4EB19FAD9E57",
			"hmacSha256",
		]);
	});
	test("of nobody is refused", () => {
		expect(() => topologyEntry({ ...sub, deviceName: "x" }, "789", crypto)).toThrow(RangeError);
	});
});

describe("the way that the records tell", () => {
	const named = { "identity/productKey": "pk", "identity/deviceName": "device" };
	const way = (changes: Changes) => wayOf(new FakeRecords(changes));
	const why = (changes: Changes): string => {
		const found = way(changes);
		return found.kind === "none" ? found.why : `not none: ${found.kind}`;
	};

	test("is nobody's without any", () => {
		expect(why({})).toBe("no deviceSecret: burn an identity first");
	});
	test("is a secret's", () => {
		const found = way({
			...named,
			"identity/deviceSecret": key("secret"),
			"identity/signMethod": "hmacsha1",
			"identity/clientId": "12345",
			"identity/timestamp": "789",
		});
		if (found.kind !== "device-secret") throw new Error(found.kind);
		expect(mqttLogin(found.identity, "tls", crypto).password).toBe("FAFD82A3D602B37FB0FA8B7892F24A477F851A14");
	});
	test("is a token's, though there's a product's secret, too", () => {
		const found = way({
			...named,
			"identity/productSecret": key("p"),
			"identity/clientId": "given",
			"identity/deviceToken": key("t"),
		});
		if (found.kind !== "token") throw new Error(found.kind);
		expect([found.identity.clientId, found.identity.deviceToken.byteLength]).toEqual(["given", 1]);
	});
	test("is a registration's, by default pre-registered and over MQTT", () => {
		const found = way({ ...named, "identity/productSecret": key("p") });
		if (found.kind !== "register") throw new Error(found.kind);
		const { productSecret: _, ...rest } = found.product;
		expect(found.road).toBe("mqtt");
		expect(rest).toEqual({ ...names, clientId: undefined, signMethod: undefined });
	});
	test("is a registration's over HTTPS, or without pre-registration", () => {
		const product = { ...named, "identity/productSecret": key("p") };
		expect(way({ ...product, "identity/road": "https" })).toMatchObject({ kind: "register", road: "https" });
		expect(way({ ...product, "identity/registration": "regnwl" })).toMatchObject({ kind: "regnwl" });
		const both = { "identity/registration": "regnwl", "identity/road": "https" };
		expect(why({ ...product, ...both })).toBe("road: regnwl goes by mqtt only");
		expect(why({ ...product, "identity/road": "post" })).toBe("road: mqtt or https");
		expect(why({ ...product, "identity/registration": "maybe" })).toBe("registration: register or regnwl");
	});
	test("is a certificate's before all, with its names or without", () => {
		const certified = { "identity/certificate": encode("PEM"), "identity/privateKey": key("k") };
		const all = { ...certified, ...named, "identity/deviceSecret": key("s"), "identity/productSecret": key("p") };
		const found = way(all);
		if (found.kind !== "x509") throw new Error(found.kind);
		expect(decode(found.certified.certificate)).toBe("PEM");
		expect(found.identity?.deviceName).toBe("device");
		expect(way(certified)).toMatchObject({ kind: "x509", identity: undefined });
		expect(way({ ...certified, "identity/productKey": "pk" })).toMatchObject({ kind: "x509", identity: undefined });
		expect(why({ "identity/privateKey": key("k") })).toBe("no certificate: it belongs to the privateKey");
		expect(why({ ...all, "identity/deviceName": "x" })).toBe("deviceName: 4 to 32 of A–Z a–z 0–9 - _ @ . :");
	});
	test("is ID²'s, by the vault's key or by a carrier of the board's", () => {
		const carried = { ...named, "identity/id2": "00FF", "identity/productSecret": key("p") };
		const found = way({ ...carried, "identity/carrierKey": key("c"), "link/id2Spelling": "authype" });
		if (found.kind !== "id2") throw new Error(found.kind);
		expect([found.id2, found.carrierKey?.byteLength, found.identity.spelling]).toEqual(["00FF", 1, "authype"]);
		expect(way({ ...carried, "link/instanceId": "iot-1" })).toMatchObject({
			carrierKey: undefined,
			identity: { instanceId: "iot-1", spelling: "authtype" },
		});
		expect(why({ ...named, "identity/id2": "00FF" })).toBe("no productSecret: burn an identity first");
		expect(why({ ...carried, "identity/id2": "a b" })).toBe("id2: 1 to 64 characters");
	});
	test("is nobody's when a record is missing or wrong, and the message has no value in it", () => {
		const secret = { "identity/deviceSecret": key("s") };
		expect(why({ ...secret, "identity/deviceName": "device" })).toBe("no productKey: burn an identity first");
		expect(why({ ...secret, "identity/productKey": "pk", "identity/deviceName": "" })).toBe(
			"no deviceName: burn an identity first",
		);
		expect(why({ ...named, ...secret, "identity/signMethod": "sha3" })).toBe("signMethod: unknown");
		expect(why({ ...named, "identity/deviceToken": key("t") })).toBe("no clientId: burn an identity first");
		expect(why({ ...named, ...secret, "identity/productKey": "p k" })).toBe("productKey: letters and digits");
	});
	test("isn't told when the vault fails", () => {
		const broken: IdentityRecords = {
			text: () => undefined,
			bytes: () => undefined,
			key() {
				throw new TypeError("damaged");
			},
		};
		expect(() => wayOf(broken)).toThrow(TypeError);
	});
});
