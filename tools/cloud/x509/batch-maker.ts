import type { Clock } from "../clock";
import { CloudError } from "../errors";
import type { Events } from "../events";
import type { Batch, BatchItem } from "../store/batches";
import type { KeyType } from "../store/certificates";
import type { Store } from "../store/store";
import { BATCH_ROWS_MAX, type BatchRow, checkRows } from "./batch-names";
import type { DeviceCertificates } from "./device-certificates";

/** Devices that are made at the same time: an RSA key takes a processor a while, and there are a few. */
const AT_ONCE = 3;

export interface BatchMakerOptions {
	store: Store;
	events: Events;
	clock: Clock;
	certificates: DeviceCertificates;
}

/** Makes batches of devices, behind the back of who asked: a thousand RSA keys take minutes. */
export class BatchMaker {
	readonly #options: BatchMakerOptions;
	readonly #running = new Set<Promise<void>>();
	#closed = false;

	constructor(options: BatchMakerOptions) {
		this.#options = options;
	}

	/** Goes on with what a stopped cloud left. */
	async resume(): Promise<void> {
		for (const batch of await this.#options.store.batches.unfinished()) this.#run(batch);
	}

	/** Stops after the devices that are being made; a cloud that starts again goes on from there. */
	async close(): Promise<void> {
		this.#closed = true;
		await Promise.all(this.#running);
	}

	/** Starts a batch of so many devices with names that the cloud makes. */
	async createNameless(productKey: string, count: number, keyType: KeyType): Promise<Batch> {
		if (count > BATCH_ROWS_MAX) throw tooMany(count);
		await this.#options.store.products.get(productKey);
		const items = Array.from({ length: count }, () => ({ deviceName: "", nickname: "", failure: "" }));
		const batch = await this.#options.store.batches.create(productKey, keyType, "CREATE", items);
		this.#run(batch);
		return batch;
	}

	/** Checks names and keeps them; `start` makes the devices when all of them are good. */
	async check(productKey: string, rows: readonly BatchRow[], keyType: KeyType): Promise<Batch> {
		const { store } = this.#options;
		if (rows.length > BATCH_ROWS_MAX) throw tooMany(rows.length);
		if (rows.length === 0)
			throw new CloudError("invalid", "a batch has at least one device", { detail: "iot.device.NoDeviceName" });
		await store.products.get(productKey);
		const taken = new Set<string>();
		for (const { deviceName } of rows)
			if (deviceName !== "" && (await store.devices.find({ productKey, deviceName }))) taken.add(deviceName);
		const items = checkRows(rows, taken);
		const status = items.every((one) => one.failure === "") ? "CHECK_SUCCESS" : "CHECK_FAILED";
		return store.batches.create(productKey, keyType, status, items);
	}

	/** Makes the devices of a batch whose names were found good. Throws `refused` for any other. */
	async start(productKey: string, applyId: number): Promise<Batch> {
		const batch = await this.get(productKey, applyId);
		if (batch.status !== "CHECK_SUCCESS")
			throw new CloudError("refused", `batch ${applyId} is ${batch.status}: only a checked one can be made`, {
				detail: "iot.device.ApplyIdNotChecked",
			});
		await this.#options.store.batches.setStatus(applyId, "CREATE");
		this.#run(batch);
		return batch;
	}

	/** A product's batch; throws `unknown`. */
	async get(productKey: string, applyId: number): Promise<Batch> {
		const batch = await this.#options.store.batches.get(applyId);
		if (batch.productKey === productKey) return batch;
		throw new CloudError("unknown", `product ${productKey} has no batch ${applyId}`, {
			detail: "iot.device.NotExistedApplyId",
		});
	}

	#run(batch: Batch): void {
		const running = this.#make(batch)
			.catch((error: unknown) => {
				this.#options.events.emit({ type: "error", where: `batch ${batch.applyId}`, reason: String(error) });
			})
			.finally(() => this.#running.delete(running));
		this.#running.add(running);
	}

	async #make(batch: Batch): Promise<void> {
		const { store, events } = this.#options;
		const { applyId, productKey } = batch;
		const product = await store.products.get(productKey);
		const waiting = (await store.batches.items(applyId)).filter((one) => !one.done).reverse();
		const work = async () => {
			for (let item = waiting.pop(); item && !this.#closed; item = waiting.pop())
				await this.#makeOne(batch, item, product.authType === "x509");
		};
		await Promise.all(Array.from({ length: AT_ONCE }, work));
		if (this.#closed) return;
		const failed = (await store.batches.items(applyId)).filter((one) => one.failure !== "").length;
		const status = failed === 0 ? "CREATE_SUCCESS" : "CREATE_FAILED";
		await store.batches.setStatus(applyId, status);
		events.emit({ type: "batch.finished", productKey, applyId, status, failed });
	}

	async #makeOne(batch: Batch, item: BatchItem, withCertificate: boolean): Promise<void> {
		const { store, events, certificates } = this.#options;
		const { applyId, productKey } = batch;
		try {
			const device = await store.batches.register(batch, item);
			if (item.iotId === undefined) events.emit({ type: "device.created", productKey, deviceName: device.deviceName });
			if (withCertificate && !(await store.certificates.current(device.iotId)))
				await certificates.issue(device, batch.keyType);
			await store.batches.done(applyId, item.position);
		} catch (error) {
			// A name that was taken since, or a device that was removed while the cloud was down, is the item's own failure.
			const known = error instanceof CloudError;
			if (!known) events.emit({ type: "error", where: `batch ${applyId}`, reason: String(error) });
			await store.batches.done(applyId, item.position, known ? error.message : "the cloud failed; its log says more");
		}
	}
}

function tooMany(count: number): CloudError {
	return new CloudError("invalid", `a batch has at most ${BATCH_ROWS_MAX} devices, not ${count}`, {
		detail: "iot.device.TooManyDevices",
	});
}
