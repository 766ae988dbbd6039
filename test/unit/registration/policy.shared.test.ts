// When a registration is tried again, and what the end of its connection means.
import { HttpError, type HttpErrorCode } from "http/error";
import { MqttError, type MqttErrorCode } from "mqtt/error";
import { ofHttp, ofMqtt, RegistrationError, type RegistrationErrorCode } from "registration/error";
import RegistrationPolicy from "registration/policy";
import { describe, expect, test } from "test/expect";

const MINUTE = 60_000;

/** The first waits, with a random number that is always the same. */
function waits(error: RegistrationError, random: number, count = 3): (number | undefined)[] {
	const policy = new RegistrationPolicy(() => random);
	const all: (number | undefined)[] = [];
	for (let i = 0; i < count; i += 1) all.push(policy.decide(error));
	return all;
}

describe("after", () => {
	for (const [code, first, half] of [
		["network", 1000, [3000, 5000, 9000]],
		["timeout", 1000, [3000, 5000, 9000]],
		["server", 10_000, [20_000, 30_000, 50_000]],
		["bad-answer", 10_000, [20_000, 30_000, 50_000]],
		["vault", 10_000, [20_000, 30_000, 50_000]],
		["refused", MINUTE, [2 * MINUTE, 3 * MINUTE, 5 * MINUTE]],
		["certificate-refused", MINUTE, [2 * MINUTE, 3 * MINUTE, 5 * MINUTE]],
		["malformed", MINUTE, [2 * MINUTE, 3 * MINUTE, 5 * MINUTE]],
		["tls", MINUTE, [2 * MINUTE, 3 * MINUTE, 5 * MINUTE]],
		["already-active", 30 * MINUTE, [60 * MINUTE, 60 * MINUTE, 60 * MINUTE]],
		["exhausted", 30 * MINUTE, [60 * MINUTE, 60 * MINUTE, 60 * MINUTE]],
	] as const) {
		test(`${code} it waits a random part of more and more`, () => {
			const error = new RegistrationError(code);
			expect(waits(error, 0)).toEqual([first, first, first]);
			expect(waits(error, 0.5)).toEqual(half);
		});
	}
	for (const [code, first, half] of [
		["network", 30 * MINUTE, 60 * MINUTE],
		["timeout", 30 * MINUTE, 60 * MINUTE],
		["tls", 30 * MINUTE, 60 * MINUTE],
		["bad-answer", 120 * MINUTE, 240 * MINUTE],
		["server", 10_000, 20_000],
		["refused", MINUTE, 2 * MINUTE],
		["vault", 10_000, 20_000],
	] as const) {
		test(`${code} that may have cost a place it waits ${half / MINUTE} minutes or so`, () => {
			const error = new RegistrationError(code);
			const decided = [0, 0.5].map((random) => new RegistrationPolicy(() => random).decide(error, true));
			expect(decided).toEqual([first, half]);
		});
	}
	test("an identity was burned meanwhile it waits for nothing", () => {
		const error = new RegistrationError("superseded");
		expect([error.retry, waits(error, 0.5)]).toEqual(["now", [0, 0, 0]]);
	});
	test("anything that it tries again the error's own word is the same", () => {
		const codes = ["refused", "already-active", "exhausted", "malformed", "server", "certificate-refused", "timeout"];
		const more = ["network", "tls", "bad-answer", "not-secure", "no-identity", "vault", "superseded"];
		for (const code of [...codes, ...more] as RegistrationErrorCode[]) {
			const error = new RegistrationError(code);
			expect([code, waits(error, 0.5, 1)[0] === undefined]).toEqual([code, error.retry === "never"]);
		}
	});
	for (const code of ["not-secure", "no-identity"] as const) {
		test(`${code} it doesn't try again, before something else was burned`, () => {
			expect(waits(new RegistrationError(code), 0.5)).toEqual([undefined, undefined, undefined]);
			expect(new RegistrationError(code).retry).toBe("never");
		});
	}
	test("a long time it waits for an hour at the most, and about one after a refusal", () => {
		expect(waits(new RegistrationError("refused"), 0.999_999, 40).at(-1)).toBe(61 * MINUTE - 4);
		expect(waits(new RegistrationError("network"), 0.999_999, 40).at(-1)).toBe(10 * MINUTE + 999);
	});
	test("a handshake that broke off and may pass it comes sooner than after a server that can't be trusted", () => {
		const passing = Object.assign(new Error("x"), { retry: "later" });
		const tls = (cause: unknown) => ofMqtt(new MqttError("tls", { detail: "x", cause }));
		expect(waits(tls(passing), 0)).toEqual([10_000, 10_000, 10_000]);
		expect(waits(tls(Object.assign(new Error("x"), { retry: "never" })), 0, 1)).toEqual([MINUTE]);
		expect(waits(tls(undefined), 0, 1)).toEqual([MINUTE]);
	});
	test("a code that nobody knows it doesn't guess", () => {
		const error = new RegistrationError("odd" as RegistrationErrorCode);
		expect([error.retry, waits(error, 0, 1)]).toEqual(["never", [undefined]]);
	});
});

describe("the end of a connection", () => {
	for (const [code, meaning] of [
		["bad-user-name-or-password", "refused"],
		["not-authorized", "refused"],
		["identifier-rejected", "malformed"],
		["unacceptable-protocol-version", "malformed"],
		["server-unavailable", "server"],
		["certificate-refused", "certificate-refused"],
		["tls", "tls"],
		["connect-timeout", "timeout"],
		["ping-timeout", "timeout"],
		["acknowledge-timeout", "timeout"],
		["write-timeout", "timeout"],
		["network", "network"],
		["preparation", "network"],
		["closed-by-server", "network"],
		["replaced", "network"],
		["closed", "network"],
		["qos", "bad-answer"],
		["too-large", "bad-answer"],
	] as readonly (readonly [MqttErrorCode, RegistrationErrorCode])[]) {
		test(`by ${code} is ${meaning}`, () => {
			const error = new MqttError(code, { detail: "why" });
			const { code: got, cause, detail } = ofMqtt(error);
			expect([got, cause, detail?.endsWith("why")]).toEqual([meaning, error, true]);
		});
	}
});

describe("the end of a request", () => {
	for (const [code, meaning] of [
		["tls", "tls"],
		["timeout", "timeout"],
		["network", "network"],
		["closed-by-server", "network"],
		["truncated", "network"],
		["status-line", "bad-answer"],
		["body-too-long", "bad-answer"],
	] as readonly (readonly [HttpErrorCode, RegistrationErrorCode])[]) {
		test(`by ${code} is ${meaning}`, () => expect(ofHttp(new HttpError(code, { detail: "why" })).code).toBe(meaning));
	}
});
