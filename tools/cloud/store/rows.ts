import type { SelectQueryBuilder } from "kysely";

/** A bigint column as a number: SQLite gives a number, PostgreSQL's driver a string. */
export function time(value: number | string): number {
	return Number(value);
}

/** The same for a column that may be empty. */
export function optionalTime(value: number | string | null): number | undefined {
	return value === null ? undefined : Number(value);
}

/** One page of a list. Pages count from 1. */
export interface Page<T> {
	page: number;
	pageSize: number;
	total: number;
	rows: T[];
}

/** Which page of a list is asked for. */
type Wanted = Pick<Page<unknown>, "page" | "pageSize">;

/** That page of what `rows` finds, each made what it is by `to`; `count` says how many there are of them in all. */
export async function pageOf<Database, Found extends keyof Database, Row, T>(
	count: { executeTakeFirstOrThrow(): Promise<{ total: number | string }> },
	rows: SelectQueryBuilder<Database, Found, Row>,
	{ page, pageSize }: Wanted,
	to: (row: Row) => T,
): Promise<Page<T>> {
	const { total } = await count.executeTakeFirstOrThrow();
	const found = await rows
		.limit(pageSize)
		.offset((page - 1) * pageSize)
		.execute();
	return { page, pageSize, total: Number(total), rows: (found as Row[]).map(to) };
}
