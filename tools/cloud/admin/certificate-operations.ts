import { CloudError } from "../errors";
import type { DeviceCertificate } from "../store/certificates";
import type { Device } from "../store/devices";
import { GRACE_DAYS, REVOCATION_REASONS } from "../x509/device-certificates";
import { findDevice, times } from "./device-ref";
import type { CertificateInfo, DeviceCertInfo } from "./identity-actions";
import { KEY_TYPE } from "./key-type";
import {
	type AnyOperation,
	type Context,
	choice,
	DEVICE_FIELDS,
	integer,
	list,
	object,
	operation,
	text,
	UTC,
} from "./operation";

const CERT_SN = text("The certificate's serial number, upper-case hex.", 64);
const CERT_INFO = object({
	CertSN: CERT_SN,
	Status: choice("1 there is none (it could not be made, or was revoked), 2 it is there.", 1, 2),
	Certificate: text("PEM, or empty."),
	PrivateKey: text("PEM (PKCS#1 or SEC 1), or empty."),
});

/** The device, which must be one of an X.509 product. */
async function x509Device(request: Parameters<typeof findDevice>[0], context: Context): Promise<Device> {
	const device = await findDevice(request, context);
	const { authType } = await context.store.products.get(device.productKey);
	if (authType === "x509") return device;
	throw new CloudError("refused", `devices of product ${device.productKey} prove themselves by ${authType}`, {
		detail: "iot.device.NotX509Device",
	});
}

function certInfo(made: Awaited<ReturnType<Context["certificates"]["burnable"]>>): DeviceCertInfo {
	if (!made) return { CertSN: "", Status: 1, Certificate: "", PrivateKey: "" };
	return { CertSN: made.serialNumber, Status: 2, Certificate: made.certificate, PrivateKey: made.privateKey };
}

function info(one: DeviceCertificate, now: number): CertificateInfo {
	return {
		CertSN: one.serialNumber,
		KeyType: one.keyType,
		State: stateOf(one, now),
		Reason: one.reason,
		UtcNotBefore: times(one.notBefore).utc,
		UtcNotAfter: times(one.notAfter).utc,
		UtcAcceptedUntil: times(one.acceptedUntil).utc,
	};
}

function stateOf({ revokedAt, notAfter, acceptedUntil }: DeviceCertificate, now: number): CertificateInfo["State"] {
	if (revokedAt !== undefined) return "REVOKED";
	if (now > notAfter || (acceptedUntil !== undefined && now > acceptedUntil)) return "EXPIRED";
	return acceptedUntil === undefined ? "VALID" : "REPLACED";
}

/** Actions on certificates of devices. */
export const certificateOperations: readonly AnyOperation[] = [
	operation<"QueryDeviceCert">({
		name: "QueryDeviceCert",
		summary: "The certificate and key that a device is burned with; they can be had again as long as they count.",
		parameters: DEVICE_FIELDS,
		required: [],
		answer: { DeviceCertInfo: CERT_INFO },
		async run(request, context) {
			const device = await x509Device(request, context);
			return { DeviceCertInfo: certInfo(await context.certificates.burnable(device)) };
		},
	}),
	operation<"QueryDeviceCertList">({
		name: "QueryDeviceCertList",
		summary: "Ours: every certificate that a device had, newest first, without keys.",
		parameters: DEVICE_FIELDS,
		required: [],
		answer: {
			Data: object({
				CertificateInfo: list(
					object({
						CertSN: CERT_SN,
						KeyType: KEY_TYPE,
						State: choice("Whether it is taken.", "VALID", "REPLACED", "EXPIRED", "REVOKED"),
						Reason: text("Why it was revoked, or empty."),
						UtcNotBefore: UTC,
						UtcNotAfter: UTC,
						UtcAcceptedUntil: text("Of a replaced one: till when it is still taken, UTC; empty for others."),
					}),
				),
			}),
		},
		async run(request, context) {
			const device = await x509Device(request, context);
			const all = await context.store.certificates.list(device.iotId);
			return { Data: { CertificateInfo: all.map((one) => info(one, context.clock.now())) } };
		},
	}),
	operation<"RenewDeviceCert">({
		name: "RenewDeviceCert",
		summary: "Ours: a new certificate with a new key. The device's present one is taken for some days more.",
		parameters: {
			...DEVICE_FIELDS,
			KeyType: { ...KEY_TYPE, description: "The new key; of the present one's kind if not given." },
			GraceDays: integer(`Days that the present one is still taken: ${GRACE_DAYS} if not given, 0 revokes it.`, 0, 365),
		},
		required: [],
		answer: { DeviceCertInfo: CERT_INFO },
		async run(request, context) {
			const device = await x509Device(request, context);
			const renewed = await context.certificates.renew(device, request.KeyType, request.GraceDays);
			return { DeviceCertInfo: certInfo(context.certificates.open(renewed)) };
		},
	}),
	operation<"RevokeDeviceCert">({
		name: "RevokeDeviceCert",
		summary: "Ours: revokes a certificate, or all of a device; the device is thrown off.",
		parameters: {
			...DEVICE_FIELDS,
			CertSN: { ...CERT_SN, description: "The certificate; all of the device's if not given." },
			RevocationReason: choice("Why, in RFC 5280's words; unspecified if not given.", ...REVOCATION_REASONS),
		},
		required: [],
		answer: { Data: object({ CertSN: list(CERT_SN) }) },
		async run(request, context) {
			const device = await x509Device(request, context);
			const reason = request.RevocationReason ?? "unspecified";
			return { Data: { CertSN: await context.certificates.revoke(device, request.CertSN, reason) } };
		},
	}),
	operation<"QueryDeviceCertAuthority">({
		name: "QueryDeviceCertAuthority",
		summary: "Ours: the authority of devices' certificates and the list of the revoked ones.",
		parameters: {},
		required: [],
		answer: { Data: object({ Certificate: text("PEM."), Crl: text("PEM.") }) },
		async run(_request, { certificates }) {
			return { Data: { Certificate: (await certificates.authorities()).join(""), Crl: await certificates.list() } };
		},
	}),
];
