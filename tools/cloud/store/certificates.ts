import type { Kysely, Selectable } from "kysely";
import { optionalTime, time } from "./rows";
import type { Schema } from "./schema";
import type { DeviceCertificateTable } from "./schema-x509-id2";

/** Keys that a device certificate can have: the platform's, and ours beyond it. */
export type KeyType = "RSA2048" | "EC256";

/** A device's certificate as the cloud keeps it. */
export interface DeviceCertificate {
	/** Upper-case hex: the platform's CertSN. */
	serialNumber: string;
	iotId: string;
	/** SHA-256 over the certificate, as Node prints it. */
	fingerprint: string;
	keyType: KeyType;
	/** PEM. */
	certificate: string;
	/** Sealed PEM; empty once it is revoked. */
	sealedKey: string;
	notBefore: number;
	notAfter: number;
	issuedAt: number;
	/** Of a renewed one: till when it is still taken. */
	acceptedUntil: number | undefined;
	revokedAt: number | undefined;
	reason: string;
}

/** An entry of the revocation list. */
export interface Revocation {
	serialNumber: string;
	revokedAt: number;
	reason: string;
}

function toCertificate(row: Selectable<DeviceCertificateTable>): DeviceCertificate {
	return {
		serialNumber: row.serial_number,
		iotId: row.iot_id,
		fingerprint: row.fingerprint,
		keyType: row.key_type as KeyType,
		certificate: row.certificate,
		sealedKey: row.private_key,
		notBefore: time(row.not_before),
		notAfter: time(row.not_after),
		issuedAt: time(row.issued_at),
		acceptedUntil: optionalTime(row.accepted_until),
		revokedAt: optionalTime(row.revoked_at),
		reason: row.reason,
	};
}

/** Certificates of devices in the database. They stay there, revoked, when their device is removed. */
export class Certificates {
	readonly #db: Kysely<Schema>;
	readonly #now: () => number;

	constructor(db: Kysely<Schema>, now: () => number) {
		this.#db = db;
		this.#now = now;
	}

	/** Keeps a new certificate; the device's older ones are taken until `oldUntil`, or their own earlier end. */
	async add(
		certificate: Omit<DeviceCertificate, "issuedAt" | "acceptedUntil" | "revokedAt" | "reason">,
		oldUntil: number,
	): Promise<DeviceCertificate> {
		const row = {
			serial_number: certificate.serialNumber,
			iot_id: certificate.iotId,
			fingerprint: certificate.fingerprint,
			key_type: certificate.keyType,
			certificate: certificate.certificate,
			private_key: certificate.sealedKey,
			not_before: certificate.notBefore,
			not_after: certificate.notAfter,
			issued_at: this.#now(),
			accepted_until: null,
			revoked_at: null,
			reason: "",
		};
		await this.#db.transaction().execute(async (db) => {
			await db
				.updateTable("device_certificate")
				.set({ accepted_until: oldUntil })
				.where("iot_id", "=", certificate.iotId)
				.where("revoked_at", "is", null)
				.where((e) => e.or([e("accepted_until", "is", null), e("accepted_until", ">", oldUntil)]))
				.execute();
			await db.insertInto("device_certificate").values(row).execute();
		});
		return toCertificate(row);
	}

	/** By the SHA-256 over it. */
	async find(fingerprint: string): Promise<DeviceCertificate | undefined> {
		const row = await this.#db
			.selectFrom("device_certificate")
			.selectAll()
			.where("fingerprint", "=", fingerprint)
			.executeTakeFirst();
		return row && toCertificate(row);
	}

	/** All that a device ever had, the newest first. */
	async list(iotId: string): Promise<DeviceCertificate[]> {
		const rows = await this.#db
			.selectFrom("device_certificate")
			.selectAll()
			.where("iot_id", "=", iotId)
			.orderBy("issued_at", "desc")
			.orderBy("serial_number")
			.execute();
		// Of two that were made in the same millisecond the one that replaced the other is the newer.
		const newer = (one: DeviceCertificate) => one.issuedAt + (one.acceptedUntil === undefined ? 0.5 : 0);
		return rows.map(toCertificate).sort((a, b) => newer(b) - newer(a));
	}

	/** The certificate that counts: the newest that is neither revoked nor replaced. */
	async current(iotId: string): Promise<DeviceCertificate | undefined> {
		const all = await this.list(iotId);
		return all.find((one) => one.revokedAt === undefined && one.acceptedUntil === undefined);
	}

	/** Revokes those with these serial numbers that aren't yet, and forgets their keys. */
	async revoke(serialNumbers: readonly string[], reason: string): Promise<void> {
		if (serialNumbers.length === 0) return;
		await this.#db
			.updateTable("device_certificate")
			.set({ revoked_at: this.#now(), reason, private_key: "" })
			.where("serial_number", "in", serialNumbers)
			.where("revoked_at", "is", null)
			.execute();
	}

	/** What a revocation list has to name: revoked, and not at its own end anyway. */
	async revoked(): Promise<Revocation[]> {
		const rows = await this.#db
			.selectFrom("device_certificate")
			.select(["serial_number", "revoked_at", "reason"])
			.where("revoked_at", "is not", null)
			.where("not_after", ">", this.#now())
			.orderBy("revoked_at")
			.orderBy("serial_number")
			.execute();
		return rows.map((row) => ({
			serialNumber: row.serial_number,
			revokedAt: time(row.revoked_at ?? 0),
			reason: row.reason,
		}));
	}
}
