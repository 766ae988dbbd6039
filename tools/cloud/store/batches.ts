import type { Kysely, Selectable } from "kysely";
import { CloudError } from "../errors";
import type { KeyType } from "./certificates";
import { type Device, Devices } from "./devices";
import type { Room } from "./room";
import { optionalTime, type Page, time } from "./rows";
import type { Schema } from "./schema";
import type { BatchTable } from "./schema-x509-id2";

/** As the platform spells them. */
export type BatchStatus = "CHECK_SUCCESS" | "CHECK_FAILED" | "CREATE" | "CREATE_SUCCESS" | "CREATE_FAILED";

/** Devices that are made together. */
export interface Batch {
	applyId: number;
	productKey: string;
	keyType: KeyType;
	status: BatchStatus;
	createdAt: number;
	finishedAt: number | undefined;
}

/** One device of a batch. */
export interface BatchItem {
	position: number;
	/** Empty: the cloud makes one. */
	deviceName: string;
	nickname: string;
	/** The device once it is registered. */
	iotId: string | undefined;
	/** Nothing is left to do for it. */
	done: boolean;
	/** Why it could not be made, or empty. */
	failure: string;
}

/** What is asked for. */
export interface NewItem {
	deviceName: string;
	nickname: string;
	/** What is wrong with it, or empty. */
	failure: string;
}

/** Rows that one INSERT takes: SQLite has a limit of values. */
const ROWS_AT_ONCE = 100;

function toBatch(row: Selectable<BatchTable>): Batch {
	return {
		applyId: time(row.apply_id),
		productKey: row.product_key,
		keyType: row.key_type as KeyType,
		status: row.status as BatchStatus,
		createdAt: time(row.created_at),
		finishedAt: optionalTime(row.finished_at),
	};
}

/** Batches in the database. */
export class Batches {
	readonly #db: Kysely<Schema>;
	readonly #now: () => number;
	readonly #room: Room;

	constructor(db: Kysely<Schema>, now: () => number, room: Room) {
		this.#db = db;
		this.#now = now;
		this.#room = room;
	}

	async create(productKey: string, keyType: KeyType, status: BatchStatus, items: readonly NewItem[]): Promise<Batch> {
		return this.#db.transaction().execute(async (db) => {
			const row = await db
				.insertInto("batch")
				.values({ product_key: productKey, key_type: keyType, status, created_at: this.#now(), finished_at: null })
				.returningAll()
				.executeTakeFirstOrThrow();
			const batch = toBatch(row);
			const rows = items.map(({ deviceName, nickname, failure }, position) => ({
				apply_id: batch.applyId,
				position,
				device_name: deviceName,
				nickname,
				iot_id: null,
				done: failure === "" ? 0 : 1,
				failure,
			}));
			for (let i = 0; i < rows.length; i += ROWS_AT_ONCE)
				await db
					.insertInto("batch_item")
					.values(rows.slice(i, i + ROWS_AT_ONCE))
					.execute();
			return batch;
		});
	}

	/** Throws `unknown`. */
	async get(applyId: number): Promise<Batch> {
		const row = await this.#db.selectFrom("batch").selectAll().where("apply_id", "=", applyId).executeTakeFirst();
		if (!row)
			throw new CloudError("unknown", `there is no batch ${applyId}`, { detail: "iot.device.NotExistedApplyId" });
		return toBatch(row);
	}

	/** A product's batches, newest first. */
	async list(productKey: string): Promise<Batch[]> {
		const rows = await this.#db
			.selectFrom("batch")
			.selectAll()
			.where("product_key", "=", productKey)
			.orderBy("apply_id", "desc")
			.execute();
		return rows.map(toBatch);
	}

	/** Those that a stopped cloud left in the middle. */
	async unfinished(): Promise<Batch[]> {
		const rows = await this.#db.selectFrom("batch").selectAll().where("status", "=", "CREATE").execute();
		return rows.map(toBatch);
	}

	async items(applyId: number): Promise<BatchItem[]> {
		const rows = await this.#db
			.selectFrom("batch_item")
			.selectAll()
			.where("apply_id", "=", applyId)
			.orderBy("position")
			.execute();
		return rows.map((row) => ({
			position: row.position,
			deviceName: row.device_name,
			nickname: row.nickname,
			iotId: row.iot_id ?? undefined,
			done: row.done === 1,
			failure: row.failure,
		}));
	}

	/** The devices that a batch made and that are still there, by pages. */
	async devices(applyId: number, page: number, pageSize: number): Promise<Page<{ position: number; device: Device }>> {
		const items = (await this.items(applyId)).filter((one) => one.done && one.iotId !== undefined && !one.failure);
		const devices = new Devices(this.#db, this.#now, this.#room);
		const rows = [];
		for (const { iotId, position } of items.slice((page - 1) * pageSize, page * pageSize)) {
			const device = iotId === undefined ? undefined : await devices.find({ iotId });
			if (device) rows.push({ position, device });
		}
		return { page, pageSize, total: items.length, rows };
	}

	async setStatus(applyId: number, status: BatchStatus): Promise<void> {
		const finished = status === "CREATE_SUCCESS" || status === "CREATE_FAILED";
		await this.#db
			.updateTable("batch")
			.set({ status, ...(finished && { finished_at: this.#now() }) })
			.where("apply_id", "=", applyId)
			.execute();
	}

	/** Registers an item's device, so that after a crash it is known to be this item's. Throws what registering throws. */
	async register({ applyId, productKey }: Batch, item: BatchItem): Promise<Device> {
		return this.#db.transaction().execute(async (db) => {
			const devices = new Devices(db, this.#now, this.#room);
			if (item.iotId !== undefined) return devices.get({ iotId: item.iotId });
			const device = await devices.register(productKey, item.deviceName, item.nickname);
			await db
				.updateTable("batch_item")
				.set({ iot_id: device.iotId, device_name: device.deviceName })
				.where("apply_id", "=", applyId)
				.where("position", "=", item.position)
				.execute();
			return device;
		});
	}

	/** An item is made, or `failure` says why it never will be. */
	async done(applyId: number, position: number, failure = ""): Promise<void> {
		await this.#db
			.updateTable("batch_item")
			.set({ done: 1, failure })
			.where("apply_id", "=", applyId)
			.where("position", "=", position)
			.execute();
	}
}
