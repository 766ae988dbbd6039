// What the platform gives, read where it lies: in any order, with any escapes, and nothing of it left behind.
import { hmac, Key } from "hal/crypto";
import { decode, encode } from "hal/text";
import { type Asked, type Grant, readAnswered, readNames, readPushed } from "registration/answer";
import { RegistrationError } from "registration/error";
import { describe, expect, test } from "test/expect";

const register: Asked = { kind: "register", productKey: "pk", deviceName: "device" };
const regnwl: Asked = { ...register, kind: "regnwl" };

/** Whether a key is this text: they make the same MAC. */
function is(key: Key, text: string): boolean {
	return `${hmac("SHA256", key, encode("x"))}` === `${hmac("SHA256", Key.from(encode(text)), encode("x"))}`;
}

/** Reads, and looks that nothing of the text is left. */
function read<T>(how: (bytes: Uint8Array) => T, text: string): T | RegistrationError {
	const bytes = encode(text);
	try {
		return how(bytes);
	} catch (error) {
		if (error instanceof RegistrationError) return error;
		throw error;
	} finally {
		expect(decode(bytes)).toBe("\0".repeat(bytes.byteLength));
	}
}

const pushed = (text: string, asked = register) => read((bytes) => readPushed(bytes, asked), text);
const answered = (text: string) => read((bytes) => readAnswered(bytes, register), text);

function secretOf(grant: Grant | RegistrationError): Key {
	if (grant instanceof RegistrationError) throw grant;
	return grant.kind === "register" ? grant.deviceSecret : grant.deviceToken;
}

function messageOf(outcome: unknown): string {
	return outcome instanceof RegistrationError ? outcome.message : "no error";
}

describe("what is pushed to a pre-registered device", () => {
	for (const text of [
		'{"productKey":"pk","deviceName":"device","deviceSecret":"s3cret"}',
		'{"deviceSecret":"s3cret","deviceName":"device","productKey":"pk"}',
		' {\n "productKey" : "pk" , "more" : [ 1, { "deviceSecret" : "no" } ] , "deviceName" : "device" , "deviceSecret" : "s3cret" } ',
		'{"productKey":"p\\u006b","deviceName":"\\u0064evice","deviceSecret":"\\u0073\\u0033cret"}',
	]) {
		test(text, () => expect(is(secretOf(pushed(text)), "s3cret")).toBe(true));
	}
	for (const [text, why] of [
		['{"productKey":"pk","deviceName":"device"}', "bad-answer: no secret"],
		['{"productKey":"pk","deviceName":"device","deviceSecret":""}', "bad-answer: no secret"],
		['{"productKey":"pk","deviceName":"device","deviceSecret":5}', "bad-answer: no secret"],
		[`{"productKey":"pk","deviceName":"device","deviceSecret":"${"s".repeat(513)}"}`, "bad-answer: no secret"],
		['{"productKey":"pk","deviceName":"device","deviceSecret":"é"}', "bad-answer: a secret of other letters"],
		['{"productKey":"pk","deviceName":"device","deviceSecret":"a\\n"}', "bad-answer: a secret of other letters"],
		['{"productKey":"other","deviceName":"device","deviceSecret":"s"}', "bad-answer: another productKey"],
		['{"productKey":"pk","deviceName":"other","deviceSecret":"s"}', "bad-answer: another deviceName"],
		['{"productKey":"pk","deviceSecret":"s"}', "bad-answer: another deviceName"],
		[
			'{"productKey":"pk","deviceName":"device","deviceSecret":"a","deviceSecret":"b"}',
			"bad-answer: bad-json: a name that can't be, or twice",
		],
		["nonsense", "bad-answer: bad-json: no value"],
		["", "bad-answer: bad-json: no value"],
	] as const) {
		test(`${text.slice(0, 90)}: ${why}`, () => expect(messageOf(pushed(text))).toBe(why));
	}
	test("cut short anywhere is none", () => {
		const whole = '{"productKey":"pk","deviceName":"device","deviceSecret":"s3cret"}';
		for (let length = 0; length < whole.length; length += 1) {
			expect(messageOf(pushed(whole.slice(0, length))).startsWith("bad-answer")).toBe(true);
		}
	});
	test("what a broken one was is said in no error", () => {
		const error = pushed('{"productKey":"pk","deviceName":"device","deviceSecret":"s3cret"');
		expect(`${messageOf(error)} ${(error as Error).stack} ${((error as Error).cause as Error).message}`).not.toContain(
			"s3cret",
		);
	});
});

describe("what is pushed without pre-registration", () => {
	test("is a client id and a token", () => {
		const text = '{"productKey":"pk","deviceName":"device","clientId":"c1","deviceToken":"t0ken"}';
		const grant = pushed(text, regnwl);
		expect(is(secretOf(grant), "t0ken")).toBe(true);
		expect((grant as { clientId?: string }).clientId).toBe("c1");
	});
	for (const clientId of ["", "a|b", "x".repeat(129)]) {
		test(`with the client id "${clientId.slice(0, 5)}" is none`, () => {
			const text = `{"productKey":"pk","deviceName":"device","clientId":"${clientId}","deviceToken":"t"}`;
			expect(messageOf(pushed(text, regnwl))).toBe("bad-answer: no clientId");
		});
	}
	test("isn't a pre-registered device's answer, and the other way round", () => {
		expect(messageOf(pushed('{"productKey":"pk","deviceName":"device","deviceSecret":"s"}', regnwl))).toBe(
			"bad-answer: no clientId",
		);
		const token = '{"productKey":"pk","deviceName":"device","clientId":"c1","deviceToken":"t"}';
		expect(messageOf(pushed(token))).toBe("bad-answer: no secret");
	});
});

describe("the answer over HTTPS", () => {
	const data = '{"productKey":"pk","deviceName":"device","deviceSecret":"s3cret"}';
	for (const text of [
		`{"code":200,"data":${data},"message":"success"}`,
		`{"message":"success","data":${data},"code":200}`,
		`{"code":"200","requestId":"1","data":${data}}`,
	]) {
		test(text, () => expect(is(secretOf(answered(text)), "s3cret")).toBe(true));
	}
	for (const [text, code] of [
		['{"code":460,"data":{},"message":"request parameter error"}', "malformed"],
		['{"code":400}', "malformed"],
		['{"code":401,"message":"request auth error"}', "refused"],
		['{"code":6288,"data":{},"message":"dynamic registration is off"}', "refused"],
		['{"code":6289,"data":{},"message":"device is active already"}', "already-active"],
		['{"code":6291,"message":"too many"}', "exhausted"],
		['{"code":500}', "server"],
		['{"code":200,"data":{}}', "bad-answer"],
		['{"data":{}}', "bad-answer"],
		[data, "bad-answer"],
	] as const) {
		test(`${text}: ${code}`, () => expect((answered(text) as RegistrationError).code).toBe(code));
	}
	test("says what repairs a device that is active already", () => {
		expect(messageOf(answered('{"code":6289,"message":"active"}'))).toBe(
			"already-active: code 6289 active: ResetThing lets it register again",
		);
	});
});

describe("whom a certificate names", () => {
	test("is two names", () => {
		expect(read(readNames, '{"deviceName":"device","productKey":"pk"}')).toEqual({
			productKey: "pk",
			deviceName: "device",
		});
	});
	for (const text of ['{"productKey":"pk"}', '{"productKey":"","deviceName":"device"}', "[]", "{"]) {
		test(`isn't in ${text}`, () => expect((read(readNames, text) as RegistrationError).code).toBe("bad-answer"));
	}
});
