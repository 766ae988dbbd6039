import type { Kysely } from "kysely";
import { CloudError } from "../errors";
import type { Operation, TopicClass } from "../topics/class";
import { checkTopicClass } from "../topics/class";
import type { Schema } from "./schema";

/** Custom topic classes of products, read once and kept in memory: every PUBLISH asks for them. */
export class TopicClasses {
	readonly #db: Kysely<Schema>;
	readonly #cache = new Map<string, readonly TopicClass[]>();

	constructor(db: Kysely<Schema>) {
		this.#db = db;
	}

	/** Reads a product's classes into memory; answers them. */
	async load(productKey: string): Promise<readonly TopicClass[]> {
		const known = this.#cache.get(productKey);
		if (known) return known;
		const rows = await this.#db
			.selectFrom("topic_class")
			.selectAll()
			.where("product_key", "=", productKey)
			.orderBy("id")
			.execute();
		const classes = rows.map((row) => ({
			id: Number(row.id),
			pattern: row.pattern,
			operation: row.operation as Operation,
			description: row.description,
		}));
		this.#cache.set(productKey, classes);
		return classes;
	}

	/** The classes that `load` read: empty when it was never asked. */
	loaded(productKey: string): readonly TopicClass[] {
		return this.#cache.get(productKey) ?? [];
	}

	/** Adds a class. Throws `invalid` for a pattern against the rules, `exists`. */
	async create(productKey: string, pattern: string, operation: Operation, description = ""): Promise<number> {
		checkTopicClass(productKey, pattern, operation);
		const row = await this.#db
			.insertInto("topic_class")
			.values({ product_key: productKey, pattern, operation, description })
			.onConflict((c) => c.columns(["product_key", "pattern"]).doNothing())
			.returning("id")
			.executeTakeFirst();
		if (!row) {
			throw new CloudError("exists", `product ${productKey} already has the topic class ${pattern}`, {
				detail: "iot.prod.AlreadyExistedTopic",
			});
		}
		await this.#reload(productKey);
		return Number(row.id);
	}

	/** Removes a class by its id; answers its product. Throws `unknown`. */
	async delete(id: number): Promise<{ productKey: string; pattern: string }> {
		const row = await this.#db
			.deleteFrom("topic_class")
			.where("id", "=", id)
			.returning(["product_key", "pattern"])
			.executeTakeFirst();
		if (!row) throw new CloudError("unknown", `there is no topic class ${id}`, { detail: "iot.prod.NotExistedTopic" });
		await this.#reload(row.product_key);
		return { productKey: row.product_key, pattern: row.pattern };
	}

	async #reload(productKey: string): Promise<void> {
		this.#cache.delete(productKey);
		await this.load(productKey);
	}
}
