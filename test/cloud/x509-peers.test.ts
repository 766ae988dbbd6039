import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OpensslServer } from "../lib/openssl-server";
import { type Certified, certified, certifiedWorld } from "./lib/certified";
import { ManualClock } from "./lib/manual-clock";
import { openssl, sClient } from "./lib/openssl";
import { connectPacket, type World } from "./lib/world";

const IDENTITY = "/ext/auth/identity/response";

const clock = new ManualClock(Date.now());
let world: World;
let productKey: string;
let device: Certified;
let authorityFile: string;

beforeAll(async () => {
	({ world, productKey, device, authorityFile } = await certifiedWorld(clock));
});
afterAll(() => world.stop());

describe("openssl as a server that checks our devices", () => {
	/** A mutual handshake with openssl's server, which checks our devices by our authority and list alone. */
	const handshake = async (list: string, who: Certified | undefined): Promise<string> => {
		const ca = join(world.state, "ca");
		const server = await OpensslServer.start(
			...["-cert", join(ca, "server.pem"), "-key", join(ca, "server.key.pem"), "-tls1_2"],
			...["-CAfile", authorityFile, "-CRL", list, "-crl_check", "-Verify", "1", "-verify_return_error"],
		);
		const outcome = await new Promise<string>((resolve) => {
			const socket = connectTls({
				host: "127.0.0.1",
				port: server.port,
				servername: "localhost",
				ca: readFileSync(world.cloud.caFile),
				...(who && { cert: who.certificate, key: who.key }),
			});
			socket.on("secureConnect", () => {
				socket.end();
				resolve("in");
			});
			socket.on("error", (error) => resolve(error.message));
		});
		server.stop();
		return outcome;
	};

	it("the list of the revoked is what openssl goes by: also over HTTP, newer with each", async () => {
		const good = await certified(world, productKey);
		const bad = await certified(world, productKey);
		await world.admin.call("RevokeDeviceCert", { IotId: bad.iotId, RevocationReason: "superseded" });
		const { Data } = await world.admin.call("QueryDeviceCertAuthority", {});
		const served = await fetch(`http://127.0.0.1:${world.cloud.ports.device}/x509/device-ca.crl.pem`);
		expect(await served.text()).toBe(Data.Crl);
		const list = join(world.state, "list.pem");
		writeFileSync(list, Data.Crl);
		const shown = openssl(["crl", "-in", list, "-noout", "-text", "-CAfile", authorityFile]).out;
		expect(shown).toContain("verify OK");
		expect(shown).toContain(bad.serialNumber);
		expect(shown).not.toContain(good.serialNumber);
		expect(shown).toMatch(/X509v3 CRL Number/);
		const verify = (file: string) =>
			openssl(["verify", "-crl_check", "-CRLfile", list, "-CAfile", authorityFile, file]).code;
		expect(verify(good.certificateFile)).toBe(0);
		expect(verify(bad.certificateFile)).not.toBe(0);
		expect(await handshake(list, good)).toBe("in");
		expect(await handshake(list, bad)).toMatch(/certificate revoked/);
		expect(await handshake(list, undefined)).toMatch(/certificate required|handshake failure/);
	});
});

describe("openssl as the device", () => {
	const connect = () => connectPacket({ clientId: "x|securemode=2|", username: "&", password: "" });
	const args = (...more: string[]) => [
		...["-connect", `127.0.0.1:${world.cloud.ports.device}`, "-CAfile", world.cloud.caFile, "-verify_return_error"],
		...more,
	];

	it.each(["-tls1_2", "-tls1_3"])("%s with its certificate: CONNACK 0, then its names", async (version) => {
		const { bytes } = await sClient(
			args("-quiet", version, "-servername", "x509.localhost", "-cert", device.certificateFile, "-key", device.keyFile),
			connect(),
			(bytes) => bytes.includes(device.deviceName),
		);
		expect([...bytes.subarray(0, 4)]).toEqual([0x20, 2, 0, 0]);
		expect(bytes.toString()).toContain(`${IDENTITY}{"productKey":"${productKey}","deviceName":"${device.deviceName}"}`);
	});

	it.each(["-tls1_2", "-tls1_3"])(
		"%s: a certificate is asked for under the two names, and under no other",
		async (version) => {
			const asked = async (...name: string[]) => {
				const run = await sClient(args(version, ...name), Buffer.alloc(0), (bytes) =>
					bytes.includes("Verify return code"),
				);
				expect(run.out).toContain("Verify return code: 0 (ok)");
				return !run.out.includes("No client certificate CA names sent");
			};
			expect(await asked("-servername", "x509.localhost")).toBe(true);
			expect(await asked("-servername", "x509.itls.cn-shanghai.aliyuncs.com")).toBe(true);
			expect(await asked("-servername", "localhost")).toBe(false);
			expect(await asked("-servername", `${productKey}.iot-as-mqtt.cn-shanghai.aliyuncs.com`)).toBe(false);
			expect(await asked("-noservername")).toBe(false);
		},
	);

	it("names the devices' authority to who is asked", async () => {
		const run = await sClient(args("-servername", "x509.localhost"), Buffer.alloc(0), (bytes) =>
			bytes.includes("Verify return code"),
		);
		expect(run.out).toMatch(/Acceptable client certificate CA names\n.*linkxs local cloud device CA/);
	});
});

