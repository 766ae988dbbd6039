// A device that has a certificate and knows no name, against the local cloud: asks once, keeps the answer, connects as it.
import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import Enrolment, { type Enrolled } from "enrolment/enrolment";
import { renewCertificate } from "enrolment/renew";
import { encode } from "hal/text";
import Log from "log/log";
import config from "mc/config";
import { describe, expect, test } from "test/expect";
import type { FakeRecords } from "test/fake-records";
import { peer } from "test/peer";
import type { Changes } from "vault/records";
import { until } from "../mqtt/support";
import { ask, connect, enrol, records, refusal, secret, works } from "../registration/support";

interface Config {
	readonly port: number;
	readonly root: string;
	readonly productKey: string;
	readonly adminPort: number;
}

interface Cert {
	readonly CertSN: string;
	readonly Certificate: string;
	readonly PrivateKey: string;
}

const { port, root, productKey: ProductKey, adminPort } = config as unknown as Config;

const admin = <T>(action: string, DeviceName: string, more: object = {}) =>
	ask<T>(adminPort, `/${action}`, { ProductKey, DeviceName, ...more });

/** A device's certificate, as its platform issues it. */
async function issued(name: string, KeyType: "RSA2048" | "EC256"): Promise<Cert> {
	await admin("RegisterDevice", name, { KeyType });
	const { DeviceCertInfo } = await admin<{ DeviceCertInfo: Cert }>("QueryDeviceCert", name);
	return DeviceCertInfo;
}

function burned({ Certificate, PrivateKey }: Cert, more: Changes = {}): FakeRecords {
	return records(port, root, {
		"link/host": "x509.localhost",
		"link/address": peer,
		"identity/certificate": encode(Certificate),
		"identity/privateKey": secret(PrivateKey),
		...more,
	});
}

for (const keyType of ["RSA2048", "EC256"] as const) {
	describe(`with a certificate of ${keyType}`, () => {
		test("it asks whom that names, keeps the answer, and connects as that device ever after", async () => {
			const vault = burned(await issued(`named-${keyType}`, keyType));
			const outcome = await enrol(vault);
			expect(outcome.error).toBe(undefined);
			expect(outcome.lines).toEqual(["I enrolment asks whom its certificate names", "I enrolment registered"]);
			expect(vault.written).toEqual([["identity/productKey", "identity/deviceName"]]);
			expect(outcome.enrolled?.identity).toMatchObject({ kind: "x509", deviceName: `named-${keyType}` });
			await works(outcome);
			const again = await enrol(vault);
			expect(again.lines).toEqual([]);
			await works(again);
		});
		test("that was revoked it's refused, typed, and slow to come back", async () => {
			const certificate = await issued(`revoked-${keyType}`, keyType);
			const vault = burned(certificate);
			const outcome = await enrol(vault);
			await works(outcome);
			await admin("RevokeDeviceCert", `revoked-${keyType}`);
			const state = await refusal(outcome, { random: () => 0.5 });
			expect(state).toMatchObject({ name: "offline", refusal: "certificate", wait: 60_000 });
			const { error, wait } = await enrol(burned(certificate), { random: () => 0.5 });
			expect([error?.code, wait]).toEqual(["certificate-refused", 120_000]);
		});
	});
}

test("a certificate of another authority is refused", async () => {
	const other = await issued("other", "EC256");
	await admin("DeleteDevice", "other");
	const { error } = await enrol(burned(other));
	expect(error?.code).toBe("certificate-refused");
});

test("a renewed one takes the place of the old, both halves or none", async () => {
	const vault = burned(await issued("renewed", "RSA2048"));
	await works(await enrol(vault));
	const { DeviceCertInfo } = await admin<{ DeviceCertInfo: Cert }>("RenewDeviceCert", "renewed", { KeyType: "EC256" });
	const { Certificate, PrivateKey } = DeviceCertInfo;
	const other = await issued("another", "EC256");
	expect(() => renewCertificate(vault, encode(Certificate), secret(other.PrivateKey))).toThrow(TypeError);
	expect(() => renewCertificate(vault, encode("no certificate"), secret(PrivateKey))).toThrow(TypeError);
	expect(vault.written.length).toBe(1);
	renewCertificate(vault, encode(Certificate), secret(PrivateKey));
	expect(vault.written.at(-1)?.sort()).toEqual(["identity/certificate", "identity/privateKey"]);
	await works(await enrol(vault));
});

