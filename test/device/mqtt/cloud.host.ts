// The local cloud with two devices of one product; its admin side does what the test asks on a topic of the device's.
import { readFileSync } from "node:fs";
import { World } from "../../cloud/lib/world";

export async function start() {
	const world = await World.start();
	const productKey = await world.product();
	const device = await world.device(productKey, "device-1");
	const other = await world.device(productKey, "device-2");
	// What the device publishes on its `update` topic is what the cloud shall do.
	world.cloud.events.on((event) => {
		if (event.type !== "message.up" || !event.topic.endsWith("/user/update")) return;
		const [, , name = ""] = event.topic.split("/");
		const fields = { ProductKey: productKey, DeviceName: name };
		const told = Buffer.from("told").toString("base64");
		void (async () => {
			await world.admin.call("SetDeviceProperty", { ...fields, Items: JSON.stringify({ led: 1 }) });
			const TopicFullName = `/${productKey}/${name}/user/get`;
			await world.admin.call("Pub", { ProductKey: productKey, TopicFullName, MessageContent: told, Qos: 1 });
		})().catch((error: unknown) => world.cloud.events.emit({ type: "error", where: "test", reason: String(error) }));
	});
	return {
		config: {
			port: world.cloud.ports.device,
			root: readFileSync(world.cloud.caFile, "utf8"),
			productKey,
			all: !!process.env["LINKXS_ALL"],
			secrets: { [device.deviceName]: device.deviceSecret, [other.deviceName]: other.deviceSecret },
		},
		stop: () => world.stop(),
	};
}
