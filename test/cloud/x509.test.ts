import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect as connectSocket, createServer } from "node:net";
import { join } from "node:path";
import type { IClientOptions } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	type Certified,
	certified,
	certifiedOptions,
	certifiedWorld,
	connectBy,
	downloaded,
	expectRefusal,
} from "./lib/certified";
import { ManualClock } from "./lib/manual-clock";
import { openssl } from "./lib/openssl";
import { closed, type World } from "./lib/world";

const DAY = 24 * 3600 * 1000;
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

const options = (who: Parameters<typeof certifiedOptions>[1], more?: IClientOptions) =>
	certifiedOptions(world, who, more);
const named = ({ deviceName, productKey }: Certified): IClientOptions => ({
	clientId: `test|securemode=2,signmethod=hmacsha1,timestamp=132323232|`,
	username: `${deviceName}&${productKey}`,
});
const refused = (code: number, why: string, options: IClientOptions) => expectRefusal(world, code, why, options);

describe("a device's certificate", () => {
	it("is RSA 2048 as the platform's, with the kind of key that the document prints", async () => {
		const other = await certified(world, productKey, "RSA2048");
		const { publicKey } = new X509Certificate(other.certificate);
		expect(publicKey.asymmetricKeyType).toBe("rsa");
		expect(publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
		expect(other.key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/);
		expect(openssl(["pkey", "-in", other.keyFile, "-noout", "-check"])).toMatchObject({ code: 0 });
		await (await connectBy(options(other))).client.endAsync();
	});

	it("or EC P-256; its subject is the IotId, its serial number the CertSN", () => {
		const certificate = new X509Certificate(device.certificate);
		expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
		expect(certificate.subject).toContain(`CN=${device.iotId}`);
		expect(certificate.serialNumber).toBe(device.serialNumber);
		expect(device.key).toMatch(/^-----BEGIN EC PRIVATE KEY-----\n/);
	});

	it("is good for a client and for nothing else, by an authority that signs no servers", () => {
		const verify = (purpose: string, roots: string) =>
			openssl(["verify", "-purpose", purpose, "-CAfile", roots, device.certificateFile]).code;
		expect(verify("sslclient", authorityFile)).toBe(0);
		expect(verify("sslserver", authorityFile)).not.toBe(0);
		expect(verify("sslclient", world.cloud.caFile)).not.toBe(0);
	});

	it("can be downloaded again, and is nobody's outside X.509 products", async () => {
		expect(await downloaded(world, device)).toEqual(device);
		const plain = await world.device();
		await expect(
			world.admin.call("QueryDeviceCert", { ProductKey: plain.productKey, DeviceName: plain.deviceName }),
		).rejects.toMatchObject({ code: "refused", detail: "iot.device.NotX509Device" });
	});

	it("is of no LoRaWAN product", async () => {
		await expect(world.product({ AuthType: "x509", NetType: "LORA" })).rejects.toMatchObject({ code: "refused" });
	});
});

describe("who gets in by a certificate", () => {
	it("our device's first CONNECT, told who it is without SUBSCRIBE, at every connection", async () => {
		for (let i = 0; i < 2; i++) {
			const { client, message } = await connectBy(options(device));
			expect(JSON.parse(await message(IDENTITY))).toEqual({ productKey, deviceName: device.deviceName });
			await client.endAsync();
		}
		await world.event("device.online", (one) => one.deviceName === device.deviceName && one.transport === "tls");
	});

	it("the C SDK's: `.|…|`, user name `&`, an HMAC with an empty key", async () => {
		const { client, message } = await connectBy(
			options(device, {
				clientId: ".|timestamp=2524608000000,_v=sdk-c-3.2.0,securemode=2,signmethod=hmacsha256,lan=C|",
				password: "A".repeat(64),
				keepalive: 120,
			}),
		);
		expect(JSON.parse(await message(IDENTITY))).toEqual({ productKey, deviceName: device.deviceName });
		await client.endAsync();
	});

	it("the reconnect with the names that were stored, which are not told again", async () => {
		const { client, messages } = await connectBy(options(device, named(device)));
		const topic = `/${productKey}/${device.deviceName}/user/get`;
		await client.subscribeAsync(topic);
		const content = Buffer.from("x").toString("base64");
		await world.admin.call("Pub", { ProductKey: productKey, TopicFullName: topic, MessageContent: content });
		while (messages.length === 0) await new Promise((resolve) => client.once("message", resolve));
		expect(messages.map((one) => one.topic)).toEqual([topic]);
		await client.endAsync();
	});

	it("TLS 1.2 and 1.3, and the platform's own host name", async () => {
		for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
			const servername = "x509.itls.cn-shanghai.aliyuncs.com";
			await (await connectBy(options(device, { maxVersion, servername } as IClientOptions))).client.endAsync();
		}
	});

	it("a ClientHello in many small records", async () => {
		const proxy = createServer((client) => {
			const cloud = connectSocket(world.cloud.ports.device, "127.0.0.1");
			client.once("data", (hello) => {
				for (let at = 5; at < hello.length; at += 50) {
					const part = hello.subarray(at, at + 50);
					cloud.write(Buffer.concat([Buffer.from([22, 3, 1, 0, part.length]), part]));
				}
				client.pipe(cloud);
			});
			cloud.pipe(client);
			for (const one of [client, cloud]) one.on("error", () => one.destroy());
		});
		await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
		const address = proxy.address();
		const port = typeof address === "object" && address ? address.port : 0;
		const { client, message } = await connectBy(options(device, { port }));
		expect(JSON.parse(await message(IDENTITY))).toMatchObject({ deviceName: device.deviceName });
		await client.endAsync();
		proxy.close();
	});
});

