import type { Kysely } from "kysely";
import type { Schema } from "./schema";

/** How many topics one device may have subscribed; the platform's own limit. */
export const SUBSCRIPTIONS_MAX = 100;

/** Each device's list of subscribed topics. It outlives connections, whatever their clean flag (STOCK-CLIENTS 1b). */
export class Subscriptions {
	readonly #db: Kysely<Schema>;
	readonly #now: () => number;

	constructor(db: Kysely<Schema>, now: () => number) {
		this.#db = db;
		this.#now = now;
	}

	async list(iotId: string): Promise<string[]> {
		const rows = await this.#db
			.selectFrom("subscription")
			.select("topic")
			.where("iot_id", "=", iotId)
			.orderBy("subscribed_at")
			.orderBy("topic")
			.execute();
		return rows.map((row) => row.topic);
	}

	async add(iotId: string, topic: string): Promise<void> {
		await this.#db
			.insertInto("subscription")
			.values({ iot_id: iotId, topic, subscribed_at: this.#now() })
			.onConflict((c) => c.columns(["iot_id", "topic"]).doNothing())
			.execute();
	}

	async remove(iotId: string, topics: readonly string[]): Promise<void> {
		if (topics.length === 0) return;
		await this.#db.deleteFrom("subscription").where("iot_id", "=", iotId).where("topic", "in", topics).execute();
	}
}
