// What the tests of enrolment share: streams in the hands of the test, and a platform behind them.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Enrolment, { type Enrolled, type EnrolmentOptions } from "enrolment/enrolment";
import type { EnrolmentRecords } from "enrolment/settings";
import * as crypto from "hal/crypto";
import { encode } from "hal/text";
import Log from "log/log";
import type { RegistrationError } from "registration/error";
import { Authority } from "../../lib/certificates";
import { FakeStream } from "../../lib/fake-stream";
import { bytes, publishPacket } from "../mqtt/support";

/** One that has agreed on a cipher suite, as TLS does. */
export class SecureStream extends FakeStream {
	readonly cipherSuite = "TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256";
}

const folder = mkdtempSync(join(tmpdir(), "linkxs-enrolment-"));

/** A certificate and its key, and a key of another one. */
export const certificates = [1, 2].map((number) => Authority.selfSigned(join(folder, `${number}`), { name: "device" }));
rmSync(folder, { recursive: true });

/** What is burned into a device that has the first. */
export const certified = {
	"identity/certificate": encode(certificates[0]?.pem ?? ""),
	"identity/privateKey": crypto.Key.from(encode(certificates[0]?.key ?? "")),
};

export const key = (text: string) => crypto.Key.from(encode(text));

export interface Started {
	readonly enrolment: Enrolment;
	readonly lines: string[];
	readonly ready: Enrolled[];
	readonly failures: { readonly error: RegistrationError; readonly wait: number | undefined }[];
}

export function start(records: EnrolmentRecords, more: Partial<EnrolmentOptions> = {}): Started {
	const lines: string[] = [];
	const ready: Enrolled[] = [];
	const failures: { error: RegistrationError; wait: number | undefined }[] = [];
	const enrolment = new Enrolment({
		records,
		log: new Log("test", { sink: (line) => lines.push(line) }),
		tcp: FakeStream,
		tls: SecureStream,
		roots: ["PEM"],
		random: () => 0.5,
		onReady: (enrolled) => ready.push(enrolled),
		onFailed: (error, wait) => failures.push({ error, wait }),
		...more,
	});
	return { enrolment, lines, ready, failures };
}

/** The fields of a CONNECT (3.1.3). */
export function connectOf(packet: Uint8Array): { clientId: string; userName: string; password: string } {
	let at = (packet[1] ?? 0) > 127 ? 13 : 12;
	const field = (): string => {
		const length = ((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0);
		at += 2 + length;
		return Buffer.from(packet.subarray(at - length, at)).toString();
	};
	return { clientId: field(), userName: field(), password: field() };
}

/** As much of the platform as a registration sees, with one device. */
export class Platform {
	/** Connected once with what it was given: it registers no more before `reset()`. */
	active = false;
	registrations = 0;
	readonly secret = "d3v1ce-s3cret";

	reset(): void {
		this.active = false;
	}

	/** What it says to a CONNECT: CONNACK, and perhaps a message behind it. */
	answer(packet: Uint8Array): Uint8Array[] {
		const { clientId, password } = connectOf(packet);
		const names = '"productKey":"pk","deviceName":"device"';
		const accepted = bytes("20020000");
		if (clientId.includes("authType=reg")) {
			if (this.active) return [bytes("20020004")];
			this.registrations += 1;
			const given = clientId.includes("regnwl")
				? `"clientId":"c1","deviceToken":"${this.secret}"`
				: `"deviceSecret":"${this.secret}"`;
			return [accepted, publishPacket("/ext/register", encode(`{${names},${given}}`))];
		}
		if (clientId.endsWith("|securemode=2|")) {
			return [accepted, publishPacket("/ext/auth/identity/response", encode(`{${names}}`))];
		}
		const content = encode(`clientIdpk.devicedeviceNamedeviceproductKeypk`);
		const right = [
			this.secret,
			"",
			crypto.hex(crypto.hmac("SHA256", encode(this.secret), content)).toUpperCase(),
		].includes(password);
		if (right) this.active = true;
		return [right ? accepted : bytes("20020004")];
	}
}
