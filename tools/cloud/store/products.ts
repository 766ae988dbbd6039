import type { Kysely, Selectable } from "kysely";
import { CloudError } from "../errors";
import { checkDescription, checkProductName, newProductKey, newProductSecret } from "../names";
import { type Page, pageOf, time } from "./rows";
import type { ProductTable, Schema } from "./schema";

/** A product. Node type, authentication and network kind are fixed at its creation (device-access.txt 101, 110). */
export interface Product {
	productKey: string;
	name: string;
	/** Secret: never in an event, a log line or an error. */
	productSecret: string;
	nodeType: number;
	dataFormat: number;
	authType: AuthType;
	netType: string;
	description: string;
	dynamicRegistration: boolean;
	createdAt: number;
}

/** How the devices of a product prove who they are. */
export type AuthType = "secret" | "x509" | "id2";

/** What a new product needs; the rest is made. */
export interface NewProduct {
	name: string;
	productKey?: string | undefined;
	nodeType?: number | undefined;
	dataFormat?: number | undefined;
	authType?: AuthType | undefined;
	netType?: string | undefined;
	description?: string | undefined;
	dynamicRegistration?: boolean | undefined;
}

function toProduct(row: Selectable<ProductTable>): Product {
	return {
		productKey: row.product_key,
		name: row.name,
		productSecret: row.secret,
		nodeType: row.node_type,
		dataFormat: row.data_format,
		authType: row.auth_type as AuthType,
		netType: row.net_type,
		description: row.description,
		dynamicRegistration: row.dynamic_registration === 1,
		createdAt: time(row.created_at),
	};
}

/** Products in the database. */
export class Products {
	readonly #db: Kysely<Schema>;
	readonly #now: () => number;

	constructor(db: Kysely<Schema>, now: () => number) {
		this.#db = db;
		this.#now = now;
	}

	/** Makes a product. Throws `invalid` for a name against the console's rules, `exists` for a taken one. */
	async create(product: NewProduct): Promise<Product> {
		checkProductName(product.name);
		checkDescription(product.description ?? "");
		const row = {
			product_key: product.productKey ?? newProductKey(),
			name: product.name,
			secret: newProductSecret(),
			node_type: product.nodeType ?? 0,
			data_format: product.dataFormat ?? 1,
			auth_type: product.authType ?? "secret",
			net_type: product.netType ?? "WIFI",
			description: product.description ?? "",
			dynamic_registration: product.dynamicRegistration === true ? 1 : 0,
			created_at: this.#now(),
		};
		const { numInsertedOrUpdatedRows } = await this.#db
			.insertInto("product")
			.values(row)
			.onConflict((c) => c.doNothing())
			.executeTakeFirstOrThrow();
		if (numInsertedOrUpdatedRows === 0n) throw nameTaken(product.name);
		return toProduct(row);
	}

	/** The product, or undefined. */
	async find(productKey: string): Promise<Product | undefined> {
		const row = await this.#db
			.selectFrom("product")
			.selectAll()
			.where("product_key", "=", productKey)
			.executeTakeFirst();
		return row && toProduct(row);
	}

	/** The product; throws `unknown`. */
	async get(productKey: string): Promise<Product> {
		const product = await this.find(productKey);
		if (!product)
			throw new CloudError("unknown", `there is no product ${productKey}`, { detail: "iot.prod.NotExistedProduct" });
		return product;
	}

	/** Products with their number of devices, newest first. */
	async list(page: number, pageSize: number): Promise<Page<Product & { devices: number }>> {
		const count = this.#db.selectFrom("product").select((e) => e.fn.countAll<number | string>().as("total"));
		const rows = this.#db
			.selectFrom("product")
			.selectAll("product")
			.select((e) =>
				e
					.selectFrom("device")
					.select((d) => d.fn.countAll<number | string>().as("devices"))
					.whereRef("device.product_key", "=", "product.product_key")
					.as("devices"),
			)
			.orderBy("created_at", "desc")
			.orderBy("product_key");
		return pageOf(count, rows, { page, pageSize }, (row) => ({ ...toProduct(row), devices: Number(row.devices) }));
	}

	/** Changes name and description; what a product is was fixed at its creation. */
	async update(
		productKey: string,
		change: { name?: string | undefined; description?: string | undefined },
	): Promise<void> {
		await this.get(productKey);
		if (change.name !== undefined) checkProductName(change.name);
		if (change.description !== undefined) checkDescription(change.description);
		const set = {
			...(change.name !== undefined && { name: change.name }),
			...(change.description !== undefined && { description: change.description }),
		};
		if (Object.keys(set).length === 0) return;
		const taken =
			change.name !== undefined &&
			(await this.#db.selectFrom("product").select("product_key").where("name", "=", change.name).executeTakeFirst());
		if (taken && taken.product_key !== productKey) {
			throw nameTaken(change.name ?? "");
		}
		await this.#db.updateTable("product").set(set).where("product_key", "=", productKey).execute();
	}

	/** The console's switch "dynamic registration". Throws `unknown`. */
	async setDynamicRegistration(productKey: string, on: boolean): Promise<void> {
		await this.get(productKey);
		await this.#db
			.updateTable("product")
			.set({ dynamic_registration: on ? 1 : 0 })
			.where("product_key", "=", productKey)
			.execute();
	}

	/** Removes a product without devices; throws `refused` when it still has some. */
	async delete(productKey: string): Promise<void> {
		await this.get(productKey);
		const device = await this.#db
			.selectFrom("device")
			.select("iot_id")
			.where("product_key", "=", productKey)
			.executeTakeFirst();
		if (device)
			throw new CloudError("refused", `product ${productKey} still has devices`, {
				detail: "iot.prod.ProductHasDevice",
			});
		await this.#db.deleteFrom("product").where("product_key", "=", productKey).execute();
	}
}

function nameTaken(name: string): CloudError {
	const detail = "iot.prod.AlreadyExistedProductName";
	return new CloudError("exists", `there is already a product named ${name}`, { detail });
}
