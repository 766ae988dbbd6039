import { createHash, timingSafeEqual } from "node:crypto";
import type { Kysely, Selectable } from "kysely";
import { newClientId, newDeviceToken } from "../names";
import { optionalTime, type Page, pageOf, time } from "./rows";
import type { DeviceTokenTable, Schema } from "./schema";

/** A physical device of a name that registers without pre-registration. */
export interface ClientIdentity {
	clientId: string;
	/** Not let in any more ("switch" to another, or "clear"). */
	forbidden: boolean;
	createdAt: number;
	firstOnlineAt: number | undefined;
	lastOnlineAt: number | undefined;
}

/** A name that more than one physical device uses. */
export interface RiskDevice {
	iotId: string;
	deviceName: string;
	/** How many of its physical devices may connect. */
	clientIds: number;
}

function hash(token: string): string {
	return createHash("sha256").update(token).digest("hex");
}

function toIdentity(row: Selectable<DeviceTokenTable>): ClientIdentity {
	return {
		clientId: row.client_id,
		forbidden: row.forbidden === 1,
		createdAt: time(row.created_at),
		firstOnlineAt: optionalTime(row.first_online_at),
		lastOnlineAt: optionalTime(row.last_online_at),
	};
}

/** Client ids and tokens of the names that register without pre-registration. */
export class Tokens {
	readonly #db: Kysely<Schema>;
	readonly #now: () => number;

	constructor(db: Kysely<Schema>, now: () => number) {
		this.#db = db;
		this.#now = now;
	}

	/** A new physical device's clientId and token; undefined when `most` have theirs already. */
	async issue(iotId: string, most: number): Promise<{ clientId: string; deviceToken: string } | undefined> {
		const taken = await this.#db.selectFrom("device_token").select("slot").where("iot_id", "=", iotId).execute();
		const slots = new Set(taken.map((row) => row.slot));
		// Another registration may take a place in between: the database decides, and the next place is tried.
		for (let slot = 0; slot < most; slot++) {
			if (slots.has(slot)) continue;
			const clientId = newClientId();
			const deviceToken = newDeviceToken();
			const { numInsertedOrUpdatedRows } = await this.#db
				.insertInto("device_token")
				.values({
					iot_id: iotId,
					client_id: clientId,
					slot,
					token_hash: hash(deviceToken),
					forbidden: 0,
					created_at: this.#now(),
					first_online_at: null,
					last_online_at: null,
				})
				.onConflict((c) => c.doNothing())
				.executeTakeFirstOrThrow();
			if (numInsertedOrUpdatedRows !== 0n) return { clientId, deviceToken };
		}
		return undefined;
	}

	/** The physical device with this clientId and this token, or undefined. */
	async find(iotId: string, clientId: string, deviceToken: string): Promise<ClientIdentity | undefined> {
		const row = await this.#db
			.selectFrom("device_token")
			.selectAll()
			.where("iot_id", "=", iotId)
			.where("client_id", "=", clientId)
			.executeTakeFirst();
		if (!row || !timingSafeEqual(Buffer.from(row.token_hash, "hex"), Buffer.from(hash(deviceToken), "hex")))
			return undefined;
		return toIdentity(row);
	}

	/** Notes a log-in. */
	async cameOnline(iotId: string, { clientId, firstOnlineAt }: ClientIdentity): Promise<void> {
		const now = this.#now();
		await this.#db
			.updateTable("device_token")
			.set({ last_online_at: now, ...(firstOnlineAt === undefined && { first_online_at: now }) })
			.where("iot_id", "=", iotId)
			.where("client_id", "=", clientId)
			.execute();
	}

	/** A name's physical devices, oldest first. */
	async list(iotId: string): Promise<ClientIdentity[]> {
		const rows = await this.#db
			.selectFrom("device_token")
			.selectAll()
			.where("iot_id", "=", iotId)
			.orderBy("created_at")
			.orderBy("slot")
			.execute();
		return rows.map(toIdentity);
	}

	/** Forbids all of a name's physical devices but `keep`, which is let in from now on. */
	async forbid(iotId: string, keep?: string): Promise<void> {
		await this.#db.transaction().execute(async (db) => {
			await db.updateTable("device_token").set({ forbidden: 1 }).where("iot_id", "=", iotId).execute();
			if (keep === undefined) return;
			await db
				.updateTable("device_token")
				.set({ forbidden: 0 })
				.where("iot_id", "=", iotId)
				.where("client_id", "=", keep)
				.execute();
		});
	}

	/** Forgets one of a name's physical devices. */
	async remove(iotId: string, clientId: string): Promise<void> {
		await this.#db.deleteFrom("device_token").where("iot_id", "=", iotId).where("client_id", "=", clientId).execute();
	}

	/** Forgets all of a name's physical devices: their places are free, their tokens void. */
	async clear(iotId: string): Promise<void> {
		await this.#db.deleteFrom("device_token").where("iot_id", "=", iotId).execute();
	}

	/** A product's names that more than one physical device may connect as, by pages. */
	async risks(productKey: string, page: number, pageSize: number): Promise<Page<RiskDevice>> {
		const risky = this.#db
			.selectFrom("device")
			.innerJoin("device_token", "device_token.iot_id", "device.iot_id")
			.where("device.product_key", "=", productKey)
			.where("device_token.forbidden", "=", 0)
			.groupBy(["device.iot_id", "device.device_name"])
			.having((e) => e.fn.countAll<number | string>(), ">", 1);
		const count = this.#db
			.selectFrom(risky.select("device.iot_id").as("risky"))
			.select((e) => e.fn.countAll<number | string>().as("total"));
		const rows = risky
			.select(["device.iot_id", "device.device_name"])
			.select((e) => e.fn.countAll<number | string>().as("client_ids"))
			.orderBy("device.device_name");
		return pageOf(count, rows, { page, pageSize }, (row) => ({
			iotId: row.iot_id,
			deviceName: row.device_name,
			clientIds: Number(row.client_ids),
		}));
	}
}
