import type { Kysely } from "kysely";
import type { Schema } from "./schema";

/** How many QoS 1 messages wait for one device; the oldest goes when one more comes. */
export const PENDING_MAX = 100;
/** How long a message waits for a device, ms: seven days, as the platform keeps them. */
export const PENDING_AGE = 7 * 24 * 3600 * 1000;

/** A QoS 1 message to a device that it has not acknowledged. */
export interface Pending {
	id: number;
	messageId: string;
	topic: string;
	payload: Buffer;
	/** The packet identifier under which it was sent last; undefined when it never was. */
	packetId: number | undefined;
}

/** The QoS 1 messages that wait for devices. */
export class PendingMessages {
	readonly #db: Kysely<Schema>;
	readonly #now: () => number;

	constructor(db: Kysely<Schema>, now: () => number) {
		this.#db = db;
		this.#now = now;
	}

	/** Keeps a message; answers its row and the message that had to go for it, if any. */
	async add(
		iotId: string,
		messageId: string,
		topic: string,
		payload: Buffer,
	): Promise<{ id: number; dropped: Pending[] }> {
		const row = await this.#db
			.insertInto("pending")
			.values({
				iot_id: iotId,
				message_id: messageId,
				topic,
				payload: payload.toString("base64"),
				packet_id: null,
				queued_at: this.#now(),
			})
			.returning("id")
			.executeTakeFirstOrThrow();
		const all = await this.#db
			.selectFrom("pending")
			.select("id")
			.where("iot_id", "=", iotId)
			.orderBy("id", "desc")
			.offset(PENDING_MAX)
			.limit(PENDING_MAX)
			.execute();
		const dropped: Pending[] = [];
		if (all.length > 0) {
			const ids = all.map((one) => one.id);
			const rows = await this.#db.deleteFrom("pending").where("id", "in", ids).returningAll().execute();
			for (const one of rows) dropped.push(toPending(one));
		}
		return { id: Number(row.id), dropped };
	}

	/** What waits for a device, oldest first. */
	async list(iotId: string, limit: number): Promise<Pending[]> {
		const rows = await this.#db
			.selectFrom("pending")
			.selectAll()
			.where("iot_id", "=", iotId)
			.orderBy("id")
			.limit(limit)
			.execute();
		return rows.map(toPending);
	}

	/** Forgets what waited too long for a device; answers how many messages that were. */
	async expire(iotId: string): Promise<number> {
		const { numDeletedRows } = await this.#db
			.deleteFrom("pending")
			.where("iot_id", "=", iotId)
			.where("queued_at", "<", this.#now() - PENDING_AGE)
			.executeTakeFirst();
		return Number(numDeletedRows);
	}

	/** Notes the packet identifier under which a message was sent. */
	async sent(id: number, packetId: number): Promise<void> {
		await this.#db.updateTable("pending").set({ packet_id: packetId }).where("id", "=", id).execute();
	}

	async remove(id: number): Promise<void> {
		await this.#db.deleteFrom("pending").where("id", "=", id).execute();
	}

	async clear(iotId: string): Promise<void> {
		await this.#db.deleteFrom("pending").where("iot_id", "=", iotId).execute();
	}
}

function toPending(row: {
	id: number;
	message_id: string;
	topic: string;
	payload: string;
	packet_id: number | null;
}): Pending {
	return {
		id: Number(row.id),
		messageId: row.message_id,
		topic: row.topic,
		payload: Buffer.from(row.payload, "base64"),
		packetId: row.packet_id ?? undefined,
	};
}
