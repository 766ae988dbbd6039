import type { Command } from "commander";
import { openApi } from "../admin/open-api";

/** `linkxs cloud openapi`: the admin API's description. */
export function registerOpenApi(cloud: Command): void {
	cloud
		.command("openapi")
		.description("print the admin API's description (OpenAPI 3.1)")
		.action(() => {
			process.stdout.write(`${JSON.stringify(openApi(), null, "\t")}\n`);
		});
}
