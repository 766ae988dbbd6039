import ConnectPolicy from "link/policy";
import { MqttError, type MqttErrorCode } from "mqtt/error";
import { describe, expect, test } from "test/expect";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** The waits of `count` outages of one kind, with the random number that gives the longest. */
function longest(code: MqttErrorCode, count: number, onlineFor?: number): number[] {
	const policy = new ConnectPolicy(() => 0.999_999_999);
	const waits: number[] = [];
	for (let i = 0; i < count; i += 1) waits.push(policy.decide({ error: new MqttError(code), onlineFor }).wait + 1);
	return waits;
}

describe("the wait before the next connection", () => {
	test("doubles and is capped when the network is gone", () => {
		expect(longest("network", 8)).toEqual([2, 4, 8, 16, 32, 64, 120, 120].map((s) => s * SECOND));
		expect(longest("network", 40).at(-1)).toBe(2 * MINUTE);
	});
	test("is any part of that (full jitter)", () => {
		for (const random of [0, 0.25, 0.5]) {
			const policy = new ConnectPolicy(() => random);
			policy.decide({ error: new MqttError("network"), onlineFor: undefined });
			expect(policy.decide({ error: new MqttError("network"), onlineFor: undefined }).wait).toBe(4000 * random);
		}
	});
	test("is shorter after a clean close by the server", () => {
		expect(longest("closed-by-server", 2)).toEqual([1000, 2000]);
		expect(longest("closed-by-server", 1, MINUTE)).toEqual([1000]);
	});
	test("is longer when the credentials are bad: half a minute at least, up to an hour", () => {
		for (const code of ["bad-user-name-or-password", "not-authorized", "identifier-rejected", "tls"] as const) {
			expect(longest(code, 8)).toEqual([90, 150, 270, 510, 990, 1950, 3630, 3630].map((s) => s * SECOND));
			expect(new ConnectPolicy(() => 0).decide({ error: new MqttError(code), onlineFor: undefined }).wait).toBe(30_000);
		}
	});
	test("after TLS that may work the next time is shorter than after a certificate that's refused", () => {
		const wait = (retry: string) => {
			const error = new MqttError("tls", { cause: Object.assign(new Error("TLS"), { retry }) });
			return new ConnectPolicy(() => 0).decide({ error, onlineFor: undefined }).wait;
		};
		expect([wait("never"), wait("later"), wait("now")]).toEqual([30_000, 2000, 2000]);
	});
	test("is in between when the server isn't well", () => {
		for (const code of ["server-unavailable", "flags", "order"] as const) {
			expect(longest(code, 3)).toEqual([7000, 12_000, 22_000]);
		}
	});
	for (const code of ["connect-timeout", "ping-timeout", "acknowledge-timeout", "write-timeout"] as const) {
		test(`after ${code} is the network's`, () => expect(longest(code, 1)).toEqual([2000]));
	}
	test("after unacceptable-protocol-version is that of bad credentials", () => {
		expect(longest("unacceptable-protocol-version", 1)).toEqual([90_000]);
	});
	test("begins anew after a connection that was stable, not after a short one", () => {
		const policy = new ConnectPolicy(() => 0.5);
		const wait = (onlineFor: number | undefined) => policy.decide({ error: new MqttError("network"), onlineFor }).wait;
		expect([wait(undefined), wait(undefined), wait(5 * SECOND), wait(MINUTE), wait(undefined)]).toEqual([
			1000, 2000, 4000, 1000, 2000,
		]);
	});
});

describe("a second login of the same device", () => {
	const closed = new MqttError("closed-by-server");
	test("is told from a clean close by its repetition, and not fought", () => {
		const policy = new ConnectPolicy(() => 0);
		const first = policy.decide({ error: closed, onlineFor: 10 * MINUTE });
		expect([first.error.code, first.wait]).toEqual(["closed-by-server", 0]);
		const second = policy.decide({ error: closed, onlineFor: 2 * SECOND });
		expect([second.error.code, second.wait, second.error.cause === closed]).toEqual(["replaced", MINUTE, true]);
		const third = policy.decide({ error: closed, onlineFor: SECOND });
		expect([third.error.code, third.wait]).toEqual(["replaced", MINUTE]);
	});
	test("waits longer each time", () => {
		const policy = new ConnectPolicy(() => 0.5);
		const waits: number[] = [];
		for (let i = 0; i < 5; i += 1) waits.push(policy.decide({ error: closed, onlineFor: SECOND }).wait / SECOND);
		expect(waits).toEqual([0.5, 90, 120, 180, 300]);
	});
	test("isn't what closes before it accepts, or after a good while", () => {
		const policy = new ConnectPolicy(() => 0);
		for (const onlineFor of [undefined, undefined, MINUTE, MINUTE, MINUTE]) {
			expect(policy.decide({ error: closed, onlineFor }).error.code).toBe("closed-by-server");
		}
	});
});
