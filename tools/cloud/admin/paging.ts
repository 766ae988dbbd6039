import type { Page } from "../store/rows";
import { integer, type JsonSchema } from "./operation";

/** The answer's fields that say which page of a list it has. */
export function pageFields(things: string, total: string) {
	return {
		Page: integer("This page."),
		PageSize: integer(`${things} a page.`),
		PageCount: integer("How many pages there are."),
		Total: integer(total),
	} satisfies Record<string, JsonSchema>;
}

/** What they say. */
export function pageNumbers({ page, pageSize, total }: Omit<Page<unknown>, "rows">) {
	return { Page: page, PageSize: pageSize, PageCount: Math.ceil(total / pageSize), Total: total };
}
