import type { Page } from "../store/rows";
import { integer, type JsonSchema } from "./operation";

/** The fields that ask for one page of a list. */
export function pageParameters(things: string) {
	return {
		CurrentPage: integer("Page, from 1.", 1),
		PageSize: integer(`${things} a page, 50 if not given.`, 1, 1000),
	} satisfies Record<string, JsonSchema>;
}

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
