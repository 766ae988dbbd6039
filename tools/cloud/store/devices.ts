import type { Insertable, Kysely, Selectable } from "kysely";
import { CloudError } from "../errors";
import { checkDeviceName, checkNickname, newDeviceName, newDeviceSecret, newIotId } from "../names";
import { type Room, TOO_MANY_DEVICES } from "./room";
import { optionalTime, type Page, pageOf, time } from "./rows";
import type { DeviceTable, Schema } from "./schema";

/** A device as the console knows it; whether it is connected is not here but in the MQTT sessions. */
export interface Device {
	iotId: string;
	productKey: string;
	deviceName: string;
	/** Secret: never in an event, a log line or an error. */
	deviceSecret: string;
	nickname: string;
	disabled: boolean;
	/** Was connected since it was made or reset: dynamic registration tells its secret to nobody any more. */
	registered: boolean;
	/** Made by dynamic registration without pre-registration: its physical devices come with tokens. */
	byToken: boolean;
	autoSubscribe: boolean;
	cleanSession: boolean;
	firmwareVersion: string;
	ipAddress: string;
	createdAt: number;
	activatedAt: number | undefined;
	onlineAt: number | undefined;
	offlineAt: number | undefined;
}

/** The two ways of naming a device: by its name in a product, or by its IotId. */
export type DeviceRef = { productKey: string; deviceName: string } | { iotId: string };

function toDevice(row: Selectable<DeviceTable>): Device {
	return {
		iotId: row.iot_id,
		productKey: row.product_key,
		deviceName: row.device_name,
		deviceSecret: row.secret,
		nickname: row.nickname,
		disabled: row.disabled === 1,
		registered: row.registered === 1,
		byToken: row.by_token === 1,
		autoSubscribe: row.auto_subscribe === 1,
		cleanSession: row.clean_session === 1,
		firmwareVersion: row.firmware_version,
		ipAddress: row.ip_address,
		createdAt: time(row.created_at),
		activatedAt: optionalTime(row.activated_at),
		onlineAt: optionalTime(row.online_at),
		offlineAt: optionalTime(row.offline_at),
	};
}

/** Devices in the database. */
export class Devices {
	readonly #db: Kysely<Schema>;
	readonly #now: () => number;
	readonly #room: Room;

	constructor(db: Kysely<Schema>, now: () => number, room: Room) {
		this.#db = db;
		this.#now = now;
		this.#room = room;
	}

	/**
	 * Registers a device; without a name it gets one. `byToken`: its physical devices register without the console.
	 * Throws `invalid`, `unknown` (product), `exists`, or `refused` when the product has all that it may have.
	 */
	async register(productKey: string, deviceName?: string, nickname?: string, byToken = false): Promise<Device> {
		const name = deviceName === undefined || deviceName === "" ? newDeviceName() : deviceName;
		checkDeviceName(name);
		if (nickname !== undefined && nickname !== "") checkNickname(nickname);
		const product = await this.#db
			.selectFrom("product")
			.select("product_key")
			.where("product_key", "=", productKey)
			.executeTakeFirst();
		if (!product)
			throw new CloudError("unknown", `there is no product ${productKey}`, { detail: "iot.prod.NotExistedProduct" });
		const row = {
			iot_id: newIotId(),
			product_key: productKey,
			device_name: name,
			secret: newDeviceSecret(),
			nickname: nickname ?? "",
			disabled: 0,
			registered: 0,
			by_token: byToken ? 1 : 0,
			auto_subscribe: 0,
			clean_session: 1,
			firmware_version: "",
			ip_address: "",
			created_at: this.#now(),
			activated_at: null,
			online_at: null,
			offline_at: null,
		};
		await this.#insert(row);
		return toDevice(row);
	}

