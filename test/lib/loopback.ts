// Ports of the loopback, for peers that a test or the bench starts.
import { once } from "node:events";
import { connect, createServer } from "node:net";

export const HOST = "127.0.0.1";

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
	const server = createServer();
	server.listen(0, HOST);
	await once(server, "listening");
	const address = server.address();
	server.close();
	await once(server, "close");
	if (address === null || typeof address === "string") throw new Error("no free port");
	return address.port;
}

/** Whether somebody listens there. */
export async function answers(port: number): Promise<boolean> {
	const socket = connect(port, HOST);
	try {
		await once(socket, "connect");
		return true;
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}
