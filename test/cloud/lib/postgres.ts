import { PGlite } from "@electric-sql/pglite";
import { Kysely, PostgresDialect } from "kysely";
import { migrate } from "../../../tools/cloud/store/migrations";
import type { Schema } from "../../../tools/cloud/store/schema";

/** PostgreSQL compiled to WebAssembly, behind the few calls that Kysely's PostgreSQL dialect makes of a pool. */
function postgres(): PostgresDialect {
	const database = new PGlite();
	const client = {
		query: async (text: string, parameters?: readonly unknown[]) => {
			const result = await database.query(text, [...(parameters ?? [])]);
			return {
				rows: result.rows,
				rowCount: result.affectedRows ?? result.rows.length,
				command: text.trimStart().split(" ")[0]?.toUpperCase(),
			};
		},
		release: () => {},
	};
	return new PostgresDialect({ pool: { connect: async () => client, end: () => database.close() } as never });
}

/** The cloud's schema in such a database; `onQuery` is told each statement. */
export async function openPostgres(onQuery: (sql: string) => void = () => {}): Promise<Kysely<Schema>> {
	const db = new Kysely<Schema>({ dialect: postgres(), log: (event) => onQuery(event.query.sql) });
	await migrate(db, "postgres");
	return db;
}
