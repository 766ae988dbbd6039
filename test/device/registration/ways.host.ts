// The local cloud with products that register dynamically, its admin side behind a small server that the test asks, and a
// server that counts what comes to it in the clear.
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import type { Actions } from "../../../tools/cloud/admin/actions";
import { World } from "../../cloud/lib/world";
import { startAdmin } from "../../lib/admin-server";

/** Counts connections and bytes; what is sent to `count` answers with them. */
async function startCounter() {
	let connections = 0;
	let bytes = 0;
	const counter = createServer((socket) => {
		connections += 1;
		socket.on("data", (data) => {
			bytes += data.length;
		});
		socket.on("error", () => socket.destroy());
	});
	const teller = createHttpServer((_, response) => response.end(JSON.stringify({ connections, bytes })));
	await new Promise<void>((resolve) => counter.listen(0, "127.0.0.1", resolve));
	await new Promise<void>((resolve) => teller.listen(0, "127.0.0.1", resolve));
	return {
		counterPort: (counter.address() as AddressInfo).port,
		tellerPort: (teller.address() as AddressInfo).port,
		stop() {
			counter.close();
			teller.close();
		},
	};
}

export async function start() {
	const world = await World.start();
	const product = async (fields: Partial<Actions["CreateProduct"]["request"]> = {}) => {
		const answer = await world.admin.call("CreateProduct", {
			ProductName: `product${Math.random().toString(36).slice(2, 10)}`,
			DynamicRegistration: true,
			...fields,
		});
		return { productKey: answer.Data.ProductKey, productSecret: answer.Data.ProductSecret };
	};
	const product1 = await product();
	for (let number = 1; number <= 12; number += 1) await world.device(product1.productKey, `device-${number}`);
	const admin = await startAdmin(world);
	const counter = await startCounter();
	return {
		config: {
			port: world.cloud.ports.device,
			root: readFileSync(world.cloud.caFile, "utf8"),
			product: product1,
			adminPort: admin.port,
			counterPort: counter.counterPort,
			tellerPort: counter.tellerPort,
		},
		async stop() {
			counter.stop();
			admin.stop();
			await world.stop();
		},
	};
}
