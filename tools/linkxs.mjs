#!/usr/bin/env node
// `npx linkxs …`: registers the TypeScript loader and hands over to cli.ts.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
if (!existsSync(`${root}/node_modules/tsx`)) {
	process.stderr.write("linkxs is not set up yet: run `npm start` (or `npm test`) in its folder once.\n");
	process.exit(1);
}
const { register } = await import("tsx/esm/api");
register();
await import("./cli.ts");
