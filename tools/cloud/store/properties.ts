import type { Kysely } from "kysely";
import { time } from "./rows";
import type { Schema } from "./schema";

/** A property's last reported value. */
export interface Property {
	identifier: string;
	value: unknown;
	at: number;
}

/** The last reported value of each property of each device. */
export class Properties {
	readonly #db: Kysely<Schema>;

	constructor(db: Kysely<Schema>) {
		this.#db = db;
	}

	/** Takes reported values over those known; a value with an older time stays out. */
	async report(iotId: string, values: readonly Property[]): Promise<void> {
		for (const { identifier, value, at } of values) {
			await this.#db
				.insertInto("property")
				.values({ iot_id: iotId, identifier, value: JSON.stringify(value) ?? "null", at })
				.onConflict((c) =>
					c
						.columns(["iot_id", "identifier"])
						.doUpdateSet((e) => ({ value: e.ref("excluded.value"), at: e.ref("excluded.at") }))
						.whereRef("excluded.at", ">=", "property.at"),
				)
				.execute();
		}
	}

	async list(iotId: string): Promise<Property[]> {
		const rows = await this.#db
			.selectFrom("property")
			.selectAll()
			.where("iot_id", "=", iotId)
			.orderBy("identifier")
			.execute();
		return rows.map((row) => ({
			identifier: row.identifier,
			value: JSON.parse(row.value) as unknown,
			at: time(row.at),
		}));
	}
}
