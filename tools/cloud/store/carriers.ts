import type { Kysely, Selectable } from "kysely";
import { CloudError } from "../errors";
import { checkDeviceName } from "../names";
import { type Device, Devices } from "./devices";
import { locksRows, type Room, TOO_MANY_DEVICES } from "./room";
import { optionalTime, type Page, pageOf, time } from "./rows";
import type { Schema } from "./schema";
import type { Id2CarrierTable } from "./schema-x509-id2";

/**
 * Who may come in by ID²: everybody with a carrier the cloud knows; devices registered before; or those alone for which
 * their carrier was named before, too.
 */
export type WhiteList = "off" | "devices" | "carriers";

/** What a product has of ID². */
export interface Id2Settings {
	licences: number;
	used: number;
	whiteList: WhiteList;
}

/** A carrier of ID²: the chip, or the software in its place, that holds the key. */
export interface Carrier {
	id2: string;
	/** Sealed, 32 bytes. */
	sealedKey: string;
	createdAt: number;
	/** The product one of whose licences it uses. */
	productKey: string | undefined;
	usedAt: number | undefined;
	iotId: string | undefined;
}

/** Who somebody says to be by ID². */
export interface Id2Claim {
	productKey: string;
	deviceName: string;
	id2: string;
}

/** Why somebody can't come in: a closed set, so that each has its answer. */
export type Id2Fault =
	| "unknown"
	| "white-list"
	| "licences"
	| "other-carrier"
	| "other-device"
	| "disabled"
	| "devices"
	| "name";

/** In words, for events and for those who ask. */
export const ID2_FAULTS: Readonly<Record<Id2Fault, string>> = Object.freeze({
	unknown: "no such ID² carrier is known",
	"white-list": "the white list is on, and the device is not registered with this ID²",
	licences: "the product has no ID² licence left",
	"other-carrier": "the device has another ID²",
	"other-device": "the ID² belongs to another device",
	disabled: "the device is disabled",
	devices: "the product has all the devices that it may have",
	name: "a DeviceName has 4 to 32 letters, digits or any of -_@.:",
});

/** Somebody who was let in. */
interface Entered {
	device: Device;
	created: boolean;
	licensed: boolean;
}

interface Judged {
	device: Device | undefined;
	/** It would use one more licence. */
	needsLicence: boolean;
}

function toCarrier(row: Selectable<Id2CarrierTable>): Carrier {
	return {
		id2: row.id2,
		sealedKey: row.key,
		createdAt: time(row.created_at),
		productKey: row.product_key ?? undefined,
		usedAt: optionalTime(row.used_at),
		iotId: row.iot_id ?? undefined,
	};
}

/** Carriers, licences and white lists of ID² in the database. */
export class Carriers {
	readonly #db: Kysely<Schema>;
	readonly #now: () => number;
	readonly #room: Room;

	constructor(db: Kysely<Schema>, now: () => number, room: Room) {
		this.#db = db;
		this.#now = now;
		this.#room = room;
	}

	/** Makes a carrier known. Throws `exists`. */
	async add(id2: string, sealedKey: string): Promise<void> {
		const row = { id2, key: sealedKey, created_at: this.#now(), product_key: null, used_at: null, iot_id: null };
		const { numInsertedOrUpdatedRows } = await this.#db
			.insertInto("id2_carrier")
			.values(row)
			.onConflict((c) => c.column("id2").doNothing())
			.executeTakeFirstOrThrow();
		if (numInsertedOrUpdatedRows === 0n)
			throw new CloudError("exists", `there is already a carrier ${id2}`, { detail: "id2.AlreadyExistedCarrier" });
	}

	async find(id2: string): Promise<Carrier | undefined> {
		return findCarrier(this.#db, id2);
	}

	/** A page of all carriers, newest first. */
	async list(page: number, pageSize: number): Promise<Page<Carrier>> {
		const count = this.#db.selectFrom("id2_carrier").select((e) => e.fn.countAll<number | string>().as("total"));
		const rows = this.#db.selectFrom("id2_carrier").selectAll().orderBy("created_at", "desc").orderBy("id2");
		return pageOf(count, rows, { page, pageSize }, toCarrier);
	}

	/** Forgets a carrier: nobody comes in with it again. The licence that it used stays used. Throws `unknown`. */
	async remove(id2: string): Promise<Carrier> {
		const row = await this.#db.deleteFrom("id2_carrier").where("id2", "=", id2).returningAll().executeTakeFirst();
		if (!row) throw new CloudError("unknown", `there is no carrier ${id2}`, { detail: "id2.NotExistedCarrier" });
		return toCarrier(row);
	}

	/** Names a device's carrier before it comes. Throws `unknown`, and `refused` when either is taken. */
	async bind(id2: string, device: Device): Promise<void> {
		await this.#db.transaction().execute(async (db) => {
			const carrier = await findCarrier(db, id2);
			if (!carrier) throw new CloudError("unknown", `there is no carrier ${id2}`, { detail: "id2.NotExistedCarrier" });
			const held = await carrierOf(db, device.iotId);
			if ((held && held.id2 !== id2) || (carrier.iotId !== undefined && carrier.iotId !== device.iotId))
				throw new CloudError("refused", ID2_FAULTS[held ? "other-carrier" : "other-device"], {
					detail: "id2.CarrierBound",
				});
			await db.updateTable("id2_carrier").set({ iot_id: device.iotId }).where("id2", "=", id2).execute();
		});
	}

