import type { ColumnType, Generated } from "kysely";
import type { X509Id2Schema } from "./schema-x509-id2";

/**
 * The tables. Only types that SQLite and PostgreSQL share: text, integer, bigint (times, ms since 1970); bodies of
 * messages are base64 text; truth values are 0 or 1. PostgreSQL's bigint comes back as a string: `time` in rows.ts.
 */
export interface Schema extends X509Id2Schema {
	product: ProductTable;
	topic_class: TopicClassTable;
	device: DeviceTable;
	subscription: SubscriptionTable;
	pending: PendingTable;
	message: MessageTable;
	property: PropertyTable;
	device_token: DeviceTokenTable;
	topology: TopologyTable;
}

/** ms since 1970 going in; a number from SQLite, a string from PostgreSQL coming out. */
type Time = ColumnType<number | string, number, number>;
type OptionalTime = ColumnType<number | string | null, number | null | undefined, number | null>;

export interface ProductTable {
	product_key: string;
	name: string;
	secret: string;
	/** 0 direct device, 1 gateway, 2 sub-device of a gateway. */
	node_type: number;
	/** 0 raw bytes, 1 the platform's JSON. */
	data_format: number;
	/** "secret", "x509" or "id2"; fixed at creation. */
	auth_type: string;
	net_type: string;
	description: string;
	dynamic_registration: number;
	created_at: Time;
}

export interface TopicClassTable {
	id: Generated<number>;
	product_key: string;
	/** A full pattern such as /a1…/${deviceName}/user/update. */
	pattern: string;
	/** "PUB", "SUB" or "ALL". */
	operation: string;
	description: string;
}

export interface DeviceTable {
	iot_id: string;
	product_key: string;
	device_name: string;
	secret: string;
	nickname: string;
	disabled: number;
	/** Whether the last connection asked for system topics without SUBSCRIBE (`_ss=1`). */
	auto_subscribe: number;
	/** Whether the last connection wanted a clean session: then nothing is kept for it while it is away. */
	clean_session: number;
	/** Whether it was connected since it was made or reset: then dynamic registration tells its secret to nobody. */
	registered: number;
	/** Whether dynamic registration made it, without pre-registration: its physical devices have tokens. */
	by_token: number;
	firmware_version: string;
	ip_address: string;
	created_at: Time;
	activated_at: OptionalTime;
	online_at: OptionalTime;
	offline_at: OptionalTime;
}

export interface SubscriptionTable {
	iot_id: string;
	topic: string;
	subscribed_at: Time;
}

/** QoS 1 messages to a device that it has not acknowledged yet. */
export interface PendingTable {
	id: Generated<number>;
	iot_id: string;
	message_id: string;
	topic: string;
	payload: string;
	/** The MQTT packet identifier once it was sent. */
	packet_id: number | null;
	queued_at: Time;
}

/** The last messages of each device, both ways. */
export interface MessageTable {
	id: Generated<number>;
	iot_id: string;
	message_id: string;
	/** "up" or "down". */
	direction: string;
	topic: string;
	payload: string;
	qos: number;
	at: Time;
}

export interface PropertyTable {
	iot_id: string;
	identifier: string;
	/** JSON text. */
	value: string;
	at: Time;
}

/** The physical devices of a name that registers without pre-registration. */
export interface DeviceTokenTable {
	iot_id: string;
	client_id: string;
	/** Its place among those of the name, from 0: what holds their number down. */
	slot: number;
	/** SHA-256 of the token, hex: the token itself is known to the device alone. */
	token_hash: string;
	forbidden: number;
	created_at: Time;
	first_online_at: OptionalTime;
	last_online_at: OptionalTime;
}

/** Which gateway a sub-device is behind. */
export interface TopologyTable {
	sub_iot_id: string;
	gateway_iot_id: string;
	added_at: Time;
}