	async #insert(row: Insertable<DeviceTable>): Promise<void> {
		const { product_key: productKey, device_name: name } = row;
		const insert = async (db: Kysely<Schema>) => {
			const { numInsertedOrUpdatedRows } = await db
				.insertInto("device")
				.values(row)
				.onConflict((c) => c.columns(["product_key", "device_name"]).doNothing())
				.executeTakeFirstOrThrow();
			if (numInsertedOrUpdatedRows === 0n)
				throw new CloudError("exists", `product ${productKey} already has a device ${name}`, {
					detail: "iot.device.AlreadyExistedDeviceName",
				});
		};
		if (this.#room.takeFar(productKey)) return insert(this.#db);
		const counted = async (db: Kysely<Schema>) => {
			const fits = await this.#room.count(db, productKey);
			if (!fits && !(await new Devices(db, this.#now, this.#room).find({ productKey, deviceName: name })))
				throw new CloudError("refused", `product ${productKey} has ${this.#room.most} devices: no more can be added`, {
					detail: TOO_MANY_DEVICES,
				});
			return insert(db);
		};
		return this.#db.isTransaction ? counted(this.#db) : this.#db.transaction().execute(counted);
	}

	/** The device, or undefined. */
	async find(ref: DeviceRef): Promise<Device | undefined> {
		const query = this.#db.selectFrom("device").selectAll();
		const row = await ("iotId" in ref
			? query.where("iot_id", "=", ref.iotId)
			: query.where("product_key", "=", ref.productKey).where("device_name", "=", ref.deviceName)
		).executeTakeFirst();
		return row && toDevice(row);
	}

	/** The device; throws `unknown`. */
	async get(ref: DeviceRef): Promise<Device> {
		const device = await this.find(ref);
		const name = "iotId" in ref ? ref.iotId : `${ref.productKey}/${ref.deviceName}`;
		if (!device)
			throw new CloudError("unknown", `there is no device ${name}`, { detail: "iot.device.NotExistedDevice" });
		return device;
	}

	/** A page of a product's devices, oldest first. */
	async list(productKey: string, page: number, pageSize: number): Promise<Page<Device>> {
		const count = this.#db
			.selectFrom("device")
			.select((e) => e.fn.countAll<number | string>().as("total"))
			.where("product_key", "=", productKey);
		const rows = this.#db
			.selectFrom("device")
			.selectAll()
			.where("product_key", "=", productKey)
			.orderBy("created_at")
			.orderBy("device_name");
		return pageOf(count, rows, { page, pageSize }, toDevice);
	}

	async setDisabled(iotId: string, disabled: boolean): Promise<void> {
		await this.#db
			.updateTable("device")
			.set({ disabled: disabled ? 1 : 0 })
			.where("iot_id", "=", iotId)
			.execute();
	}

	/** Notes a log-in; answers whether it was the device's first. */
	async cameOnline(device: Device, ipAddress: string, autoSubscribe: boolean, cleanSession: boolean): Promise<boolean> {
		const now = this.#now();
		await this.#db
			.updateTable("device")
			.set({
				online_at: now,
				registered: 1,
				ip_address: ipAddress,
				auto_subscribe: autoSubscribe ? 1 : 0,
				clean_session: cleanSession ? 1 : 0,
				...(device.activatedAt === undefined && { activated_at: now }),
			})
			.where("iot_id", "=", device.iotId)
			.execute();
		return device.activatedAt === undefined;
	}

	/** Whether dynamic registration takes the device for one that is registered; its activation is another matter. */
	async setRegistered(iotId: string, registered: boolean): Promise<void> {
		await this.#db
			.updateTable("device")
			.set({ registered: registered ? 1 : 0 })
			.where("iot_id", "=", iotId)
			.execute();
	}

	async wentOffline(iotId: string): Promise<void> {
		await this.#db.updateTable("device").set({ offline_at: this.#now() }).where("iot_id", "=", iotId).execute();
	}

	async setFirmwareVersion(iotId: string, version: string): Promise<void> {
		await this.#db.updateTable("device").set({ firmware_version: version }).where("iot_id", "=", iotId).execute();
	}

	/** Removes the device with all that was kept for it: the same name added again is another device (DA 565). */
	async delete(iotId: string): Promise<void> {
		await this.#db.deleteFrom("device").where("iot_id", "=", iotId).execute();
	}
}