describe("who does not", () => {
	it("4: a user name that is another's", async () => {
		const other = await certified(world, productKey);
		await refused(4, "not the user name's", options(device, named(other)));
		await refused(4, "not the user name's", options(device, { username: `x&${productKey}` }));
	});

	it("4: no certificate, whatever the password", async () => {
		await refused(4, "sent no certificate", options(undefined));
		const plain = await world.device();
		const right = world.options(plain, { tls: true });
		await refused(4, "sent no certificate", { ...right, servername: "x509.localhost" });
	});

	it("4: a certificate by another authority, with the same subject and serial number", async () => {
		const key = join(world.state, "foreign.key");
		const file = join(world.state, "foreign.pem");
		const made = openssl([
			...[
				"req",
				"-x509",
				"-newkey",
				"ec",
				"-pkeyopt",
				"ec_paramgen_curve:P-256",
				"-nodes",
				"-keyout",
				key,
				"-out",
				file,
			],
			...["-subj", `/CN=${device.iotId}/O=linkxs local cloud device`, "-set_serial", `0x${device.serialNumber}`],
		]);
		expect(made.code).toBe(0);
		const foreign = { certificate: readFileSync(file, "utf8"), key: readFileSync(key, "utf8") };
		await refused(4, "none that this cloud issued", options(foreign));
	});

	it("4: a device of an X.509 product by its deviceSecret", async () => {
		const { Data } = await world.admin.call("QueryDeviceDetail", { IotId: device.iotId });
		const { ProductKey, DeviceName, DeviceSecret } = Data;
		const triple = { productKey: ProductKey, deviceName: DeviceName, deviceSecret: DeviceSecret };
		expect(await world.refusal(triple, { tls: true })).toBe(4);
		await world.event("device.refused", (one) => one.reason.includes("by x509"));
	});

	it("2: another securemode, a keep alive out of range", async () => {
		await refused(2, "securemode=3 is not how", options(device, { clientId: "x|securemode=3|" }));
		await refused(2, "keep alive of 20 s", options(device, { keepalive: 20 }));
	});

	it("5: a disabled device", async () => {
		const other = await certified(world, productKey);
		await world.admin.call("DisableThing", { IotId: other.iotId });
		await refused(5, "disabled", options(other));
	});

	it("5: a certificate that is not valid yet, and one that has expired, by the cloud's clock", async () => {
		const other = await certified(world, productKey);
		clock.advance(-2 * DAY);
		await refused(5, `${other.serialNumber} is not valid yet`, options(other));
		clock.advance(2 * DAY + 3649 * DAY);
		await (await connectBy(options(other))).client.endAsync();
		clock.advance(2 * DAY);
		await refused(5, `${other.serialNumber} has expired`, options(other));
		clock.advance(-3651 * DAY);
	});

	it("5: a certificate whose device was removed", async () => {
		const other = await certified(world, productKey);
		await world.admin.call("DeleteDevice", { IotId: other.iotId });
		await refused(5, `${other.serialNumber} was revoked (cessationOfOperation)`, options(other));
	});
});

