import type { Kysely } from "kysely";
import { type Page, pageOf } from "./rows";
import type { Schema } from "./schema";

/** A sub-device in a gateway's topology. */
export interface SubDevice {
	iotId: string;
	productKey: string;
	deviceName: string;
}

/** Which sub-devices are behind which gateway: a sub-device behind one at a time. */
export class Topology {
	readonly #db: Kysely<Schema>;
	readonly #now: () => number;

	constructor(db: Kysely<Schema>, now: () => number) {
		this.#db = db;
		this.#now = now;
	}

	/** The gateway that a sub-device is behind, or undefined. */
	async gatewayOf(subIotId: string): Promise<string | undefined> {
		const row = await this.#db
			.selectFrom("topology")
			.select("gateway_iot_id")
			.where("sub_iot_id", "=", subIotId)
			.executeTakeFirst();
		return row?.gateway_iot_id;
	}

	/** Puts sub-devices behind a gateway, wherever they were before; false, and nothing done, when it would have more than `most`. */
	async add(gatewayIotId: string, subIotIds: readonly string[], most: number): Promise<boolean> {
		return this.#db.transaction().execute(async (db) => {
			const { others } = await db
				.selectFrom("topology")
				.select((e) => e.fn.countAll<number | string>().as("others"))
				.where("gateway_iot_id", "=", gatewayIotId)
				.where("sub_iot_id", "not in", [...subIotIds])
				.executeTakeFirstOrThrow();
			if (Number(others) + new Set(subIotIds).size > most) return false;
			for (const sub_iot_id of subIotIds) {
				await db
					.insertInto("topology")
					.values({ sub_iot_id, gateway_iot_id: gatewayIotId, added_at: this.#now() })
					.onConflict((c) =>
						c.column("sub_iot_id").doUpdateSet({ gateway_iot_id: gatewayIotId, added_at: this.#now() }),
					)
					.execute();
			}
			return true;
		});
	}

	/** Takes a sub-device from behind a gateway; answers whether it was there. */
	async remove(gatewayIotId: string, subIotId: string): Promise<boolean> {
		const { numDeletedRows } = await this.#db
			.deleteFrom("topology")
			.where("gateway_iot_id", "=", gatewayIotId)
			.where("sub_iot_id", "=", subIotId)
			.executeTakeFirstOrThrow();
		return numDeletedRows > 0n;
	}

	/** Takes all from behind a gateway. */
	async clear(gatewayIotId: string): Promise<void> {
		await this.#db.deleteFrom("topology").where("gateway_iot_id", "=", gatewayIotId).execute();
	}

	/** A gateway's sub-devices, by pages, in the order in which they came. */
	async list(gatewayIotId: string, page: number, pageSize: number): Promise<Page<SubDevice>> {
		const count = this.#db
			.selectFrom("topology")
			.select((e) => e.fn.countAll<number | string>().as("total"))
			.where("gateway_iot_id", "=", gatewayIotId);
		const rows = this.#db
			.selectFrom("topology")
			.innerJoin("device", "device.iot_id", "topology.sub_iot_id")
			.select(["device.iot_id", "device.product_key", "device.device_name"])
			.where("topology.gateway_iot_id", "=", gatewayIotId)
			.orderBy("topology.added_at")
			.orderBy("device.device_name");
		return pageOf(count, rows, { page, pageSize }, (row) => ({
			iotId: row.iot_id,
			productKey: row.product_key,
			deviceName: row.device_name,
		}));
	}
}