describe("resumed TLS sessions", () => {
	/** A TLS connection that has said CONNECT; answers CONNACK's code, whether it was resumed, and the session. */
	const speak = (
		who: Certified | undefined,
		more: { maxVersion: "TLSv1.2" | "TLSv1.3"; servername?: string; session?: Buffer; username?: string },
	) =>
		new Promise<{ code: number; resumed: boolean; session: Buffer | undefined; text: string }>((resolve, reject) => {
			const { username = "&", ...options } = more;
			const socket = connectTls({
				host: "127.0.0.1",
				port: world.cloud.ports.device,
				servername: "x509.localhost",
				ca: readFileSync(world.cloud.caFile),
				...(who && { cert: who.certificate, key: who.key }),
				...options,
			});
			let session: Buffer | undefined;
			let resumed = false;
			const parts: Buffer[] = [];
			socket.on("session", (one: Buffer) => {
				session = one;
			});
			socket.on("secureConnect", () => {
				resumed = socket.isSessionReused();
				socket.write(connectPacket({ clientId: "x|securemode=2|", username, password: "" }));
			});
			socket.on("error", reject);
			socket.on("data", (part: Buffer) => {
				parts.push(part);
				const all = Buffer.concat(parts);
				if (all.length >= 4 && (all[3] !== 0 || all.length > 4)) socket.end();
			});
			socket.on("close", () => {
				const all = Buffer.concat(parts);
				resolve({ code: all[3] ?? -1, resumed, session, text: all.toString("latin1") });
			});
		});

	it.each(["TLSv1.2", "TLSv1.3"] as const)("%s: still the same device, and judged anew", async (maxVersion) => {
		const other = await certified(world, productKey);
		const first = await speak(other, { maxVersion });
		expect(first).toMatchObject({ code: 0, resumed: false });
		if (!first.session) throw new Error("no session");
		// The second one has no certificate to show: the session is what proves it.
		const again = await speak(undefined, { maxVersion, session: first.session });
		expect(again).toMatchObject({ code: 0, resumed: true });
		expect(again.text).toContain(other.deviceName);
		await world.event("device.online", (one) => one.deviceName === other.deviceName && one.resumed);
		const username = `${device.deviceName}&${productKey}`;
		expect(await speak(undefined, { maxVersion, session: first.session, username })).toMatchObject({ code: 4 });
		await world.admin.call("RevokeDeviceCert", { IotId: other.iotId });
		expect(await speak(undefined, { maxVersion, session: again.session ?? first.session })).toMatchObject({ code: 5 });
	});

	it.each(["TLSv1.2", "TLSv1.3"] as const)("%s: one of another name proves nothing here", async (maxVersion) => {
		const plain = await speak(undefined, { maxVersion, servername: "localhost" });
		if (!plain.session) throw new Error("no session");
		const here = await speak(undefined, { maxVersion, session: plain.session });
		expect(here).toMatchObject({ code: 4, resumed: false });
	});

	it.each(["TLSv1.2", "TLSv1.3"] as const)(
		"%s: one of a device is of no use under another name",
		async (maxVersion) => {
			const first = await speak(device, { maxVersion });
			if (!first.session) throw new Error("no session");
			const there = await speak(undefined, { maxVersion, session: first.session, servername: "localhost" });
			expect(there.resumed).toBe(false);
			expect(there.code).not.toBe(0);
		},
	);
});
