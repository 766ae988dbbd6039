import { chmodSync } from "node:fs";
import { Kysely, SqliteAdapter, SqliteDialect } from "kysely";
import Database from "libsql";
import { CloudError } from "../errors";
import { migrate } from "./migrations";
import type { Schema } from "./schema";

/** Kysely's own says no, so that a migration that was cut off would be there by half, and no start could go on. */
class TransactionalAdapter extends SqliteAdapter {
	override get supportsTransactionalDdl(): boolean {
		return true;
	}
}

/** SQLite, whose changes of a schema are part of a transaction like all others. */
class TransactionalDialect extends SqliteDialect {
	override createAdapter(): SqliteAdapter {
		return new TransactionalAdapter();
	}
}

/**
 * Opens (or makes) the embedded database at `path` and brings it to the present schema. The file is readable by its
 * owner alone: it holds the devices' secrets, as the platform's own database does.
 */
export async function openDatabase(path: string): Promise<Kysely<Schema>> {
	let file: Database.Database;
	try {
		file = new Database(path);
		chmodSync(path, 0o600);
		// Readers don't wait for writers; a power cut loses at most the last transactions, never the file.
		file.exec(
			"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;",
		);
	} catch (cause) {
		throw new CloudError("state", `the cloud's database ${path} cannot be opened`, { cause });
	}
	// libsql has better-sqlite3's interface, which is what the dialect calls; only its type name differs.
	const db = new Kysely<Schema>({ dialect: new TransactionalDialect({ database: file as never }) });
	await migrate(db, "sqlite");
	return db;
}
