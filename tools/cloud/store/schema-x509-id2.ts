import type { ColumnType, Generated } from "kysely";

/** ms since 1970 going in; a number from SQLite, a string from PostgreSQL coming out. */
type Time = ColumnType<number | string, number, number>;
type OptionalTime = ColumnType<number | string | null, number | null | undefined, number | null>;

/** The tables of X.509 and ID². */
export interface X509Id2Schema {
	device_certificate: DeviceCertificateTable;
	batch: BatchTable;
	batch_item: BatchItemTable;
	id2_product: Id2ProductTable;
	id2_carrier: Id2CarrierTable;
}

export interface DeviceCertificateTable {
	/** Upper-case hex: the platform's CertSN. */
	serial_number: string;
	iot_id: string;
	/** SHA-256 over the certificate, as Node prints it. */
	fingerprint: string;
	/** "RSA2048" or "EC256". */
	key_type: string;
	/** PEM. */
	certificate: string;
	/** PEM, sealed; empty once the certificate is revoked. */
	private_key: string;
	not_before: Time;
	not_after: Time;
	issued_at: Time;
	/** Of a renewed one: till when it is still taken. */
	accepted_until: OptionalTime;
	revoked_at: OptionalTime;
	/** Why it was revoked, or empty. */
	reason: string;
}

/** Devices that are made together. */
export interface BatchTable {
	apply_id: Generated<number>;
	product_key: string;
	key_type: string;
	status: string;
	created_at: Time;
	finished_at: OptionalTime;
}

export interface BatchItemTable {
	apply_id: number;
	position: number;
	device_name: string;
	nickname: string;
	/** The device once it is registered. */
	iot_id: string | null;
	/** All that belongs to it is made, or `failure` says why not. */
	done: number;
	failure: string;
}

export interface Id2ProductTable {
	product_key: string;
	/** How many there are, and how many carriers have used one. */
	licences: number;
	used: number;
	/** "off", "devices" or "carriers". */
	white_list: string;
}

export interface Id2CarrierTable {
	id2: string;
	/** 32 bytes, sealed. */
	key: string;
	created_at: Time;
	/** The product one of whose licences it uses. */
	product_key: string | null;
	used_at: OptionalTime;
	/** The device that it is. */
	iot_id: string | null;
}