	async settings(productKey: string): Promise<Id2Settings> {
		return settingsOf(this.#db, productKey);
	}

	/** Adds licences to a product's. */
	async addLicences(productKey: string, count: number): Promise<void> {
		await this.#db
			.insertInto("id2_product")
			.values({ product_key: productKey, licences: count, used: 0, white_list: "off" })
			.onConflict((c) =>
				c.column("product_key").doUpdateSet((e) => ({ licences: e("id2_product.licences", "+", count) })),
			)
			.execute();
	}

	async setWhiteList(productKey: string, whiteList: WhiteList): Promise<void> {
		await this.#db
			.insertInto("id2_product")
			.values({ product_key: productKey, licences: 0, used: 0, white_list: whiteList })
			.onConflict((c) => c.column("product_key").doUpdateSet({ white_list: whiteList }))
			.execute();
	}

	/** Whether somebody could come in, before anything is proved and without changing anything. */
	async check(claim: Id2Claim): Promise<Id2Fault | undefined> {
		const judged = await this.#judge(this.#db, claim);
		return typeof judged === "string" ? judged : undefined;
	}

	/**
	 * Lets in somebody who proved to have the carrier: registers the device if it isn't (its name is the one that it
	 * reports), and uses a licence for a carrier that is new to the product.
	 */
	async enter(claim: Id2Claim): Promise<Entered | Id2Fault> {
		const { productKey, deviceName, id2 } = claim;
		const entering = this.#db.transaction().execute<Entered | Id2Fault>(async (db) => {
			const judged = await this.#judge(db, claim);
			if (typeof judged === "string") return judged;
			if (judged.needsLicence) {
				const { numUpdatedRows } = await db
					.updateTable("id2_product")
					.set((e) => ({ used: e("used", "+", 1) }))
					.where("product_key", "=", productKey)
					.whereRef("used", "<", "licences")
					.executeTakeFirstOrThrow();
				if (numUpdatedRows === 0n) return "licences";
			}
			const device = judged.device ?? (await new Devices(db, this.#now, this.#room).register(productKey, deviceName));
			await db
				.updateTable("id2_carrier")
				.set({ iot_id: device.iotId, ...(judged.needsLicence && { product_key: productKey, used_at: this.#now() }) })
				.where("id2", "=", id2)
				.execute();
			return { device, created: judged.device === undefined, licensed: judged.needsLicence };
		});
		// Thrown, so that no licence is used for it.
		return entering.catch((error: unknown) => {
			if (error instanceof CloudError && error.detail === TOO_MANY_DEVICES) return "devices";
			throw error;
		});
	}

	async #judge(db: Kysely<Schema>, { productKey, deviceName, id2 }: Id2Claim): Promise<Judged | Id2Fault> {
		try {
			checkDeviceName(deviceName);
		} catch {
			return "name";
		}
		const carrier = await findCarrier(db, id2);
		if (!carrier) return "unknown";
		const { whiteList, licences, used } = await settingsOf(db, productKey);
		const device = await new Devices(db, this.#now, this.#room).find({ productKey, deviceName });
		const held = device && (await carrierOf(db, device.iotId));
		if (held && held.id2 !== id2) return "other-carrier";
		if (carrier.iotId !== undefined && carrier.iotId !== device?.iotId) return "other-device";
		if (!device && whiteList !== "off") return "white-list";
		if (whiteList === "carriers" && carrier.iotId === undefined) return "white-list";
		if (device?.disabled) return "disabled";
		const needsLicence = carrier.productKey !== productKey;
		if (needsLicence && used >= licences) return "licences";
		return { device, needsLicence };
	}
}

async function findCarrier(db: Kysely<Schema>, id2: string): Promise<Carrier | undefined> {
	const query = db.selectFrom("id2_carrier").selectAll().where("id2", "=", id2);
	// Two who come with one carrier at the same time would both find it nobody's.
	const row = await (db.isTransaction && locksRows(db) ? query.forUpdate() : query).executeTakeFirst();
	return row && toCarrier(row);
}

async function carrierOf(db: Kysely<Schema>, iotId: string): Promise<Carrier | undefined> {
	const row = await db.selectFrom("id2_carrier").selectAll().where("iot_id", "=", iotId).executeTakeFirst();
	return row && toCarrier(row);
}

async function settingsOf(db: Kysely<Schema>, productKey: string): Promise<Id2Settings> {
	const row = await db.selectFrom("id2_product").selectAll().where("product_key", "=", productKey).executeTakeFirst();
	if (!row) return { licences: 0, used: 0, whiteList: "off" };
	return { licences: row.licences, used: row.used, whiteList: row.white_list as WhiteList };
}
