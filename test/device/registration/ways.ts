// One product, one secret against the local cloud: with and without pre-registration, over MQTT and HTTPS, every refusal.
import TCP from "embedded:io/socket/tcp";
import config from "mc/config";
import { describe, expect, test } from "test/expect";
import type { FakeRecords } from "test/fake-records";
import type { Changes } from "vault/records";
import { ask, enrol, records, refusal, secret, works } from "./support";

interface Config {
	readonly port: number;
	readonly root: string;
	readonly product: { readonly productKey: string; readonly productSecret: string };
	readonly adminPort: number;
	readonly counterPort: number;
	readonly tellerPort: number;
}

const { port, root, product, adminPort, counterPort, tellerPort } = config as unknown as Config;
const { productKey, productSecret } = product;

function burned(deviceName: string, more: Changes = {}): FakeRecords {
	return records(port, root, {
		"identity/productKey": productKey,
		"identity/productSecret": secret(productSecret),
		"identity/deviceName": deviceName,
		...more,
	});
}

const admin = (action: string, deviceName: string, more: object = {}) =>
	ask(adminPort, `/${action}`, { ProductKey: productKey, DeviceName: deviceName, ...more });

describe("a pre-registered device", () => {
	let number = 0;
	for (const road of ["mqtt", "https"] as const) {
		for (const signMethod of ["hmacmd5", "hmacsha1", "hmacsha256"] as const) {
			number += 1;
			const name = `device-${number}`;
			test(`registers over ${road} by ${signMethod}, and connects with the secret that it was given`, async () => {
				const vault = burned(name, { "identity/road": road, "identity/signMethod": signMethod });
				const outcome = await enrol(vault);
				expect(outcome.error).toBe(undefined);
				expect(outcome.enrolled?.identity.kind).toBe("device-secret");
				expect(vault.written).toEqual([["identity/deviceSecret"]]);
				await works(outcome);
				// The next start finds the secret and asks for nothing.
				const again = await enrol(vault);
				expect(again.lines).toEqual([]);
				await works(again);
			});
		}
	}
	test("that lost what it was given before it could keep it registers again, until it was active", async () => {
		await enrol(burned("device-7"));
		const outcome = await enrol(burned("device-7"));
		await works(outcome);
		const { error, wait } = await enrol(burned("device-7"), { random: () => 0.5 });
		expect(error?.code).toBe("refused");
		expect(wait).toBe(120_000);
		const told = await enrol(burned("device-7", { "identity/road": "https" }), { random: () => 0.5 });
		expect(told.error?.code).toBe("already-active");
		expect(told.error?.message.includes("ResetThing")).toBe(true);
		expect(told.wait).toBe(3_600_000);
		await admin("ResetThing", "device-7");
		await works(await enrol(burned("device-7")));
	});
	test("of another secret, of no name, or with a switch that's off is refused", async () => {
		for (const road of ["mqtt", "https"]) {
			const more = { "identity/road": road };
			const wrong = { ...more, "identity/productSecret": secret("not the product's") };
			expect((await enrol(burned("device-8", wrong))).error?.code).toBe("refused");
			expect((await enrol(burned("stranger", more))).error?.code).toBe("refused");
			await ask(adminPort, "/SetProductDynamicRegistration", { ProductKey: productKey, DynamicRegistration: false });
			expect((await enrol(burned("device-8", more))).error?.code).toBe("refused");
			await ask(adminPort, "/SetProductDynamicRegistration", { ProductKey: productKey, DynamicRegistration: true });
		}
		await works(await enrol(burned("device-8")));
	});
	test("that was deleted and made again has a new secret: the old one is refused, the device is told so", async () => {
		const outcome = await enrol(burned("device-9"));
		await works(outcome);
		await admin("DeleteDevice", "device-9");
		await admin("RegisterDevice", "device-9");
		expect(await refusal(outcome)).toMatchObject({ refusal: "credentials" });
		await works(await enrol(burned("device-9")));
	});
});

describe("a device that is not pre-registered", () => {
	const nwl = { "identity/registration": "regnwl" };
	test("registers, and connects with client id and token; both securemodes are taken, with and without an instance", async () => {
		let number = 0;
		for (const securemode of ["-2", "2"]) {
			for (const instance of [{}, { "link/instanceId": "iot-060a0bpq" }]) {
				number += 1;
				const vault = burned(`wild-${number}`, { ...nwl, "link/registrationSecuremode": securemode, ...instance });
				const outcome = await enrol(vault);
				expect(outcome.error).toBe(undefined);
				expect(outcome.enrolled?.identity.kind).toBe("token");
				expect(vault.written).toEqual([
					["identity/room"],
					["identity/clientId", "identity/deviceToken", "identity/room"],
				]);
				await works(outcome);
				await works(await enrol(vault));
			}
		}
	});
	test("is one of five: the sixth is refused", async () => {
		const outcomes = [];
		for (let number = 1; number <= 5; number += 1) outcomes.push(await enrol(burned("five", nwl)));
		expect(outcomes.every(({ error }) => error === undefined)).toBe(true);
		expect((await enrol(burned("five", nwl))).error?.code).toBe("refused");
		for (const outcome of outcomes) await works(outcome);
		const kept = outcomes[2]?.enrolled?.identity;
		const ClientId = kept?.kind === "token" ? kept.clientId : "";
		await admin("SwitchClientId", "five", { ClientId });
		const [first, , third] = outcomes;
		if (!first || !third) throw new Error("no outcome");
		expect(await refusal(first)).toMatchObject({ refusal: "disabled" });
		await works(third);
		await admin("ClearClientIds", "five");
		expect(await refusal(third)).toMatchObject({ refusal: "disabled" });
	});
});

describe("over plain TCP", () => {
	for (const more of [{}, { "identity/road": "https" }, { "identity/registration": "regnwl" }] as const) {
		test(`nothing is sent: ${JSON.stringify(more)}`, async () => {
			const vault = burned("device-10", { "link/security": "tcp", "link/port": String(counterPort), ...more });
			const { error, wait } = await enrol(vault);
			expect([error?.code, wait]).toEqual(["not-secure", undefined]);
			expect(await ask(tellerPort, "/")).toEqual({ connections: 0, bytes: 0 });
		});
	}
	for (const [number, road] of ["mqtt", "https"].entries()) {
		test(`nothing is sent either over ${road} when the stream class is a plain one by mistake`, async () => {
			const vault = burned("device-10", { "link/port": String(counterPort), "identity/road": road });
			const { error } = await enrol(vault, { tls: TCP });
			expect(error?.code).toBe("not-secure");
			expect(await ask(tellerPort, "/")).toEqual({ connections: number + 1, bytes: 0 });
		});
	}
});
