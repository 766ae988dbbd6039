// The local cloud's HTTP side.
import { readFileSync } from "node:fs";
import { World } from "../../cloud/lib/world";

export async function start() {
	const world = await World.start();
	return {
		config: { port: world.cloud.ports.device, root: readFileSync(world.cloud.caFile, "utf8") },
		stop: () => world.stop(),
	};
}
