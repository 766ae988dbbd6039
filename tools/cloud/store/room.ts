import { type Kysely, SqliteAdapter } from "kysely";
import type { Schema } from "./schema";

/** Devices of a product: so near to the limit it is counted exactly. Many more than are registered at the same time. */
const NEAR = 100;

/** The detail of the error that says so: the product has all the devices that it may have. */
export const TOO_MANY_DEVICES = "iot.prod.TooManyDevices";

/** Whether the database has FOR UPDATE. SQLite has not, and needs none: its transactions come one after the other. */
export function locksRows(db: Kysely<Schema>): boolean {
	return !(db.getExecutor().adapter instanceof SqliteAdapter);
}

/**
 * How many devices a product may have. To count half a million for each new one would take longer than to make it: far
 * from the limit the cloud remembers how many may still come (removed ones aside), and counts again when these are used up.
 */
export class Room {
	readonly most: number;
	readonly #left = new Map<string, number>();

	constructor(most: number) {
		this.most = most;
	}

	/** Whether one more is certainly none too many; takes its place. */
	takeFar(productKey: string): boolean {
		const left = this.#left.get(productKey) ?? 0;
		if (left === 0) return false;
		this.#left.set(productKey, left - 1);
		return true;
	}

	/** Whether there is place for one more, by counting, in a transaction that adds it. */
	async count(db: Kysely<Schema>, productKey: string): Promise<boolean> {
		if (locksRows(db))
			await db.selectFrom("product").select("name").where("product_key", "=", productKey).forUpdate().execute();
		const { total } = await db
			.selectFrom("device")
			.select((e) => e.fn.countAll<number | string>().as("total"))
			.where("product_key", "=", productKey)
			.executeTakeFirstOrThrow();
		const left = this.most - Number(total);
		this.#left.set(productKey, Math.max(0, left - NEAR));
		return left > 0;
	}
}
