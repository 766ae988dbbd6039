// The local cloud with ID² products, carriers and licences; its admin side for the test, and a relay that spoils what passes.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcp } from "node:net";
import { World } from "../../cloud/lib/world";
import { startAdmin } from "../../lib/admin-server";

/** Passes everything on, but answers a question for a challenge with what the first one was answered. */
async function startReplay(port: number) {
	let first: Buffer | undefined;
	const server = createServer((request, response) => {
		const parts: Buffer[] = [];
		request.on("data", (part: Buffer) => parts.push(part));
		request.on("end", async () => {
			const answer = await fetch(`http://127.0.0.1:${port}${request.url}`, {
				method: "POST",
				body: Buffer.concat(parts),
			});
			const bytes = Buffer.from(await answer.arrayBuffer());
			first ??= bytes;
			response.end(first);
		});
	});
	// HTTP is answered here, TLS goes to the cloud.
	const sniffer = createTcp((socket) => {
		socket.on("error", () => socket.destroy());
		socket.once("data", (data) => {
			if (data[0] !== 0x16) {
				socket.unshift(data);
				server.emit("connection", socket);
				return;
			}
			const cloud = connect(port, "127.0.0.1");
			cloud.on("error", () => socket.destroy());
			cloud.on("close", () => socket.destroy());
			socket.on("close", () => cloud.destroy());
			cloud.write(data);
			socket.pipe(cloud).pipe(socket);
		});
	});
	await new Promise<void>((resolve) => sniffer.listen(0, "127.0.0.1", resolve));
	return { port: (sniffer.address() as AddressInfo).port, stop: () => sniffer.close() };
}

/** Spoils one byte of the n-th record of application data that the device sends. */
async function startSpoiler(port: number) {
	const server = createTcp((socket) => {
		const cloud = connect(port, "127.0.0.1");
		let spoilt = false;
		socket.on("data", (data) => {
			if (data[0] === 23 && !spoilt) {
				spoilt = true;
				data[data.length - 20] = (data[data.length - 20] ?? 0) ^ 1;
			}
			cloud.write(data);
		});
		cloud.on("data", (data) => socket.write(data));
		cloud.on("close", () => socket.destroy());
		socket.on("close", () => cloud.destroy());
		socket.on("error", () => cloud.destroy());
		cloud.on("error", () => socket.destroy());
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return { port: (server.address() as AddressInfo).port, stop: () => server.close() };
}

export async function start() {
	const world = await World.start();
	const make = async (licences: number) => {
		const { Data } = await world.admin.call("CreateProduct", {
			ProductName: `product${Math.random().toString(36).slice(2, 10)}`,
			AuthType: "id2",
		});
		await world.admin.call("AssignId2Licences", { ProductKey: Data.ProductKey, Count: licences });
		return { productKey: Data.ProductKey, productSecret: Data.ProductSecret };
	};
	const admin = await startAdmin(world);
	const replay = await startReplay(world.cloud.ports.device);
	const spoiler = await startSpoiler(world.cloud.ports.device);
	const { Data } = await world.admin.call("CreateId2Carrier", { Count: 8 });
	return {
		config: {
			port: world.cloud.ports.device,
			replayPort: replay.port,
			spoilerPort: spoiler.port,
			root: readFileSync(world.cloud.caFile, "utf8"),
			product: await make(100),
			small: await make(1),
			carriers: Data.Carrier.map(({ Id2, Key }) => ({ id2: Id2, key: Key })),
			adminPort: admin.port,
		},
		async stop() {
			replay.stop();
			spoiler.stop();
			admin.stop();
			await world.stop();
		},
	};
}