describe("renewal and revocation", () => {
	it("a renewed certificate and the old one both count for the days of grace, then the new one alone", async () => {
		const old = await certified(world, productKey);
		const { DeviceCertInfo } = await world.admin.call("RenewDeviceCert", { IotId: old.iotId, GraceDays: 10 });
		const renewed = await downloaded(world, old);
		expect(renewed.serialNumber).toBe(DeviceCertInfo.CertSN);
		expect(renewed.serialNumber).not.toBe(old.serialNumber);
		await (await connectBy(options(old))).client.endAsync();
		await (await connectBy(options(renewed))).client.endAsync();
		clock.advance(11 * DAY);
		await refused(5, `${old.serialNumber} was replaced by a newer one`, options(old));
		await (await connectBy(options(renewed))).client.endAsync();
		const { Data } = await world.admin.call("QueryDeviceCertList", { IotId: old.iotId });
		expect(Data.CertificateInfo.map((one) => one.State)).toEqual(["VALID", "EXPIRED"]);
		clock.advance(-11 * DAY);
	});

	it("without grace the old one is revoked at once", async () => {
		const old = await certified(world, productKey);
		await world.admin.call("RenewDeviceCert", { IotId: old.iotId, GraceDays: 0 });
		await refused(5, `${old.serialNumber} was revoked (superseded)`, options(old));
	});

	it("a device whose certificate is revoked is thrown off, and its key is given no more", async () => {
		const other = await certified(world, productKey);
		const { client } = await connectBy(options(other));
		const gone = closed(client);
		const { Data } = await world.admin.call("RevokeDeviceCert", {
			IotId: other.iotId,
			RevocationReason: "keyCompromise",
		});
		expect(Data.CertSN).toEqual([other.serialNumber]);
		await gone;
		await refused(5, `${other.serialNumber} was revoked (keyCompromise)`, options(other));
		const { DeviceCertInfo } = await world.admin.call("QueryDeviceCert", { IotId: other.iotId });
		expect(DeviceCertInfo).toEqual({ CertSN: "", Status: 1, Certificate: "", PrivateKey: "" });
		await expect(world.admin.call("RevokeDeviceCert", { IotId: other.iotId })).rejects.toMatchObject({
			code: "unknown",
		});
		await world.admin.call("RenewDeviceCert", { IotId: other.iotId });
		await (await connectBy(options(await downloaded(world, other)))).client.endAsync();
	});
});

it("no private key is in the database, the journal or an event", async () => {
	const other = await certified(world, productKey, "RSA2048");
	const line = other.key.split("\n")[5] ?? "";
	expect(line.length).toBe(64);
	await connectBy(options(other)).then(({ client }) => client.endAsync());
	const events = JSON.stringify(world.cloud.events.since(0));
	for (const secret of [line, "PRIVATE KEY"]) {
		expect(events).not.toContain(secret);
		for (const file of ["cloud.db", "cloud.db-wal", "events.ndjson"]) {
			const bytes = readFileSync(join(world.state, file));
			expect(bytes.includes(secret), file).toBe(false);
			expect(bytes.includes(Buffer.from(secret).toString("base64").slice(4, 40)), file).toBe(false);
		}
	}
});
