// The other end of a device test about Wi-Fi: access points, and a server that echoes.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** @param air the access points, as `--wifi` has them. `config` gets the echo's port beside what it has. */
export async function startAir(air: string, config: Readonly<Record<string, unknown>> = {}) {
	const folder = mkdtempSync(join(tmpdir(), "linkxs-wifi-"));
	const wifi = join(folder, "air.txt");
	writeFileSync(wifi, air);
	const echo = createServer((socket) => {
		socket.on("error", () => {});
		socket.pipe(socket);
	});
	await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
	return {
		config: { port: (echo.address() as AddressInfo).port, ...config },
		device: { wifi },
		stop: () => {
			echo.close();
			rmSync(folder, { recursive: true });
		},
	};
}
