// The local cloud whose clock the test moves, and a device with a certificate.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ManualClock } from "../../cloud/lib/manual-clock";
import { World } from "../../cloud/lib/world";

const DAY = 86_400_000;

export async function start() {
	const clock = new ManualClock(Date.now());
	const world = await World.start({ clock });
	const ProductKey = await world.product({ AuthType: "x509" });
	const { Data } = await world.admin.call("RegisterDevice", { ProductKey, DeviceName: "device", KeyType: "EC256" });
	const { DeviceCertInfo } = await world.admin.call("QueryDeviceCert", { IotId: Data.IotId });
	const mover = createServer((request, response) => {
		clock.advance(Number((request.url ?? "").slice(1)) * DAY);
		response.end("{}");
	});
	await new Promise<void>((resolve) => mover.listen(0, "127.0.0.1", resolve));
	return {
		config: {
			port: world.cloud.ports.device,
			root: readFileSync(world.cloud.caFile, "utf8"),
			certificate: DeviceCertInfo.Certificate,
			privateKey: DeviceCertInfo.PrivateKey,
			moverPort: (mover.address() as AddressInfo).port,
		},
		async stop() {
			mover.close();
			await world.stop();
		},
	};
}
