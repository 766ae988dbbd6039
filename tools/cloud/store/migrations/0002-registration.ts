import type { Kysely, Migration } from "kysely";

/** Dynamic registration: who may still register, the tokens of devices that weren't pre-registered, gateways' sub-devices. */
export function registration(): Migration {
	return {
		async up(db: Kysely<unknown>) {
			await db.schema
				.alterTable("device")
				.addColumn("registered", "integer", (c) => c.notNull().defaultTo(0))
				.execute();
			await db.schema
				.alterTable("device")
				.addColumn("by_token", "integer", (c) => c.notNull().defaultTo(0))
				.execute();
			await db.schema
				.createTable("device_token")
				.addColumn("iot_id", "text", (c) => c.notNull().references("device.iot_id").onDelete("cascade"))
				.addColumn("client_id", "text", (c) => c.notNull())
				.addColumn("slot", "integer", (c) => c.notNull())
				.addColumn("token_hash", "text", (c) => c.notNull())
				.addColumn("forbidden", "integer", (c) => c.notNull())
				.addColumn("created_at", "bigint", (c) => c.notNull())
				.addColumn("first_online_at", "bigint")
				.addColumn("last_online_at", "bigint")
				.addPrimaryKeyConstraint("device_token_key", ["iot_id", "client_id"])
				.addUniqueConstraint("device_token_slot", ["iot_id", "slot"])
				.execute();
			// A sub-device is behind one gateway at a time.
			await db.schema
				.createTable("topology")
				.addColumn("sub_iot_id", "text", (c) => c.primaryKey().references("device.iot_id").onDelete("cascade"))
				.addColumn("gateway_iot_id", "text", (c) => c.notNull().references("device.iot_id").onDelete("cascade"))
				.addColumn("added_at", "bigint", (c) => c.notNull())
				.execute();
			await db.schema.createIndex("topology_gateway").on("topology").column("gateway_iot_id").execute();
			// Devices that were connected before there was dynamic registration are somebody already.
			await (db as Kysely<{ device: { registered: number; activated_at: number | null } }>)
				.updateTable("device")
				.set({ registered: 1 })
				.where("activated_at", "is not", null)
				.execute();
		},
	};
}