/** Notes of each connection whether it resumed the session of one before. */
function noting() {
	const resumed: boolean[] = [];
	class Noting extends TLSSocket {
		constructor(options: ConstructorParameters<typeof TLSSocket>[0]) {
			let first = true;
			super({
				...options,
				onWritable(bytes) {
					if (first) resumed.push(this.resumed);
					first = false;
					options.onWritable?.call(this, bytes);
				},
			});
		}
	}
	return { resumed, io: Noting };
}

test("a running device shows the renewed one with its next connection, and takes up no session of the old", async () => {
	const old = await issued("renews", "RSA2048");
	const vault = burned(old);
	const outcome = await enrol(vault);
	if (!outcome.enrolled) throw new Error("it's nobody");
	const { resumed, io } = noting();
	const { device, states } = connect(outcome, { storage: vault, transport: { ...outcome.enrolled.transport, io } });
	await device.report({});
	const { DeviceCertInfo } = await admin<{ DeviceCertInfo: Cert }>("RenewDeviceCert", "renews", { KeyType: "EC256" });
	renewCertificate(vault, encode(DeviceCertInfo.Certificate), secret(DeviceCertInfo.PrivateKey));
	await admin("RevokeDeviceCert", "renews", { CertSN: old.CertSN }); // which throws the device off
	await until("it's back", () => states.filter(({ name }) => name === "online").length === 2);
	await device.report({});
	device.close();
	expect(resumed).toEqual([false, false]);
	expect(states.some((state) => state.name === "offline" && state.refusal !== undefined)).toBe(false);
});

test("names that aren't its certificate's any more are asked for once they're refused, and become the device's", async () => {
	const right = await issued("right-name", "EC256");
	const names = { "identity/productKey": ProductKey, "identity/deviceName": "former-name" };
	const vault = burned(right, names);
	const told: Enrolled[] = [];
	const log = new Log("test", { sink: () => {} });
	const onReady = (enrolled: Enrolled) => told.push(enrolled);
	const enrolment = new Enrolment({ records: vault, log, tcp: TCP, tls: TLSSocket, roots: [], onReady });
	await until("it's somebody", () => told.length === 1);
	const outcome = { enrolled: told[0], error: undefined, wait: undefined, lines: [] };
	const state = await refusal(outcome, { storage: vault });
	if (state.name !== "offline") throw new Error(state.name);
	expect([state.error.code, state.refusal]).toEqual(["bad-user-name-or-password", "certificate"]);
	// What a device does before its next connection, half a minute later.
	told[0]?.transport.prepare?.(() => {}, state.error);
	await until("it's told anew", () => told.length === 2);
	enrolment.close();
	expect([vault.written, told[1]?.identity.deviceName]).toEqual([[["identity/deviceName"]], "right-name"]);
	await works({ ...outcome, enrolled: told[1] });
});

test("a device that's thrown off takes up its TLS session again, as the same device, and writes nothing", async () => {
	const { resumed, io } = noting();
	const vault = burned(await issued("resumes", "EC256"));
	const outcome = await enrol(vault);
	if (!outcome.enrolled) throw new Error("it's nobody");
	const transport = { ...outcome.enrolled.transport, io };
	const { device, states } = connect(outcome, { storage: vault, transport });
	await device.report({});
	const other = connect(outcome); // the same device once more: the platform throws the first off
	await other.device.report({});
	await until("it's back", () => states.filter(({ name }) => name === "online").length === 2);
	await device.report({});
	device.close();
	other.device.close();
	expect(resumed).toEqual([false, true]);
	expect(vault.written.length).toBe(1);
});

test("over plain TCP nothing is sent", async () => {
	const { error, wait } = await enrol(burned(await issued("plain", "EC256"), { "link/security": "tcp" }));
	expect([error?.code, wait]).toEqual(["not-secure", undefined]);
});
