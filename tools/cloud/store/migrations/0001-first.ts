import type { Kysely, Migration } from "kysely";
import type { Dialect } from "../migrations";

/** The first schema. */
export function first(dialect: Dialect): Migration {
	const identity = dialect === "postgres" ? "bigserial" : "integer";
	return {
		async up(db: Kysely<unknown>) {
			await db.schema
				.createTable("product")
				.addColumn("product_key", "text", (c) => c.primaryKey())
				.addColumn("name", "text", (c) => c.notNull().unique())
				.addColumn("secret", "text", (c) => c.notNull())
				.addColumn("node_type", "integer", (c) => c.notNull())
				.addColumn("data_format", "integer", (c) => c.notNull())
				.addColumn("auth_type", "text", (c) => c.notNull())
				.addColumn("net_type", "text", (c) => c.notNull())
				.addColumn("description", "text", (c) => c.notNull())
				.addColumn("dynamic_registration", "integer", (c) => c.notNull())
				.addColumn("created_at", "bigint", (c) => c.notNull())
				.execute();
			await db.schema
				.createTable("topic_class")
				.addColumn("id", identity, (c) => c.primaryKey())
				.addColumn("product_key", "text", (c) => c.notNull().references("product.product_key").onDelete("cascade"))
				.addColumn("pattern", "text", (c) => c.notNull())
				.addColumn("operation", "text", (c) => c.notNull())
				.addColumn("description", "text", (c) => c.notNull())
				.addUniqueConstraint("topic_class_pattern", ["product_key", "pattern"])
				.execute();
			await db.schema
				.createTable("device")
				.addColumn("iot_id", "text", (c) => c.primaryKey())
				.addColumn("product_key", "text", (c) => c.notNull().references("product.product_key"))
				.addColumn("device_name", "text", (c) => c.notNull())
				.addColumn("secret", "text", (c) => c.notNull())
				.addColumn("nickname", "text", (c) => c.notNull())
				.addColumn("disabled", "integer", (c) => c.notNull())
				.addColumn("auto_subscribe", "integer", (c) => c.notNull())
				.addColumn("clean_session", "integer", (c) => c.notNull())
				.addColumn("firmware_version", "text", (c) => c.notNull())
				.addColumn("ip_address", "text", (c) => c.notNull())
				.addColumn("created_at", "bigint", (c) => c.notNull())
				.addColumn("activated_at", "bigint")
				.addColumn("online_at", "bigint")
				.addColumn("offline_at", "bigint")
				.addUniqueConstraint("device_name", ["product_key", "device_name"])
				.execute();
			await db.schema
				.createTable("subscription")
				.addColumn("iot_id", "text", (c) => c.notNull().references("device.iot_id").onDelete("cascade"))
				.addColumn("topic", "text", (c) => c.notNull())
				.addColumn("subscribed_at", "bigint", (c) => c.notNull())
				.addPrimaryKeyConstraint("subscription_key", ["iot_id", "topic"])
				.execute();
			await db.schema
				.createTable("pending")
				.addColumn("id", identity, (c) => c.primaryKey())
				.addColumn("iot_id", "text", (c) => c.notNull().references("device.iot_id").onDelete("cascade"))
				.addColumn("message_id", "text", (c) => c.notNull())
				.addColumn("topic", "text", (c) => c.notNull())
				.addColumn("payload", "text", (c) => c.notNull())
				.addColumn("packet_id", "integer")
				.addColumn("queued_at", "bigint", (c) => c.notNull())
				.execute();
			await db.schema.createIndex("pending_device").on("pending").columns(["iot_id", "id"]).execute();
			await db.schema
				.createTable("message")
				.addColumn("id", identity, (c) => c.primaryKey())
				.addColumn("iot_id", "text", (c) => c.notNull().references("device.iot_id").onDelete("cascade"))
				.addColumn("message_id", "text", (c) => c.notNull())
				.addColumn("direction", "text", (c) => c.notNull())
				.addColumn("topic", "text", (c) => c.notNull())
				.addColumn("payload", "text", (c) => c.notNull())
				.addColumn("qos", "integer", (c) => c.notNull())
				.addColumn("at", "bigint", (c) => c.notNull())
				.execute();
			await db.schema.createIndex("message_device").on("message").columns(["iot_id", "id"]).execute();
			await db.schema
				.createTable("property")
				.addColumn("iot_id", "text", (c) => c.notNull().references("device.iot_id").onDelete("cascade"))
				.addColumn("identifier", "text", (c) => c.notNull())
				.addColumn("value", "text", (c) => c.notNull())
				.addColumn("at", "bigint", (c) => c.notNull())
				.addPrimaryKeyConstraint("property_key", ["iot_id", "identifier"])
				.execute();
		},
	};
}
