import type { Kysely } from "kysely";
import type { Alarm, Clock } from "../clock";
import { isSecretTopic } from "../payload-text";
import { time } from "./rows";
import type { Schema } from "./schema";

/** How many messages are kept for each device. */
export const MESSAGES_KEPT = 200;
/** How long a message may wait in memory before it is written, ms: one transaction for many messages. */
const WRITE_DELAY = 200;
/** How many messages make the batch written at once. */
const WRITE_BATCH = 500;

/** A message that went up from a device or down to it. */
export interface Message {
	messageId: string;
	direction: "up" | "down";
	topic: string;
	payload: Buffer;
	qos: 0 | 1;
	at: number;
}

type Waiting = Message & { iotId: string };

/** The last messages of each device. Bodies that carry a secret are not kept. */
export class Messages {
	readonly #db: Kysely<Schema>;
	readonly #clock: Clock;
	readonly #onError: (error: unknown) => void;
	#waiting: Waiting[] = [];
	#alarm: Alarm | undefined;
	#writing: Promise<void> = Promise.resolve();

	constructor(db: Kysely<Schema>, clock: Clock, onError: (error: unknown) => void) {
		this.#db = db;
		this.#clock = clock;
		this.#onError = onError;
	}

	/** Takes a message to be written soon. */
	add(iotId: string, message: Omit<Message, "at">): void {
		const payload = isSecretTopic(message.topic) ? Buffer.alloc(0) : message.payload;
		this.#waiting.push({ ...message, payload, iotId, at: this.#clock.now() });
		if (this.#waiting.length >= WRITE_BATCH) void this.flush();
		else this.#alarm ??= this.#clock.after(WRITE_DELAY, () => void this.flush());
	}

	/** Writes what waits; a failure goes to `onError`. */
	flush(): Promise<void> {
		this.#alarm?.clear();
		this.#alarm = undefined;
		const batch = this.#waiting;
		this.#waiting = [];
		if (batch.length > 0) this.#writing = this.#writing.then(() => this.#write(batch)).catch(this.#onError);
		return this.#writing;
	}

	/** The last `limit` messages of a device, newest first. */
	async last(iotId: string, limit: number): Promise<Message[]> {
		await this.flush();
		const rows = await this.#db
			.selectFrom("message")
			.selectAll()
			.where("iot_id", "=", iotId)
			.orderBy("id", "desc")
			.limit(limit)
			.execute();
		return rows.map((row) => ({
			messageId: row.message_id,
			direction: row.direction === "up" ? "up" : "down",
			topic: row.topic,
			payload: Buffer.from(row.payload, "base64"),
			qos: row.qos === 1 ? 1 : 0,
			at: time(row.at),
		}));
	}

	async #write(batch: Waiting[]): Promise<void> {
		await this.#db.transaction().execute(async (db) => {
			const devices = new Set(batch.map((one) => one.iotId));
			// A device may have been deleted since: its messages go with it.
			const known = await db
				.selectFrom("device")
				.select("iot_id")
				.where("iot_id", "in", [...devices])
				.execute();
			const alive = new Set(known.map((row) => row.iot_id));
			const rows = newest(batch.filter((one) => alive.has(one.iotId)));
			for (let i = 0; i < rows.length; i += 100) {
				await db
					.insertInto("message")
					.values(
						rows.slice(i, i + 100).map((one) => ({
							iot_id: one.iotId,
							message_id: one.messageId,
							direction: one.direction,
							topic: one.topic,
							payload: one.payload.toString("base64"),
							qos: one.qos,
							at: one.at,
						})),
					)
					.execute();
			}
			for (const iotId of alive) {
				const oldest = await db
					.selectFrom("message")
					.select("id")
					.where("iot_id", "=", iotId)
					.orderBy("id", "desc")
					.offset(MESSAGES_KEPT)
					.limit(1)
					.executeTakeFirst();
				if (oldest) await db.deleteFrom("message").where("iot_id", "=", iotId).where("id", "<=", oldest.id).execute();
			}
		});
	}
}

/** What of a batch is still there after pruning: no more than MESSAGES_KEPT of each device. */
function newest(batch: readonly Waiting[]): Waiting[] {
	const counts = new Map<string, number>();
	const kept: Waiting[] = [];
	for (const one of batch.toReversed()) {
		const count = (counts.get(one.iotId) ?? 0) + 1;
		counts.set(one.iotId, count);
		if (count <= MESSAGES_KEPT) kept.push(one);
	}
	return kept.reverse();
}
