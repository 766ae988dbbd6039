import type { Kysely } from "kysely";
import type { Alarm, Clock } from "../clock";
import { time } from "./rows";
import type { Schema } from "./schema";

/** How long a value may wait in memory before it is written, ms: a property reported often is written once. */
const WRITE_DELAY = 200;
/** How many values make a batch written at once. */
const WRITE_BATCH = 1000;

/** A property's last reported value. */
export interface Property {
	identifier: string;
	value: unknown;
	at: number;
}

/** The last reported value of each property of each device. */
export class Properties {
	readonly #db: Kysely<Schema>;
	readonly #clock: Clock;
	readonly #onError: (error: unknown) => void;
	#waiting = new Map<string, Property & { iotId: string }>();
	#alarm: Alarm | undefined;
	#writing: Promise<void> = Promise.resolve();

	constructor(db: Kysely<Schema>, clock: Clock, onError: (error: unknown) => void) {
		this.#db = db;
		this.#clock = clock;
		this.#onError = onError;
	}

	/** Takes reported values, to be written soon over those known; a value with an older time stays out. */
	report(iotId: string, values: readonly Property[]): void {
		for (const property of values) {
			const key = JSON.stringify([iotId, property.identifier]);
			const known = this.#waiting.get(key);
			if (!known || known.at <= property.at) this.#waiting.set(key, { ...property, iotId });
		}
		if (this.#waiting.size >= WRITE_BATCH) void this.flush();
		else if (this.#waiting.size > 0) this.#alarm ??= this.#clock.after(WRITE_DELAY, () => void this.flush());
	}

	/** Writes what waits; a failure goes to `onError`. */
	flush(): Promise<void> {
		this.#alarm?.clear();
		this.#alarm = undefined;
		const batch = [...this.#waiting.values()];
		this.#waiting = new Map();
		if (batch.length > 0) this.#writing = this.#writing.then(() => this.#write(batch)).catch(this.#onError);
		return this.#writing;
	}

	async list(iotId: string): Promise<Property[]> {
		await this.flush();
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

	async #write(batch: readonly (Property & { iotId: string })[]): Promise<void> {
		await this.#db.transaction().execute(async (db) => {
			const devices = [...new Set(batch.map((one) => one.iotId))];
			// A device may have been deleted since.
			const known = await db.selectFrom("device").select("iot_id").where("iot_id", "in", devices).execute();
			const alive = new Set(known.map((row) => row.iot_id));
			const rows = batch
				.filter((one) => alive.has(one.iotId))
				.map(({ iotId, identifier, value, at }) => ({
					iot_id: iotId,
					identifier,
					value: JSON.stringify(value) ?? "null",
					at,
				}));
			for (let i = 0; i < rows.length; i += 100) {
				await db
					.insertInto("property")
					.values(rows.slice(i, i + 100))
					.onConflict((c) =>
						c
							.columns(["iot_id", "identifier"])
							.doUpdateSet((e) => ({ value: e.ref("excluded.value"), at: e.ref("excluded.at") }))
							.whereRef("excluded.at", ">=", "property.at"),
					)
					.execute();
			}
		});
	}
}
