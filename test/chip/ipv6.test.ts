// The chip over IPv6: an address by router advertisement, neighbours found, a connection to a server of Node's on ::1.
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { describeChip } from "../lib/chip";
import { boot, flash, useChip } from "./firmware";

/** The host's ::1, as the emulator's network shows it. */
const HOST = "fec0::2";

describeChip("the chip over IPv6", () => {
	useChip("release");

	test("connects, sends and receives", async () => {
		const server = createServer((socket) => socket.on("data", (bytes) => socket.end(`you said ${bytes}`)));
		server.listen(0, "::1");
		await once(server, "listening");
		const { port } = server.address() as AddressInfo;
		try {
			const device = boot(await flash("dial", { address: HOST, port }));
			expect(await device.line(/^(from|error) /, 30_000)).toBe(`from ${HOST}: you said hello over IPv6`);
			await device.stop();
		} finally {
			server.close();
		}
	}, 60_000);
});
