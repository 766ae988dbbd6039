import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeviceTestHost } from "../../lib/device-tests";

const air = `
# name      what
"my home"   key "correct horse" rssi -40 channel 6
"my home"   key "correct horse" rssi -70 channel 11   # the weaker one of two
cafe        rssi -55
shy         key secret-key hidden
mute        dhcp none
full        refuses
brief       lasts 1500 away 200
later       up 0-1,86400000-
`;

export const start: DeviceTestHost["start"] = async () => {
	const folder = mkdtempSync(join(tmpdir(), "linkxs-wifi-"));
	const wifi = join(folder, "air.txt");
	writeFileSync(wifi, air);
	const echo = createServer((socket) => {
		socket.on("error", () => {});
		socket.pipe(socket);
	});
	await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
	return {
		config: { port: (echo.address() as AddressInfo).port },
		simulator: { wifi },
		stop: () => {
			echo.close();
			rmSync(folder, { recursive: true });
		},
	};
};
