// The local cloud with devices that are to be refused; its admin side for the test.
import { readFileSync } from "node:fs";
import { World } from "../../cloud/lib/world";
import { startAdmin } from "../../lib/admin-server";

export async function start() {
	const world = await World.start();
	const productKey = await world.product();
	const secrets: Record<string, string> = {};
	for (const name of ["wrong-secret", "disabled", "deleted", "another-region", "replaced"]) {
		secrets[name] = (await world.device(productKey, name)).deviceSecret;
	}
	const admin = await startAdmin(world);
	return {
		config: {
			port: world.cloud.ports.device,
			root: readFileSync(world.cloud.caFile, "utf8"),
			productKey,
			secrets,
			adminPort: admin.port,
		},
		async stop() {
			admin.stop();
			await world.stop();
		},
	};
}
