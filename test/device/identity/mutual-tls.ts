// Mutual TLS with a certificate whose key JavaScript can't read, against OpenSSL: taken, or refused by the right alert.
import TLSSocket from "embedded:io/socket/tcp/tls";
import { encode } from "hal/text";
import type { X509Identity } from "identity/identity";
import Device, { type DeviceState } from "link/device";
import Log from "log/log";
import config from "mc/config";
import { describe, expect, test } from "test/expect";
import { peer } from "test/peer";
import { until } from "../mqtt/support";
import { secret } from "../registration/support";

interface Config {
	readonly port: number;
	readonly root: string;
	readonly devices: Readonly<Record<string, { readonly pem: string; readonly key: string }>>;
}

const { port, root, devices } = config as unknown as Config;

function identityOf(name: string): X509Identity {
	const { pem, key } = devices[name] ?? { pem: "", key: "" };
	return {
		kind: "x509",
		productKey: "pk",
		deviceName: "device",
		certificate: encode(pem),
		privateKey: secret(key),
	};
}

/** What a TLS handshake came to, as a device sees it. */
async function connect(name: string): Promise<DeviceState | "secure"> {
	let secure = false;
	const states: DeviceState[] = [];
	class Noting extends TLSSocket {
		constructor(options: ConstructorParameters<typeof TLSSocket>[0]) {
			super({
				...options,
				onWritable(bytes) {
					secure = true;
					options.onWritable?.call(this, bytes);
				},
			});
		}
	}
	const device = new Device({
		identity: identityOf(name),
		place: { host: "device.test", address: peer, port },
		transport: { io: Noting, secure: { roots: [root] } },
		log: new Log("test", { sink: () => {} }),
		random: () => 0.5,
		onState: (state) => states.push(state),
	});
	// OpenSSL speaks no MQTT: what it takes it keeps to itself.
	await until("an outcome", () => secure || states.length > 1);
	device.close();
	return secure ? "secure" : (states[1] as DeviceState);
}

describe("openssl s_server -Verify", () => {
	for (const name of ["rsa", "ec"]) {
		test(`takes a certificate of ${name}`, async () => expect(await connect(name)).toBe("secure"));
	}
	for (const [name, alert] of [
		["expired", "certificate_expired"],
		["revoked", "certificate_revoked"],
		["stranger", "unknown_ca"],
		["tomorrow", "bad_certificate"],
		["server", "unsupported_certificate"],
	] as const) {
		test(`refuses one that's ${name}: ${alert}, typed, and slow to come back from`, async () => {
			expect(await connect(name)).toMatchObject({
				name: "offline",
				error: { code: "certificate-refused", detail: alert },
				refusal: "certificate",
				wait: 60_000,
			});
		});
	}
	test("isn't asked with a key of another certificate", () => {
		const { certificate } = identityOf("rsa");
		const identity = { ...identityOf("ec"), certificate };
		const make = () =>
			new Device({
				identity,
				place: { host: "device.test", address: peer, port },
				transport: { io: TLSSocket, secure: { roots: [root] } },
				log: new Log("test", { sink: () => {} }),
			});
		expect(make).toThrow(TypeError);
	});
});
