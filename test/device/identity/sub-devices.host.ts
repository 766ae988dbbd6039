// The local cloud with a gateway and devices that belong behind one.
import { readFileSync } from "node:fs";
import { World } from "../../cloud/lib/world";

export async function start() {
	const world = await World.start();
	const gateway = await world.device(await world.product({ NodeType: 1 }), "gateway");
	const productKey = await world.product({ NodeType: 2, DynamicRegistration: true });
	const secrets: Record<string, string> = {};
	for (let number = 1; number <= 8; number += 1) {
		const { deviceName, deviceSecret } = await world.device(productKey, `behind-${number}`);
		secrets[deviceName] = deviceSecret;
	}
	return {
		config: {
			port: world.cloud.ports.device,
			root: readFileSync(world.cloud.caFile, "utf8"),
			gateway,
			productKey,
			secrets,
		},
		stop: () => world.stop(),
	};
}
