// The local cloud with devices that have certificates, RSA and EC; its admin side for the test.
import { readFileSync } from "node:fs";
import { World } from "../../cloud/lib/world";
import { startAdmin } from "../../lib/admin-server";

export async function start() {
	const world = await World.start();
	const productKey = await world.product({ AuthType: "x509" });
	const admin = await startAdmin(world);
	return {
		config: {
			port: world.cloud.ports.device,
			root: readFileSync(world.cloud.caFile, "utf8"),
			productKey,
			adminPort: admin.port,
		},
		async stop() {
			admin.stop();
			await world.stop();
		},
	};
}
