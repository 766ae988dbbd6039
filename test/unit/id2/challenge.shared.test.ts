// The round trip before TLS: what is asked, what is made of the answer, and each answer that isn't the cloud's.
import * as crypto from "hal/crypto";
import { encode } from "hal/text";
import type { Carrier } from "id2/carrier";
import Challenge from "id2/challenge";
import { Id2Error, type Id2ErrorCode } from "id2/error";
import SoftwareCarrier from "id2/software-carrier";
import type { Id2Identity } from "identity/identity";
import { describe, expect, test } from "test/expect";

const { hex, hmac, Key, unhex } = crypto;

const identity: Id2Identity = {
	kind: "id2",
	productKey: "pk",
	deviceName: "device",
	productSecret: Key.from(encode("productsecret")),
};
const RANDOM = "000102030405060708090a0b0c0d0e0f";
const CHALLENGE = "ff".repeat(32);
const KEY = "11".repeat(32);
const carrier = new SoftwareCarrier("00FF", Key.from(unhex(KEY)));

/** README's words, by hand. */
const transcript = (challenge = CHALLENGE) => [encode("pk\0device\x0000FF\0"), unhex(RANDOM), unhex(challenge)];
const mac = (label: string, challenge?: string) =>
	hex(hmac("SHA256", unhex(KEY), encode(`${label}\0`), ...transcript(challenge)));

const asked = (by: Carrier = carrier) => new Challenge(identity, by, unhex(RANDOM));
const answer = (challenge: unknown, proof: unknown) =>
	encode(JSON.stringify({ code: 200, data: { challenge, proof }, message: "success" }));

function codeOf(bytes: Uint8Array, by: Carrier = carrier): Id2ErrorCode | "none" {
	try {
		asked(by).linkKey(bytes);
		return "none";
	} catch (error) {
		if (error instanceof Id2Error) return error.code;
		throw error;
	}
}

test("the question is signed by the product's secret, with nothing secret in it", () => {
	const sign = hex(
		hmac("SHA256", encode("productsecret"), encode(`deviceNamedeviceid200FFproductKeypkrandom${RANDOM}`)),
	).toUpperCase();
	expect(JSON.parse(asked().question(crypto))).toEqual({
		productKey: "pk",
		deviceName: "device",
		id2: "00FF",
		random: RANDOM,
		signmethod: "hmacsha256",
		sign,
	});
});

test("each question has a random number of its own", () => {
	const random = () => (JSON.parse(new Challenge(identity, carrier).question(crypto)) as { random: string }).random;
	const [first, second] = [random(), random()];
	expect(first.length).toBe(32);
	expect(first === second).toBe(false);
});

test("the link's key is the carrier's, under the challenge's name, once the cloud has proved that it has it, too", () => {
	const { identity: name, key } = asked().linkKey(answer(CHALLENGE, mac("id2 server")));
	expect(name).toBe(`id2|${CHALLENGE}`);
	expect(key.byteLength).toBe(32);
	expect(hex(hmac("SHA256", key, encode("x")))).toBe(hex(hmac("SHA256", unhex(mac("id2 psk")), encode("x"))));
});

describe("no key comes of", () => {
	const proof = mac("id2 server");
	for (const [what, bytes, code] of [
		["a proof by another key", answer(CHALLENGE, "00".repeat(32)), "proof"],
		["the proof of another challenge", answer("ee".repeat(32), proof), "proof"],
		["the link's key for a proof", answer(CHALLENGE, mac("id2 psk")), "proof"],
		["a short proof", answer(CHALLENGE, "00"), "bad-answer"],
		["no proof", answer(CHALLENGE, undefined), "bad-answer"],
		["a challenge that isn't hex", answer("g".repeat(64), proof), "bad-answer"],
		["a number for a challenge", answer(5, proof), "bad-answer"],
		["no JSON", encode("<html>"), "bad-answer"],
		["no code", encode("{}"), "bad-answer"],
		["a code in quotes", encode('{"code":"200"}'), "bad-answer"],
		["code 403", encode('{"code":403,"message":"the signature is wrong"}'), "signature"],
		["code 460", encode('{"code":460,"message":"no such ID²"}'), "unknown"],
		["code 461", encode('{"code":461}'), "exhausted"],
		["code 462", encode('{"code":462}'), "refused"],
		["code 503", encode('{"code":503}'), "server"],
	] as const) {
		test(what, () => expect(codeOf(bytes)).toBe(code));
	}
	test("the answer to an earlier question", () => {
		const replayed = answer(CHALLENGE, proof);
		const again = new Challenge(identity, carrier);
		expect(() => again.linkKey(replayed)).toThrow("proof");
	});
	test("a carrier that fails", () => {
		const broken: Carrier = {
			id2: "00FF",
			mac() {
				throw new TypeError("gone");
			},
		};
		expect(codeOf(answer(CHALLENGE, proof), broken)).toBe("carrier");
	});
});

describe("an error says whether it may pass:", () => {
	for (const [code, retry] of [
		["server", "later"],
		["bad-answer", "later"],
		["carrier", "later"],
		["network", "later"],
		["timeout", "later"],
		["unknown", "never"],
		["exhausted", "never"],
		["signature", "never"],
		["refused", "never"],
		["proof", "never"],
		["odd" as "proof", "never"],
	] as const) {
		test(`${code}: ${retry}`, () => {
			expect([new Id2Error(code).retry, new Id2Error(code, "why").message]).toEqual([retry, `${code}: why`]);
		});
	}
});

test("a software carrier has a name and a key of 32 bytes", () => {
	const key = Key.random(32);
	for (const id2 of ["", "a b", "é", "x".repeat(65)]) expect(() => new SoftwareCarrier(id2, key)).toThrow(RangeError);
	expect(() => new SoftwareCarrier("00FF", Key.random(31))).toThrow(RangeError);
});
