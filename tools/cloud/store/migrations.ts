import { type Kysely, type MigrationProvider, Migrator } from "kysely";
import { CloudError } from "../errors";
import { first } from "./migrations/0001-first";
import { registration } from "./migrations/0002-registration";
import { x509Id2 } from "./migrations/0003-x509-id2";
import type { Schema } from "./schema";

/** An identity column: both databases number it themselves, and say so differently. */
export type Dialect = "sqlite" | "postgres";

/** Brings the database to the present schema. Throws `state` when it can't, for instance after a newer version. */
export async function migrate(db: Kysely<Schema>, dialect: Dialect): Promise<void> {
	const provider: MigrationProvider = {
		// A past migration is never changed: a later version of the schema is a migration of its own, in a file of its own.
		getMigrations: () =>
			Promise.resolve({
				"0001-first": first(dialect),
				"0002-registration": registration(),
				"0003-x509-id2": x509Id2(dialect),
			}),
	};
	const { error } = await new Migrator({ db, provider }).migrateToLatest();
	if (error) {
		const why = error instanceof Error ? error.message : String(error);
		throw new CloudError("state", `the cloud's database does not fit this version: ${why}`, { cause: error });
	}
}
