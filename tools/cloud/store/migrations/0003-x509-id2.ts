import type { Kysely, Migration } from "kysely";
import type { Dialect } from "../migrations";

/** Certificates of X.509 devices, batches of devices, carriers and licences of ID². */
export function x509Id2(dialect: Dialect): Migration {
	const identity = dialect === "postgres" ? "bigserial" : "integer";
	return {
		async up(db: Kysely<unknown>) {
			// No reference to the device: a certificate outlives it, revoked, until its own end.
			await db.schema
				.createTable("device_certificate")
				.addColumn("serial_number", "text", (c) => c.primaryKey())
				.addColumn("iot_id", "text", (c) => c.notNull())
				.addColumn("fingerprint", "text", (c) => c.notNull().unique())
				.addColumn("key_type", "text", (c) => c.notNull())
				.addColumn("certificate", "text", (c) => c.notNull())
				.addColumn("private_key", "text", (c) => c.notNull())
				.addColumn("not_before", "bigint", (c) => c.notNull())
				.addColumn("not_after", "bigint", (c) => c.notNull())
				.addColumn("issued_at", "bigint", (c) => c.notNull())
				.addColumn("accepted_until", "bigint")
				.addColumn("revoked_at", "bigint")
				.addColumn("reason", "text", (c) => c.notNull())
				.execute();
			await db.schema
				.createIndex("device_certificate_device")
				.on("device_certificate")
				.columns(["iot_id", "issued_at"])
				.execute();
			await db.schema
				.createTable("batch")
				.addColumn("apply_id", identity, (c) => c.primaryKey())
				.addColumn("product_key", "text", (c) => c.notNull().references("product.product_key").onDelete("cascade"))
				.addColumn("key_type", "text", (c) => c.notNull())
				.addColumn("status", "text", (c) => c.notNull())
				.addColumn("created_at", "bigint", (c) => c.notNull())
				.addColumn("finished_at", "bigint")
				.execute();
			await db.schema
				.createTable("batch_item")
				.addColumn("apply_id", identity === "integer" ? "integer" : "bigint", (c) =>
					c.notNull().references("batch.apply_id").onDelete("cascade"),
				)
				.addColumn("position", "integer", (c) => c.notNull())
				.addColumn("device_name", "text", (c) => c.notNull())
				.addColumn("nickname", "text", (c) => c.notNull())
				.addColumn("iot_id", "text")
				.addColumn("done", "integer", (c) => c.notNull())
				.addColumn("failure", "text", (c) => c.notNull())
				.addPrimaryKeyConstraint("batch_item_key", ["apply_id", "position"])
				.execute();
			await db.schema
				.createTable("id2_product")
				.addColumn("product_key", "text", (c) => c.primaryKey().references("product.product_key").onDelete("cascade"))
				.addColumn("licences", "integer", (c) => c.notNull())
				.addColumn("used", "integer", (c) => c.notNull())
				.addColumn("white_list", "text", (c) => c.notNull())
				.execute();
			// A licence that a carrier used stays used when its device is removed; the carrier may then be another's.
			await db.schema
				.createTable("id2_carrier")
				.addColumn("id2", "text", (c) => c.primaryKey())
				.addColumn("key", "text", (c) => c.notNull())
				.addColumn("created_at", "bigint", (c) => c.notNull())
				.addColumn("product_key", "text", (c) => c.references("product.product_key").onDelete("set null"))
				.addColumn("used_at", "bigint")
				.addColumn("iot_id", "text", (c) => c.unique().references("device.iot_id").onDelete("set null"))
				.execute();
		},
	};
}
