// The cloud's admin side for a test that runs on the device: POST /Action with its fields as JSON, on the loopback.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Actions } from "../../tools/cloud/admin/actions";
import type { World } from "../cloud/lib/world";

export async function startAdmin(world: World) {
	const server = createServer((request, response) => {
		const parts: Buffer[] = [];
		request.on("data", (part: Buffer) => parts.push(part));
		request.on("end", () => {
			const action = (request.url ?? "").slice(1) as keyof Actions;
			world.admin.call(action, JSON.parse(Buffer.concat(parts).toString())).then(
				(answer) => response.end(JSON.stringify(answer)),
				(error: Error) => {
					response.statusCode = 500;
					response.end(error.message);
				},
			);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return { port: (server.address() as AddressInfo).port, stop: () => server.close() };
}
