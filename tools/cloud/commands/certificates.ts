import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { wholeNumber } from "../../lib/command-line";
import type { DeviceCertInfo } from "../admin/identity-actions";
import { CloudError } from "../errors";
import { fileName } from "../x509/cert-url";
import { GRACE_DAYS, REVOCATION_REASONS, type RevocationReason } from "../x509/device-certificates";
import { type CommonOptions, clientOf, confirm, deviceFields, optionsOf, print, table } from "./output";
import { writeSecret } from "./secret-file";

const DEVICE = "<productKey/deviceName>";

interface OutOptions extends CommonOptions {
	out: string;
}

/** Writes a device's certificate and key into a folder, the key for its owner alone; answers where. */
function burnable(device: string, info: DeviceCertInfo, folder: string) {
	if (info.Status !== 2)
		throw new CloudError("refused", `${device} has no certificate: renew-certificate makes one`, {
			detail: "iot.device.NoCertificate",
		});
	const name = join(folder, fileName({ deviceName: device.slice(device.indexOf("/") + 1) }));
	const files = { CertSN: info.CertSN, Certificate: `${name}.cert.pem`, PrivateKey: `${name}.key.pem` };
	mkdirSync(folder, { recursive: true });
	writeFileSync(files.Certificate, info.Certificate);
	writeSecret(files.PrivateKey, info.PrivateKey);
	return files;
}

const shown = (files: ReturnType<typeof burnable>) => () =>
	`certSN       ${files.CertSN}\ncertificate  ${files.Certificate}\nprivateKey   ${files.PrivateKey}`;

/** `linkxs cloud certificate | certificates | renew-certificate | revoke-certificate | device-authority`. */
export function registerCertificates(cloud: Command): void {
	cloud
		.command(`certificate ${DEVICE}`)
		.description("download the certificate and key of an X.509 device into files")
		.option("--out <dir>", "where", ".")
		.action(async (device: string, _options: unknown, command: Command) => {
			const options = optionsOf<OutOptions>(command);
			const answer = await clientOf(options).call("QueryDeviceCert", deviceFields(device));
			const files = burnable(device, answer.DeviceCertInfo, options.out);
			print(options, files, shown(files));
		});
	cloud
		.command(`certificates ${DEVICE}`)
		.description("list all certificates that an X.509 device had")
		.action(async (device: string, _options: unknown, command: Command) => {
			const options = optionsOf(command);
			const answer = await clientOf(options).call("QueryDeviceCertList", deviceFields(device));
			const rows = answer.Data.CertificateInfo.map((one) => [
				one.CertSN,
				one.KeyType,
				one.Reason === "" ? one.State : `${one.State} (${one.Reason})`,
				one.UtcAcceptedUntil || one.UtcNotAfter,
			]);
			print(options, answer, () => table(["CERTSN", "KEY", "STATE", "UNTIL"], rows, "no certificates"));
		});
	cloud
		.command(`renew-certificate ${DEVICE}`)
		.description("make a new certificate and key for an X.509 device, into files")
		.option("--grace <days>", "how long the present one is still taken; 0 revokes it", wholeNumber(0, 365), GRACE_DAYS)
		.addOption(new Option("--key <kind>", "kind of key (default: the present one's)").choices(["RSA2048", "EC256"]))
		.option("--out <dir>", "where", ".")
		.action(async (device: string, _options: unknown, command: Command) => {
			const options = optionsOf<OutOptions & { grace: number; key?: "RSA2048" | "EC256" }>(command);
			const answer = await clientOf(options).call("RenewDeviceCert", {
				...deviceFields(device),
				GraceDays: options.grace,
				...(options.key && { KeyType: options.key }),
			});
			const files = burnable(device, answer.DeviceCertInfo, options.out);
			print(options, files, shown(files));
		});
	cloud
		.command(`revoke-certificate ${DEVICE} [certSN]`)
		.description("revoke a certificate of an X.509 device, or all of them, and throw the device off")
		.addOption(new Option("--reason <reason>", "why").choices(REVOCATION_REASONS).default("unspecified"))
		.action(async (device: string, certSN: string | undefined, _options: unknown, command: Command) => {
			const options = optionsOf<CommonOptions & { reason: RevocationReason }>(command);
			await confirm(options, `Revoke ${certSN ?? "every certificate"} of ${device}?`);
			const answer = await clientOf(options).call("RevokeDeviceCert", {
				...deviceFields(device),
				...(certSN !== undefined && { CertSN: certSN }),
				RevocationReason: options.reason,
			});
			print(options, answer, () => answer.Data.CertSN.map((one) => `${one} revoked`).join("\n"));
		});
	cloud
		.command("device-authority")
		.description("write what checks devices' certificates into files: their authority, the list of the revoked")
		.option("--out <dir>", "where", ".")
		.action(async (_options: unknown, command: Command) => {
			const options = optionsOf<OutOptions>(command);
			const { Data } = await clientOf(options).call("QueryDeviceCertAuthority", {});
			mkdirSync(options.out, { recursive: true });
			const files = {
				Certificate: join(options.out, "device-ca.pem"),
				Crl: join(options.out, "device-ca.crl.pem"),
			};
			writeFileSync(files.Certificate, Data.Certificate);
			writeFileSync(files.Crl, Data.Crl);
			print(options, files, () => `authority  ${files.Certificate}\nrevoked    ${files.Crl}`);
		});
}
