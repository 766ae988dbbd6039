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
