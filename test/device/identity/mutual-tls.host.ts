// OpenSSL as the server that asks for certificates, and certificates of devices: good, expired, revoked, a stranger's.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../tools/build/places";
import { Authority, type Certificate, type KeyType } from "../../lib/certificates";
import { OpensslServer } from "../../lib/openssl-server";

const client = ["basicConstraints = CA:false", "keyUsage = digitalSignature", "extendedKeyUsage = clientAuth"];

export async function start() {
	const folder = join(ROOT, "build", "tests", `mutual-tls.${process.pid}`);
	mkdirSync(folder, { recursive: true });
	const root = Authority.root(join(folder, "root"), { name: "Root" });
	const own = Authority.root(join(folder, "devices"), { name: "Devices", key: "rsa" });
	const stranger = Authority.root(join(folder, "stranger"), { name: "Stranger" });
	const issue = (by: Authority, name: string, key: KeyType, dates = {}) =>
		by.issue({ name, key, extensions: client, ...dates });
	const devices: Record<string, Certificate> = {
		rsa: issue(own, "rsa", "rsa"),
		ec: issue(own, "ec", "ec"),
		expired: issue(own, "expired", "ec", { from: -30, to: -1 }),
		tomorrow: issue(own, "tomorrow", "ec", { from: 1, to: 30 }),
		revoked: issue(own, "revoked", "rsa"),
		stranger: issue(stranger, "stranger", "ec"),
		server: own.issue({ name: "server", key: "ec" }),
	};
	const list = own.revoke(devices["revoked"] as Certificate);
	const certificate = root.issue({ name: "device.test", key: "rsa" });
	const server = await OpensslServer.start(
		...["-cert", certificate.file, "-key", certificate.keyFile, "-tls1_2"],
		...["-Verify", "1", "-verify_return_error", "-CAfile", own.certificate.file, "-crl_check", "-CRL", list],
	);
	return {
		config: {
			port: server.port,
			root: root.certificate.pem,
			devices: Object.fromEntries(Object.entries(devices).map(([name, { pem, key }]) => [name, { pem, key }])),
		},
		stop() {
			server.stop();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
